/**
 * Puts what faces.js computed on the screen. The HTML says where: data-text (a row of the wording table), data-value and
 * data-tone-of (a name in the face), data-rows (a table of texts), data-in (the faces on which it shows), data-when (the value without which it does
 * not). Text goes in as text, never as markup.
 */
import { LANGUAGES } from "./wording.js";

/** So many letters begin a row in half a line. */
const LONG_LABEL = 14;

const all = (name) => document.querySelectorAll(`[data-${name}]`);

/** Write only what changed: a screen reader speaks of every write. */
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Show the labels that stand in the HTML; on a change of language only. */
export function label(wording) {
  document.documentElement.lang = wording.language;
  for (const element of all("text")) write(element, wording.text(element.dataset.text));
  for (const element of all("label")) element.setAttribute("aria-label", wording.text(element.dataset.label));
  for (const button of all("language")) {
    const { language } = button.dataset;
    write(button, wording.into(language).text("page.language"));
    button.setAttribute("aria-pressed", String(language === wording.language));
  }
}

/** Show a face. */
export function show({ face, values, tones, awake, asks }) {
  document.body.hidden = false;
  document.body.dataset.face = face;
  for (const element of all("in")) element.hidden = !element.dataset.in.split(" ").includes(face);
  for (const element of all("in-strip")) element.hidden = !asks;
  for (const element of all("when")) element.hidden = !values[element.dataset.when];
  for (const element of all("value")) fill(element, values[element.dataset.value] ?? "");
  for (const element of all("rows")) list(element, values[element.dataset.rows] ?? []);
  for (const element of all("paper")) lay(element, values[element.dataset.paper] ?? "");
  for (const element of all("tone-of")) element.dataset.tone = tones[element.dataset.toneOf] ?? "none";
  for (const button of all("press")) button.disabled = !awake.has(button.dataset.press);
}

/** Long sums are set smaller (faces.css). */
function fill(element, text) {
  write(element, text);
  element.dataset.size = text.length > 10 ? "long" : text.length > 7 ? "middle" : "short";
}

const listed = new Map();

/** A table of texts, row by row, those that begin with a long one marked; an empty one is hidden. */
function list(element, rows) {
  const words = JSON.stringify(rows);
  if (listed.get(element) === words) return;
  listed.set(element, words);
  element.hidden = rows.length === 0;
  element.replaceChildren(...rows.map((cells) => row(cells)));
}

function row(cells) {
  const made = withChildren("tr", cells.map((text) => withChildren("td", [text])));
  if (cells[0].length > LONG_LABEL) made.dataset.size = "long";
  return made;
}

function withChildren(tag, children) {
  const element = document.createElement(tag);
  element.append(...children);
  return element;
}

let laid = "";

/** A slip's text in the columns of its paper: one for Latin letters, two for all others (receipts/columns.py). */
function lay(element, text) {
  if (laid === text) return;
  laid = text;
  element.replaceChildren(...text.split(/([^\0-\u00ff])/u).filter(Boolean).map(cell));
}

function cell(text) {
  if (/^[\0-\u00ff]/.test(text)) return text;
  const wide = document.createElement("span");
  wide.className = "wide";
  wide.textContent = text;
  return wide;
}

/** Call back with what a button stands for. A press by hand takes no focus: the next Enter must not press it again. */
export function onPress({ press, slip, language, exchange, takeOut, bringIn }) {
  document.addEventListener("mousedown", (event) => event.preventDefault());
  for (const button of all("press")) button.addEventListener("click", () => press(button.dataset.press));
  for (const button of all("slip")) button.addEventListener("click", () => slip(button.dataset.slip));
  for (const button of all("exchange")) button.addEventListener("click", exchange);
  for (const button of all("take-out")) button.addEventListener("click", takeOut);
  for (const chosen of all("medium")) {
    for (const button of all("bring-in")) button.addEventListener("click", () => chosen.click());
    chosen.addEventListener("change", () => bringIn(chosen));
  }
  for (const button of all("language")) button.addEventListener("click", () => language(button.dataset.language));
}

/** Whether Enter belongs to a button that was reached with Tab. */
export const isOnButton = () => document.activeElement instanceof HTMLButtonElement;

/** The language that this till's cashier chose last, or null. */
export function rememberedLanguage() {
  const language = localStorage.getItem("language");
  return LANGUAGES.includes(language) ? language : null;
}

export const rememberLanguage = (language) => localStorage.setItem("language", language);
