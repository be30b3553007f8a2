/** What the page shows, computed from the model: a flat table of texts and tones. Pure; view.js puts it on the screen. */
import { bar } from "./bar.js";
import { count, echo, parse } from "./money.js";
import { pad } from "./pad.js";
import { isUnderWay } from "./sale.js";
import { asks, strip } from "./strip.js";
import { bare, halves, money, spaced, symbol } from "./sums.js";

/** A face that tells of money has a tone; the others are plain. */
const TONES = { sending: "work", asking: "work", unknown: "unsure", notdone: "warn", done: "good", declined: "bad", gone: "bad" };
const OPERATION_FACES = ["sending", "asking", "unknown", "notdone"];

/** Which face is on: what the till's absence or a shown slip covers goes on beneath. */
export const faceOf = ({ here, slips, sale }) => (!here ? "gone" : slips.shown ? "slip" : sale.state);

/** `{face, values, tones, awake, asks}`: texts by name, tones by name, keys that do something, a slip in question. */
export function faces(model) {
  const face = faceOf(model);
  const keys = pad(model, face);
  const parts = [bar, card, amount, operation, result, strip, gone, note].map((part) => part(model));
  const values = Object.assign({ symbol: symbol(model) }, keys.values, ...parts.map((part) => part.values));
  const tones = Object.assign({ face: TONES[face] ?? "plain" }, ...parts.map((part) => part.tones));
  values.said = said(face, values);
  return { face, values, tones, awake: keys.awake, asks: asks(model) };
}

function card(model) {
  const { sale, wording } = model;
  const values = {
    number: sale.number.replace(/(\d{4})(?=\d)/g, "$1 "),
    number_hint: wording.text(sale.state === "opening" ? "page.opening.hint" : "page.number.hint"),
  };
  if (!sale.card) return { values, tones: {} };
  const { card: masked, kind, entry, spendable, principal, bonus, points } = sale.card;
  Object.assign(values, {
    card: spaced(masked),
    card_kind: wording.has(`page.kind.${kind}`) ? wording.text(`page.kind.${kind}`) : kind, // the chain names its kinds
    entry: wording.text(`page.entry.${entry}`),
    spendable: bare(spendable, model),
    principal: bare(principal, model),
    bonus: bare(bonus, model),
    points: count(points),
  });
  return { values, tones: { entry: entry === "swiped" ? "good" : "warn" } };
}

function amount(model) {
  const { sale, wording } = model;
  const kind = sale.state === "tender" ? "load" : sale.kind;
  const { after, tone } = sale.card ? afterwards(model, kind) : { after: "", tone: "plain" };
  const values = { typed: echo(sale.typed), amount_title: wording.text(`page.amount.${kind}`), after };
  return { values, tones: { typed: sale.typed ? kind : "none", after: tone } };
}

/** What this amount would leave, said before it is sent. The till decides. */
function afterwards({ sale, ...model }, kind) {
  const { wording, hello } = model;
  const { entry, spendable } = sale.card;
  if (kind === "charge" && entry === "keyed") return { after: wording.text("page.after.keyed"), tone: "warn" };
  const units = parse(sale.typed || "0", hello.currency) ?? 0;
  const left = spendable + (kind === "load" ? units : -units);
  if (!units) return { after: "", tone: "plain" };
  if (left < 0) return { after: wording.text("page.after.short", { amount: money(-left, model) }), tone: "warn" };
  return { after: wording.text("page.after", { amount: money(left, model) }), tone: "plain" };
}

function operation(model) {
  const { sale, wording } = model;
  const { state, problem } = sale;
  const { sent, kind, amount: units, card: masked } = sale.operation ?? {};
  if (!sent || !OPERATION_FACES.includes(state)) return { values: {}, tones: {} };
  const values = {
    operation_title: wording.text(`page.${state}.${kind}`),
    operation_amount: bare(units, model),
    operation_what: spaced(masked),
    operation_words: problem ? wording.choose(problem.cashier_message) : wording.text(`page.${state}.words`),
  };
  return { values, tones: {} };
}

function result(model) {
  const { sale, wording } = model;
  if (!sale.answer) return { values: {}, tones: {} };
  const { outcome, kind, amount: units, card: masked, bonus, balance, receipt_number, approval_code, cashier_message } = sale.answer;
  const extra = kind === "load" && bonus > 0 ? wording.text("page.done.with_bonus", { amount: money(bonus, model) }) : "";
  const values = {
    result_title: wording.text(`page.${outcome}.${kind}`),
    result_amount: bare(units, model),
    result_money: money(units, model),
    result_what: [spaced(masked), extra].filter(Boolean).join(" · "),
    receipt_number: receipt_number ?? "",
    balance_after: money(balance.principal + balance.bonus, model),
    approval_code: halves(approval_code ?? ""),
    decline_words: cashier_message ? wording.choose(cashier_message) : "",
  };
  return { values, tones: {} };
}

/** What can be promised while the till does not answer. */
function gone(model) {
  const { sale, goneSince, wording } = model;
  const values = { time: goneSince };
  if (!isUnderWay(sale)) return { values: { gone_words: wording.text("page.gone.nothing", values) }, tones: {} };
  const amount = money(sale.operation.amount, model);
  return { values: { gone_words: wording.text(`page.gone.${sale.operation.kind}`, { ...values, amount }) }, tones: {} };
}

function note({ sale, wording }) {
  const { tone, key, texts } = sale.note ?? { tone: "none" };
  return { values: { note: texts ? wording.choose(texts) : key ? wording.text(key) : "" }, tones: { note: tone } };
}

/** One sentence for who can't see the screen. */
function said(face, values) {
  const sentences = {
    amount: [values.card, values.spendable],
    done: [values.result_title, values.result_money, values.approval_code],
    declined: [values.result_title, values.decline_words],
    gone: [values.gone_words],
  };
  const chosen = sentences[face] ?? (OPERATION_FACES.includes(face) ? [values.operation_title, values.operation_words] : []);
  return [...chosen, values.note].filter(Boolean).join(" ");
}
