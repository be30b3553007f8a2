/**
 * One sale before the cashier, as a table: state × input -> what becomes of it. Pure: ids and times come in with the
 * inputs, what the till is to be asked goes out as errands (see errands.js), and whoever steps the sale keeps
 * `sale.operation` safe before he runs them.
 *
 *   empty ─digit▶ number ─enter▶ opening ─opened▶ amount ─enter▶ sending ─answered▶ done | declined
 *     │               found several ▼ ▲ digit     ▲ │                │ silent
 *     │                            choosing       │ │                │
 *     └──────────── presented (a swipe) ──────────┘ │                │
 *                                          plus,enter │                ▼
 *                                           tender ◀──┘   unknown ◀─ asking ─answered▶ done | declined
 *                                             └─digit▶ sending       └─absent▶ notdone ─enter▶ sending (the same id)
 */
import { parse, type } from "./money.js";
import { isPhone } from "./phones.js";

export const TENDERS = Object.freeze({ 1: "cash", 2: "bank_card", 3: "mobile" });

const NUMBER_LENGTH_MAX = 19; // ISO/IEC 7812-1
const TYPED_LENGTH_MAX = 19;
/** A second press of Enter must not take a result away that nobody has read. */
const RESULT_STAYS_MS = 1000;
/** After so many questions without an answer the page stops hoping and says that it does not know. */
const ASKED_BEFORE_UNKNOWN = 2;
const ASK_AGAIN_MS = 2000;
/** By when a card whose time is up is surely gone. */
const LATE_MS = 500;

export const START = Object.freeze({
  state: "empty",
  number: "",
  typed: "",
  kind: "charge",
  found: [], // the members on a phone number, to choose from
  foundHere: false, // HQ did not answer: only this till was searched
  card: null, // the presentation before the cashier
  waiting: null, // one that was swiped while an operation was under way
  operation: null, // {operation_id}; once sent, kind, presentation, card, amount, tender and sent as well
  answer: null,
  problem: null,
  note: null, // {tone, key} or {tone, texts}: one sentence, gone with the next input
  asksHq: false, // the till waits for value from HQ
  asked: 0,
  shownMs: 0,
  told: null, // the operation whose answer was shown last
});

/** Step the sale. `input.name` is a key or what the till said; `input.now` is in ms, `input.id` a fresh operation id. */
export function receive(sale, input, currency) {
  if (input.name === "notice") return { sale: { ...sale, note: input.note }, errands: [] };
  const move = TABLE[sale.state][input.name];
  if (!move || concernsAnother(sale, input)) return { sale, errands: [] };
  const { changes = {}, errands = [] } = move(sale, input, currency);
  return { sale: { ...sale, note: null, ...changes }, errands };
}

/** What of a sale outlives a reload: all but a number that was being keyed, which no file may hold, and whom it found. */
export const keepable = (sale) => (["number", "opening", "choosing"].includes(sale.state) ? startOver(sale) : { ...sale, note: null });

/** Take a kept sale up again. One that was under way when the page went is asked about: nobody knows. */
export function revive(kept) {
  const sale = { ...START, ...kept };
  if (!isUnderWay(sale)) return { sale, errands: [] };
  const { changes, errands } = ask({ ...sale, asked: 0 });
  return { sale: { ...sale, ...changes }, errands };
}

/** Whether value may have moved and the page does not know it. */
export const isUnderWay = (sale) => ["sending", "asking", "unknown"].includes(sale.state);

/** What is said of an operation or a card that is not this sale's changes nothing here. */
function concernsAnother(sale, { name, operation_id, presentation }) {
  if (["answered", "absent", "problem", "silent", "asks_hq"].includes(name)) return operation_id !== sale.operation?.operation_id;
  if (["card_gone", "refreshed"].includes(name)) return presentation !== sale.card?.presentation;
  return name === "announced" && operation_id === sale.told;
}

const become = (state, changes = {}, ...errands) => ({ changes: { ...changes, state }, errands });
const keep = (sale, changes = {}) => ({ changes: { note: sale.note, ...changes } });
const say = (tone, key) => ({ changes: { note: { tone, key } } });
const warn = (key) => () => say("warn", key);
const startOver = (sale, changes = {}) => ({ ...START, told: sale.told, ...changes });

// The card

const typeNumber = (sale, { digit }) => become("number", { number: (sale.number + digit).slice(0, NUMBER_LENGTH_MAX) });

