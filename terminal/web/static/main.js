/** The cashier page: keys, clicks and what the till says go into the sale; what the sale asks goes to the till. */
import { get, isAnswer, newId, post } from "./api.js";
import { CHANNEL, due } from "./due.js";
import { run } from "./errands.js";
import { listen } from "./events.js";
import { faces } from "./faces.js";
import { read, StripeGuard } from "./keys.js";
import { bringIn, takeOut } from "./media.js";
import { isHosted } from "./modes.js";
import { parse } from "./money.js";
import { isBooked } from "./result.js";
import { START, keepable, receive, revive } from "./sale.js";
import { NO_SLIPS, find, hear, isForeign, isOpen, press, putAway, question, receiptOf, showOne, toggle } from "./slips.js";
import { isOnButton, label, onPress, rememberedLanguage, rememberLanguage, show } from "./view.js";
import { Wording } from "./wording.js";

/** Kept over a reload, not over the window's end. */
const SALE = "sale";
const LAST = "last";

const STATUS_TRIES = 5;
/** More keys than a slip of the finger. */
const STRIPE_KEYS = 8;

const model = {
  hello: null, wording: null, status: null,
  here: true, goneSince: "", heard: 0,
  sale: START, last: null,
  slips: NO_SLIPS, slipText: null,
};
const guard = new StripeGuard();

/** One step: change the sale, keep it safe, show it, and only then do what it asks. */
function feed(input) {
  take(receive(model.sale, { ...input, now: Date.now(), id: newId() }, model.hello));
}

function take({ sale, errands }) {
  model.sale = sale;
  if (isBooked(sale.answer) && sale.answer.operation_id !== model.last?.operation_id) rememberDone(sale.answer);
  keepSafe(SALE, keepable(sale));
  draw();
  errands.forEach(perform);
}

function rememberDone(answer) {
  model.last = answer;
  keepSafe(LAST, answer);
  const { receipt_number } = answer;
  if (!find(model.slips, receipt_number)) model.slips = hear(model.slips, { receipt_number, state: "created", reasons: [] });
  fetchSlip(receipt_number);
}

async function perform(errand) {
  const input = await run(errand);
  if (input) feed(input);
}

const keepSafe = (key, value) => sessionStorage.setItem(key, JSON.stringify(value));
const kept = (key) => JSON.parse(sessionStorage.getItem(key) ?? "null");

function draw() {
  if (!model.status) return;
  show(faces(model));
  tellCustomer();
}

// What the customer's screen cannot hear from the till: what is being keyed

const customer = new BroadcastChannel(CHANNEL);
let told = "";

function tellCustomer() {
  const words = JSON.stringify(due(model.sale, (typed) => parse(typed, model.hello.currency)));
  if (words !== told) customer.postMessage({ due: JSON.parse(words) });
  told = words;
}

/** A screen that was opened just now asks. */
customer.onmessage = ({ data }) => {
  if (data.asks && told) customer.postMessage({ due: JSON.parse(told) });
};

// What the cashier does

function hand(input) {
  if (!model.here || !model.hello) return;
  if (input.name === "star") star();
  else if (isOpen(model.slips)) settle(input);
  else feed(input);
}

/** Where an amount is keyed it is to be paid in parts; everywhere else the slips are meant. */
function star() {
  const { state, kind, typed } = model.sale;
  if (state === "amount" && kind === "sale" && typed && !isOpen(model.slips)) return feed({ name: "split" });
  return showSlip(toggle(model.slips));
}

async function showSlip(slips) {
  model.slips = slips;
  draw();
  const { shown } = slips;
  if (shown) model.slipText = await getSlip(shown);
  draw();
}

function settle(input) {
  const { slips, errands, undo, wanted } = press(model.slips, input, model.slipText);
  model.slips = slips;
  draw();
  errands.forEach(perform);
  if (undo) feed({ name: "undo", kind: undo, slip: model.slipText });
  if (wanted) openSlip(wanted);
}

