/** HQ's pages: an address behind the # names one, HQ is asked for it every few seconds, and what differs is changed. */
import { dropToken, get, isAnswer, isRefused, keepToken, token } from "./api.js";
import * as conservation from "./conservation.js";
import * as day from "./day.js";
import { patch } from "./dom.js";
import * as doubts from "./doubts.js";
import * as members from "./members.js";
import { Voice, problem } from "./parts.js";
import * as placement from "./placement.js";
import * as promotions from "./promotions.js";
import * as records from "./records.js";
import * as tills from "./tills.js";
import { Clock } from "./times.js";
import { LANGUAGES, Wording, firstLanguage, rememberLanguage } from "./wording.js";

const REFRESH_MS = 4000;
/** After that the page asks anew which day it is. */
const INTRODUCED_FOR_MS = 10 * 60_000;
const PAGES = { tills, members, records, record: { ...records, load: records.loadOne, draw: records.drawOne, menu: "records" }, doubts, conservation, day, placement, promotions };
const ORDER = ["tills", "members", "records", "doubts", "conservation", "day", "placement", "promotions"];

const model = {
  wording: null, about: null, voice: null, introducedAt: 0,
  page: "tills", args: [], state: {}, asked: 0, // the number of the last question; answers to earlier ones are old
  answer: null, heardAt: null, gone: false,
};
let timer = 0;

const $ = (selector) => document.querySelector(selector);
const all = (selector) => document.querySelectorAll(selector);
const say = (key, values) => model.wording.text(`hq_page.${key}`, values);

// Where we are