function eraseNumber(sale) {
  const number = sale.number.slice(0, -1);
  return become(number ? "number" : "empty", { number });
}

const lookUp = ({ number }) => become("opening", {}, isPhone(number) ? { name: "search", phone: number } : { name: "look_up", number });
const keyAgain = ({ number }, { note }) => become(number ? "number" : "empty", { note, found: [] });

/** Nobody, one, or a family. Without HQ's answer this till may not know them all, and the cashier is told. */
function meet(sale, { members, hq_answered }) {
  const foundHere = !hq_answered;
  const note = foundHere ? { tone: "warn", key: "page.note.found_here" } : null;
  if (members.length === 0) return become("number", { note: { tone: "warn", key: foundHere ? "page.note.nobody_here" : "page.note.nobody" } });
  if (members.length === 1) return become("opening", { foundHere }, openMember(members[0]));
  return become("choosing", { found: members, foundHere, number: "", note });
}

const openMember = ({ candidate }) => ({ name: "open_member", candidate });

function choose(sale, { digit }) {
  const member = sale.found[digit - 1];
  return member ? become("opening", {}, openMember(member)) : say("warn", "page.note.choose_member");
}

const look = ({ presentation }, after_ms) => ({ name: "refresh", presentation, after_ms });

/** A card's time runs out without a word from the till, so it is asked then. */
function openCard(sale, { card }) {
  const note = sale.foundHere && card.entry === "phone" ? { tone: "warn", key: "page.note.found_here" } : null;
  return become(stateOf(card), startOver(sale, { card, note }), look(card, card.expires_in_s * 1000 + LATE_MS));
}

const stateOf = (card) => (card.blocked ? "blocked" : "amount");

const refuseCard = (_sale, { note }) => ({ changes: { note } });

/** The same card told twice, by the answer and by the event, keeps what is typed. */
function presentCard(sale, input) {
  const isSame = input.card.presentation === sale.card?.presentation;
  return isSame ? keep(sale, { card: input.card }) : openCard(sale, input);
}

function keepWaiting(sale, { card }) {
  if (card.presentation === sale.operation.presentation) return keep(sale, { card });
  return { changes: { waiting: card, note: { tone: "warn", key: "page.note.card_waits" } } };
}

const loseCard = (sale) => become("empty", startOver(sale, { note: { tone: "warn", key: "page.note.card_gone" } }));
const forgetCard = (sale) => keep(sale, { card: null });
const refresh = (sale, { card }) => keep(sale, { card });

/** A card that is reported lost meanwhile, or found again, is another matter. */
function renew(sale, input) {
  const isAsBefore = input.card.blocked === (sale.state === "blocked");
  return isAsBefore ? refresh(sale, input) : become(stateOf(input.card), { card: input.card, typed: "", kind: "charge" });
}

function leave(sale) {
  const errands = sale.card ? [{ name: "release", presentation: sale.card.presentation }] : [];
  return become("empty", startOver(sale), ...errands);
}

// The amount

function typeAmount(sale, { name, digit, id }, currency) {
  if (sale.typed.length >= TYPED_LENGTH_MAX) return say("warn", "page.note.too_long");
  const typed = type(sale.typed, name === "point" ? "." : digit, currency);
  return { changes: { typed, operation: sale.operation ?? { operation_id: id } } };
}

const eraseAmount = (sale) => ({ changes: { typed: sale.typed.slice(0, -1) } });

/** One step back at a time. The operation's id stays with the card: were the operation done late, a second would conflict. */
function goBack(sale) {
  if (sale.typed) return { changes: { typed: "" } };
  return sale.kind === "load" ? { changes: { kind: "charge" } } : leave(sale);
}

function confirm(sale, kind, currency) {
  const amount = parse(sale.typed || "0", currency);
  if (amount === null) return say("warn", "page.note.too_long");
  if (amount === 0) return { changes: { kind, note: { tone: "plain", key: `page.note.type_${kind}` } } };
  return kind === "load" ? become("tender") : send(sale, { kind, amount });
}

const pay = (sale, _input, currency) => confirm(sale, sale.kind, currency);
const load = (sale, _input, currency) => confirm(sale, "load", currency);

function chooseTender(sale, { digit }, currency) {
  const tender = TENDERS[digit];
  if (!tender) return say("warn", "page.note.choose_tender");
  return send(sale, { kind: "load", amount: parse(sale.typed, currency), tender });
}

// The operation