/** A slip that may be older than all that this page has heard of. One that is not there may have the other prefix. */
async function openSlip(wanted) {
  const { hello, slips } = model;
  const names = [slips.other, !slips.other].map((other) => receiptOf(hello, wanted, other));
  if (isForeign(wanted, hello)) return openForeign(names[0]); // at once: an amount may be keyed right behind it
  const slip = (await getSlip(names[0])) ?? (names[0] !== names[1] ? await getSlip(names[1]) : null);
  if (!slip) return feed({ name: "notice", note: { tone: "warn", key: "page.note.no_slip" } });
  model.slips = hear(model.slips, slip, true);
  return showSlip(showOne(model.slips, slip.receipt_number));
}

/** What is left of another till's sale nobody knows here before its right is fetched. */
function openForeign(receipt_number) {
  model.slips = putAway(model.slips);
  feed({ name: "undo", kind: "refund", slip: { receipt_number, kind: "sale", refundable: null } });
}

/** The buttons of the strip speak of the slip in question, whether it is shown or not. */
function answerQuestion(digit) {
  const slip = question(model.slips);
  if (!slip || !model.here) return;
  model.slips = showOne(model.slips, slip.receipt_number);
  settle({ name: "digit", digit });
}

function speak(language) {
  rememberLanguage(language);
  model.wording = model.wording.into(language);
  label(model.wording);
  draw();
}

function dropStripe(event) {
  event.preventDefault();
  if (guard.dropped === STRIPE_KEYS && model.here && model.hello) {
    feed({ name: "notice", note: { tone: "warn", key: "page.note.typing_reader" } });
  }
}

function onKey(event) {
  if (guard.drops(event)) return dropStripe(event);
  const input = read(event);
  if (!input || (input.name === "enter" && isOnButton())) return;
  event.preventDefault();
  hand(input);
}

// What the till says

const TOLD = {
  "card.presented": (card) => fromTill({ name: "presented", card }),
  "card.refused": ({ cashier_message }) => fromTill({ name: "card_refused", note: { tone: "bad", texts: cashier_message } }),
  "card.seen": (card) => feed({ name: "refreshed", presentation: card.presentation, card }),
  "card.gone": ({ presentation }) => feed({ name: "card_gone", presentation }),
  "operation.asks_hq": ({ operation_id }) => feed({ name: "asks_hq", operation_id }),
  "operation.done": hearAnswer,
  device: hearDevice,
  slip: hearSlip,
  status: refreshStatus,
  reset: refreshStatus,
};

function hearEvent(name, data) {
  model.heard += 1;
  TOLD[name]?.(data);
}

/** A card counts more than a slip that is being looked at. */
function fromTill(input) {
  model.slips = putAway(model.slips);
  feed(input);
}

function hearAnswer(answer) {
  const { operation_id } = answer;
  const isOurs = operation_id === model.sale.operation?.operation_id;
  feed({ name: isOurs ? "answered" : "announced", operation_id, answer });
}

/** The bar shows how a device is; that it has changed is said in a sentence, too. */
function hearDevice(device) {
  const { devices } = model.status;
  const before = devices.find((one) => one.name === device.name);
  model.status = { ...model.status, devices: [...devices.filter((one) => one !== before), device] };
  if (before && before.state !== device.state) feed({ name: "notice", note: changeOf(device) });
  draw();
}

function changeOf({ name, state, reasons }) {
  if (state === "ready") return { tone: "good", key: `device.${name}_back` };
  const reason = `printer.${reasons[0]}`;
  return { tone: "warn", key: model.wording.has(reason) ? reason : `device.${name}_lost` };
}

function hearSlip(slip) {
  model.slips = hear(model.slips, slip);
  draw();
}

/** A new slip is not announced before its printing begins. What an event said meanwhile is newer. */
async function fetchSlip(receipt_number) {
  const known = find(model.slips, receipt_number);
  const answer = await getSlip(receipt_number);
  if (answer && find(model.slips, receipt_number) === known) hearSlip(answer);
}

