/** What the pages are made of: tables with an empty state, signs, pagers, money and times in words. */
import { h } from "./dom.js";
import { count, format, signed } from "./money.js";

/** More letters than this in one cell are cut on the screen; they stand in full where the record is shown in full. */
const LONG = 60;
/** Up to here a word is not torn. */
const SHORT = 16;
/** Nor, up to here, the number of a slip or a record: those of honest tills are shorter. */
const REFERENCE = 24;

/** Everything that a page needs to say things: words, money, times. */
export class Voice {
  constructor(wording, about, clock) {
    Object.assign(this, { wording, about, clock, currency: about.currency });
  }

  say(key, values) {
    return this.wording.text(`hq_page.${key}`, values);
  }

  word(prefix, code) {
    return this.wording.word(`hq_page.${prefix}`, code);
  }

  /** `1,234`: under a heading that names the currency. */
  sum(units) {
    return format(units, this.currency);
  }

  /** `+1,234`, `-20`. */
  change(units) {
    return units ? signed(this.sum(units)) : "";
  }

  changePoints(points) {
    return points ? signed(count(points)) : "";
  }

  /** `NT$1,234`: in a sentence. */
  money(units) {
    const key = `currency.${this.currency.code}`;
    const row = this.wording.has(key) ? key : "currency.other";
    return this.wording.text(row, { code: this.currency.code, amount: this.sum(units) });
  }

  /** A word for money, with the currency in which the figures below it are: `本金 (NT$)`. */
  inMoney(text) {
    return `${text} (${this.currency.symbols[this.wording.language]})`;
  }

  mode(mode) {
    return mode ? this.wording.word("mode", mode) : "";
  }

  full(ms) {
    return this.clock.full(ms);
  }

  short(ms, nowMs) {
    return this.clock.short(ms, nowMs);
  }

  time(ms) {
    return this.clock.time(ms);
  }
}

/** A word with a sign and a colour. */
export const sign = (tone, ...text) => h("span", { class: "sign", "data-tone": tone }, ...text);

export const link = (to, ...text) => h("a", { href: to }, ...text);

/** A text of which nobody knows how long it is. */
export function long(text) {
  const letters = [...String(text)];
  if (letters.length <= SHORT) return String(text);
  return h("span", { class: "long" }, letters.length > LONG ? letters.slice(0, LONG).join("") + "…" : String(text));
}

/** A date or a time is not torn in two; a till may say something else in its place. */
export const date = (text) => (/^\d{4}-\d{2}-\d{2}( \d{2}:\d{2}:\d{2})?$/.test(text ?? "") ? h("span", { class: "date" }, text) : long(text ?? ""));

/** The number of a slip, and what it is of: in one line, unless it is too long. */
export const reference = (number, label) => labelled(number, label, long(number));

/** `07-2/1/31` as a link to the record; anything else as it is. */
export function recordLink(ref, label) {
  return /^[0-9A-Za-z@-]+\/\d+\/\d+$/.test(ref) ? labelled(ref, label, link(`#/record/${ref}`, long(ref))) : long(ref);
}

const labelled = (name, label, shown) => h("span", { class: name.length > REFERENCE ? null : "reference" }, label && `${label} `, shown);

const PROMOTION = "promotion:";

/** Whether in this account lies what a promotion may still give. */
export const isQuota = (account) => account.startsWith(PROMOTION);

export const accountLink = (account) => (isQuota(account) ? link("#/promotions", long(account.slice(PROMOTION.length))) : memberLink(account));

const memberLink = (account) => link(`#/members/${encodeURIComponent(account)}`, account.length > 10 ? account.slice(0, 8) + "…" : account);

/**
 * A table. `columns`: {head, num, words}, `words` for whole sentences; `rows`: {key, cells, tone, selected, group}; a row
 * with `group` is a heading over all columns. Without rows it says `empty`.
 */
export function table({ key, title, columns, rows, empty }) {
  const heading = title && h("h2", {}, title);
  const body = rows.length ? [head(columns), h("tbody", {}, ...rows.map((row) => line(row, columns)))] : null;
  const shown = body ? h("div", { class: "scroll" }, h("table", {}, ...body)) : h("p", { class: "empty" }, empty);
  return h("section", { "data-key": key, class: "list" }, heading, shown);
}

const kindOf = ({ num, words }) => (num ? "num" : words ? "words" : null);

const head = (columns) => h("thead", {}, h("tr", {}, ...columns.map((one) => h("th", { scope: "col", class: kindOf(one) }, one.head))));

function line({ key, cells, tone, selected, group }, columns) {
  if (group) return h("tr", { "data-key": key, class: "group" }, h("th", { scope: "rowgroup", colspan: columns.length }, ...group));
  const cell = (value, index) => h("td", { class: kindOf(columns[index]) }, ...[value].flat());
  return h("tr", { "data-key": key, "data-row": true, "data-tone": tone, "aria-current": selected ? "true" : null }, ...cells.map(cell));
}

/** Links to what is newer or first, and to what follows. `key`: of which list, where several stand below each other. */
export function pager(voice, { key, first, next }) {
  if (!first && !next) return null;
  return h("nav", { class: "pager", "data-key": `pager ${key ?? first ?? ""}` },
    first && link(first, voice.say("first_page")), next && link(next, voice.say("next_page")));
}

/** What the problem is, in HQ's own words. */
export const problem = (voice, body) => h("p", { class: "note sign", "data-tone": "bad", "data-key": "problem", role: "alert" }, voice.wording.choose(body?.message));

/** Names and values below each other. */
export function facts(rows) {
  return h("dl", { class: "facts" }, ...rows.filter(([, value]) => value !== null && value !== "").map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, ...[value].flat()))));
}