function send(sale, content) {
  const { presentation, card } = sale.card;
  const { operation_id } = sale.operation;
  const operation = { operation_id, ...content, presentation, card, sent: true };
  return become("sending", { operation, asked: 0, asksHq: false }, { name: "send", operation });
}

function ask(sale) {
  const errand = { name: "ask", operation_id: sale.operation.operation_id, after_ms: sale.asked && ASK_AGAIN_MS };
  return become(sale.asked < ASKED_BEFORE_UNKNOWN ? "asking" : "unknown", { asked: sale.asked + 1, asksHq: false }, errand);
}

function showAnswer(sale, { answer, now }) {
  const { balance, operation_id } = answer;
  const card = sale.card && { ...sale.card, ...balance, spendable: balance.principal + balance.bonus, total: totalAfter(sale.card, answer) };
  return become(answer.outcome, { answer, card, operation: null, problem: null, typed: "", shownMs: now, told: operation_id });
}

/** Until the till says it anew. */
function totalAfter({ total }, { kind, principal, bonus }) {
  return total === null ? null : total + (kind === "load" ? principal + bonus : -principal - bonus);
}

const showNotDone = (_sale, { problem = null }) => become("notdone", { problem });

/** The same operation under the same id: were it done after all, the till gives its stored answer. */
const sendAgain = (sale) => {
  if (sale.problem && !sale.problem.retryable) return backToAmount(sale);
  return become("sending", { asked: 0, problem: null, asksHq: false }, { name: "send", operation: sale.operation });
};

const backToAmount = (sale) => (sale.card ? become(stateOf(sale.card), { problem: null }) : leave(sale));

// After the answer

function goOn(sale, { now }) {
  const card = sale.waiting ?? sale.card;
  if (now - sale.shownMs < RESULT_STAYS_MS) return keep(sale);
  if (!card) return leave(sale);
  return become(stateOf(card), startOver(sale, { card }), look(card, 0));
}

/** A POS's own operation: an idle cashier sees its result, a busy one is not interrupted. */
function announce(sale, input) {
  if (sale.typed) return keep(sale);
  const { changes } = showAnswer(sale, input);
  return { changes: { ...changes, card: sale.card, operation: sale.operation } };
}

const CARD_COMES = { presented: presentCard, card_refused: refuseCard };
const NO_CARD = warn("page.note.no_card");
const BUSY = warn("page.note.under_way");
const NO_TENDER = warn("page.note.choose_tender");
const NO_MEMBER = warn("page.note.choose_member");
const ASKS_HQ = (sale) => keep(sale, { asksHq: true });
const UNDER_WAY = {
  presented: keepWaiting, answered: showAnswer, problem: showNotDone, silent: ask,
  enter: BUSY, back: BUSY, digit: BUSY, plus: BUSY, erase: BUSY, point: BUSY,
};
const RESULT = {
  ...CARD_COMES, enter: goOn, back: leave, card_gone: forgetCard, refreshed: refresh, announced: announce,
  digit: warn("page.note.result_stays"),
};

const TABLE = {
  empty: { ...CARD_COMES, digit: typeNumber, enter: NO_CARD, plus: NO_CARD, announced: announce },
  number: { ...CARD_COMES, digit: typeNumber, erase: eraseNumber, enter: lookUp, back: leave },
  opening: { ...CARD_COMES, opened: openCard, found: meet, not_opened: keyAgain, back: leave },
  choosing: { ...CARD_COMES, digit: choose, enter: NO_MEMBER, back: leave },
  blocked: { ...CARD_COMES, card_gone: loseCard, refreshed: renew, enter: leave, back: leave },
  amount: {
    ...CARD_COMES, card_gone: loseCard, refreshed: renew, announced: announce,
    digit: typeAmount, point: typeAmount, erase: eraseAmount, enter: pay, plus: load, back: goBack,
  },
  tender: {
    ...CARD_COMES, card_gone: loseCard, refreshed: renew,
    digit: chooseTender, enter: NO_TENDER, back: backToAmount, erase: backToAmount,
  },
  sending: { ...UNDER_WAY, asks_hq: ASKS_HQ },
  asking: { ...UNDER_WAY, absent: showNotDone },
  unknown: { ...UNDER_WAY, absent: showNotDone },
  notdone: { ...CARD_COMES, answered: showAnswer, enter: sendAgain, back: backToAmount, card_gone: forgetCard },
  done: RESULT,
  declined: RESULT,
};
