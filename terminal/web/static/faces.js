/** What the page shows, computed from the model: a flat table of texts and tones. Pure; view.js puts it on the screen. */
import { bar } from "./bar.js";
import { card } from "./card.js";
import { choices } from "./choices.js";
import { history } from "./history.js";
import { isOutOfReach } from "./modes.js";
import { echo, parse } from "./money.js";
import { pad } from "./pad.js";
import { OPERATION_FACES, operation, result } from "./result.js";
import { isUnderWay } from "./sale.js";
import { isOpen } from "./slips.js";
import { splitFace } from "./split_face.js";
import { asks, strip } from "./strip.js";
import { money, symbol } from "./sums.js";
import { undoFace } from "./undo_face.js";

/** A face that tells of money has a tone; the others are plain. */
const TONES = { sending: "work", asking: "work", unknown: "unsure", notdone: "warn", done: "good", promised: "work", declined: "bad", blocked: "bad", gone: "bad" };

/** Which face is on: what the till's absence or a shown slip covers goes on beneath. */
export function faceOf({ here, slips, sale }) {
  if (!here) return "gone";
  return isOpen(slips) ? (slips.number === null ? "slip" : "slip_number") : sale.state;
}

/** `{face, values, tones, awake, asks}`: texts by name, tones by name, keys that do something, a slip in question. */
export function faces(model) {
  const face = faceOf(model);
  const keys = pad(model, face);
  const parts = [bar, card, choices, amount, history, splitFace, undoFace, operation, result, strip, gone, note].map((part) => part(model));
  const values = Object.assign({ symbol: symbol(model) }, keys.values, ...parts.map((part) => part.values));
  const tones = Object.assign({ face: TONES[face] ?? "plain" }, ...parts.map((part) => part.tones));
  values.said = said(face, values, model);
  return { face, values, tones, awake: keys.awake, asks: asks(model) };
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
  if (kind === "sale" && entry !== "swiped") return { after: wording.text(`page.after.${entry}`), tone: "warn" };
  const units = parse(sale.typed || "0", hello.currency) ?? 0;
  const left = spendable + (kind === "load" ? units : -units);
  if (kind === "sale" && (left < 0 || !spendable) && isOutOfReach(sale.card, model.status)) return { after: wording.text("page.after.no_hq"), tone: "warn" };
  if (!units) return { after: "", tone: "plain" };
  if (left < 0) return missing(-left, units, { sale, ...model });
  return { after: wording.text("page.after", { amount: money(left, model) }), tone: "plain" };
}

/** HQ may bring what lies elsewhere, when it is on the line. */
function missing(short, units, { sale, ...model }) {
  const amount = money(short, model);
  const comes = units <= (sale.card.total ?? 0) && model.status.hq.state === "answered";
  return comes
    ? { after: model.wording.text("page.after.comes", { amount }), tone: "plain" }
    : { after: model.wording.text("page.after.short", { amount }), tone: "warn" };
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
  const { tone, key, texts, values } = sale.note ?? { tone: "none" };
  return { values: { note: texts ? wording.choose(texts) : key ? wording.text(key, values) : "" }, tones: { note: tone } };
}

/** One sentence for who can't see the screen. */
function said(face, values, { wording }) {
  const sentences = {
    amount: [values.holder, values.card, values.spendable, values.total],
    blocked: [values.card, values.blocked_words],
    done: [values.result_title, values.result_money, values.approval_code, values.missed],
    promised: [values.result_title, values.result_money, values.receipt_number, wording.text("page.promised.words")],
    declined: [values.result_title, values.decline_words, values.floor_limit, values.promise_offer],
    gone: [values.gone_words],
  };
  const chosen = sentences[face] ?? (OPERATION_FACES.includes(face) ? [values.operation_title, values.operation_words] : []);
  return [...chosen, values.note].filter(Boolean).join(" ");
}