function here() {
  const [page, ...args] = location.hash.replace(/^#\/?/, "").split("/").map(decoded);
  return page in PAGES ? { page, args } : { page: "tills", args: [] };
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function arrive() {
  const { page, args } = here();
  if (page !== model.page) model.state = {};
  Object.assign(model, { page, args, answer: null });
  load();
}

/** Arrive anew also where we are already. */
function go(hash) {
  if (location.hash === hash) arrive();
  else location.hash = hash;
}

// What HQ says

async function load() {
  clearTimeout(timer);
  if (!token() || !model.wording) return draw();
  const asked = (model.asked += 1);
  const isHere = () => asked === model.asked;
  if (Date.now() - model.introducedAt > INTRODUCED_FOR_MS && !(await introduce())) return retry(isHere);
  const progress = (body) => isHere() && hear({ status: 200, body });
  const answer = await PAGES[model.page].load(model.args, { ...model, progress, isHere });
  if (isHere()) {
    hear(answer);
    retry(isHere);
  }
}

function retry(isHere) {
  if (isHere()) timer = setTimeout(() => (isLive() ? load() : retry(isHere)), REFRESH_MS);
}

/** A page that takes long to add up is asked for again by hand only. */
function isLive() {
  const { isLive: live } = PAGES[model.page];
  return !document.hidden && (!live || !model.answer || model.gone || live(model.answer.body));
}

/** HQ's zone and currency. A token that HQ does not take is forgotten, and said to be wrong. */
async function introduce() {
  const answer = await get("/v1/about");
  if (isAnswer(answer)) {
    model.about = answer.body;
    model.introducedAt = Date.now();
    model.voice = new Voice(model.wording, model.about, new Clock(model.about.timezone));
    return true;
  }
  hear(answer);
  return false;
}

function hear(answer) {
  if (isRefused(answer)) return signOut("sign_in.wrong");
  model.gone = answer.status === 0 || answer.status >= 500;
  if (!model.gone) {
    model.answer = answer;
    model.heardAt = Date.now();
  }
  draw();
}

// What is shown

function draw() {
  document.body.hidden = false;
  const isIn = Boolean(token());
  for (const one of all("[data-signed-in]")) one.hidden = !isIn;
  for (const one of all("[data-signed-out]")) one.hidden = isIn;
  const menu = PAGES[model.page].menu ?? model.page;
  for (const one of all("[data-page]")) one.dataset.page === menu ? one.setAttribute("aria-current", "page") : one.removeAttribute("aria-current");
  const page = $("#page");
  page.hidden = !isIn;
  page.dataset.shows = model.answer ? model.page : "";
  drawLine();
  if (isIn) patch(page, (model.voice ? content() : []).flat(9).filter(Boolean));
}

function content() {
  const { answer, voice } = model;
  const { tools, draw: drawn } = PAGES[model.page];
  const lists = answer && (isAnswer(answer) ? drawn(voice, answer.body, model) : problem(voice, answer.body));
  return [tools?.(voice, model), lists];
}

function drawLine() {
  const time = model.heardAt && model.voice ? model.voice.time(model.heardAt) : "";
  const key = model.gone ? "line.gone" : time ? "line.as_of" : "line.asking";
  $("#line").textContent = say(key, { time });
  $("#line").dataset.tone = model.gone ? "bad" : time ? "good" : "work";
  $("#page").classList.toggle("old", model.gone);
}

function label() {
  document.documentElement.lang = model.wording.language;
  for (const one of all("[data-text]")) one.textContent = model.wording.text(one.dataset.text);
  for (const one of all("[data-label]")) one.setAttribute("aria-label", model.wording.text(one.dataset.label));
  for (const button of all("[data-language]")) {
    const { language } = button.dataset;
    button.textContent = model.wording.into(language).text("hq_page.language");
    button.setAttribute("aria-pressed", String(language === model.wording.language));
  }
}

function speak(language) {
  rememberLanguage(language);
  model.wording = model.wording.into(language);
  if (model.voice) model.voice.wording = model.wording;
  label();
  draw();
}

// What people do

function signOut(note = "") {
  dropToken();
  model.asked += 1;
  Object.assign(model, { about: null, voice: null, introducedAt: 0, answer: null, heardAt: null, gone: false, state: {} });
  patch($("#page"), []);
  $("#sign_in_note").textContent = note && say(note);
  $("#sign_in_note").dataset.tone = "bad";
  draw();
  $("#sign_in input").focus();
}

function onSubmit(event) {
  event.preventDefault();
  const form = event.target;
  const said = Object.fromEntries(new FormData(form));
  if (form.id === "sign_in") return signIn(said, form);
  const submit = PAGES[model.page].forms?.[form.dataset.form];
  Promise.resolve(submit?.(said, { ...model, go, form, input: form.elements[0], reload: load })).then(draw);
}

function signIn({ token: text }, form) {
  form.reset();
  $("#sign_in_note").textContent = "";
  keepToken(text.trim());
  arrive();
}

const DOES = { sign_out: () => signOut(), reload: load };

function onClick(event) {
  const button = event.target.closest("[data-do], [data-language]");
  if (button?.dataset.language) speak(button.dataset.language);
  else DOES[button?.dataset.do]?.();
}

/** 1 to 8 open a page; the arrows go through a list. Whoever is typing only types. */
function onKey(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, textarea, select")) return;
  const page = token() && ORDER[Number(event.key) - 1];
  if (page) go(`#/${page}`);
  else if (event.key === "ArrowDown" || event.key === "ArrowUp") step(event, event.key === "ArrowDown" ? 1 : -1);
}

function step(event, by) {
  const links = [...all("tr[data-row]")].map((row) => row.querySelector("a")).filter(Boolean);
  const at = links.findIndex((one) => one.closest("tr") === document.activeElement.closest("tr"));
  if (at < 0) return;
  event.preventDefault();
  links[Math.min(Math.max(at + by, 0), links.length - 1)].focus();
}

// Words first: without them nothing can be said, not even that HQ is gone. Their absence shows as an empty page, and it goes on asking.
async function begin() {
  const answer = await get("/v1/wording");
  if (!isAnswer(answer)) return setTimeout(begin, REFRESH_MS);
  model.wording = new Wording(answer.body, firstLanguage());
  label();
  arrive();
  if (!token()) $("#sign_in input").focus();
}

document.addEventListener("submit", onSubmit);
document.addEventListener("click", onClick);
document.addEventListener("keydown", onKey);
addEventListener("hashchange", arrive);
document.addEventListener("visibilitychange", () => !document.hidden && model.answer && load());
begin();