async function getSlip(receipt_number) {
  const answer = await get(`/v1/slips/${encodeURIComponent(receipt_number)}`);
  return isAnswer(answer) ? answer.body : null;
}

/** What events said while the till was asked is newer than its answer: then it is asked again. */
async function refreshStatus() {
  for (let tries = 0; tries < STATUS_TRIES; tries++) {
    const { heard } = model;
    const answer = await get("/v1/status");
    if (!isAnswer(answer)) return false;
    if (model.heard === heard) return takeStatus(answer.body);
  }
  return true;
}

function takeStatus(status) {
  const { presentation, slips_waiting } = status;
  const note = changeOfBook(model.status?.book ?? "sure", status.book) ?? changeOfClock(model.status?.clock, status.clock) ?? changeOfReach(model.status, status);
  if (model.status && model.status.mode !== status.mode) renewHello();
  model.status = status;
  model.slips = slips_waiting.reduce(hear, model.slips);
  if (presentation) feed({ name: "presented", card: presentation });
  else if (model.sale.card) feed({ name: "card_gone", presentation: model.sale.card.presentation });
  if (note) feed({ name: "notice", note });
  draw();
  return true;
}

/** Whether the till's book is the latest: why it has stopped, and that it goes on, is said in a sentence. */
function changeOfBook(before, now) {
  if (now === before) return null;
  return now === "sure" ? { tone: "good", key: "page.note.book_sure" } : { tone: now === "behind" ? "bad" : "warn", key: `book.${now}` };
}

/** The bar shows that the clock is doubted; why, and that it no longer is, is said in a sentence. */
function changeOfClock(before, now) {
  if (now?.doubt === before?.doubt) return null;
  return now ? { tone: "warn", key: `clock.${now.doubt}` } : { tone: "good", key: "page.note.clock_trusted" };
}

/** In a hosted store it is the line that decides whether a card can pay. */
function changeOfReach(before, now) {
  const [was, is] = [before, now].map((status) => !status || !isHosted(status) || status.hq.state === "answered");
  if (was === is) return null;
  return is ? { tone: "good", key: "page.note.hq_back" } : { tone: "warn", key: "page.after.no_hq" };
}

/** What the till's slips are called depends on how the store is run. */
async function renewHello() {
  const hello = await get("/v1/hello");
  if (isAnswer(hello)) model.hello = hello.body;
  draw();
}

/** Everything anew at each connection: the till may have been started again, or updated. */
async function onHere() {
  const [hello, wording] = await Promise.all([get("/v1/hello"), get("/v1/wording")]);
  if (!isAnswer(hello) || !isAnswer(wording)) return false;
  const isFirst = model.hello === null;
  model.hello = hello.body;
  model.wording = new Wording(wording.body, model.wording?.language ?? rememberedLanguage() ?? hello.body.language);
  label(model.wording);
  if (isFirst) await resume();
  model.here = await refreshStatus();
  draw();
  return model.here;
}

/** After a reload: the sale as it was, and the last slip. */
async function resume() {
  model.last = kept(LAST);
  take(revive(kept(SALE)));
  if (model.last) await fetchSlip(model.last.receipt_number);
}

function onGone() {
  if (!model.here) return;
  model.here = false;
  model.goneSince = new Date().toTimeString().slice(0, 8);
  draw();
}

async function notice(chosen) {
  const note = await bringIn(chosen);
  if (note) feed({ name: "notice", note });
}

document.addEventListener("keydown", onKey);
onPress({ press: (key) => hand(/^\d$/.test(key) ? { name: "digit", digit: key } : { name: key }), slip: answerQuestion, language: speak, exchange: () => post("/v1/exchanges", {}), takeOut, bringIn: notice });
listen({ onHere, onEvent: hearEvent, onGone });
