/** Moves of the sale that key an amount: what is to be paid or loaded, with what it is loaded. */
import { showHistory } from "./counter.js";
import { parse, type } from "./money.js";
import { backToCard, become, leave, say } from "./moves.js";
import { send } from "./operation.js";

export const TENDERS = Object.freeze({ 1: "cash", 2: "bank_card", 3: "mobile" });

const TYPED_LENGTH_MAX = 19;

export function typeAmount(sale, { name, digit, id }, { currency }) {
  if (sale.typed.length >= TYPED_LENGTH_MAX) return say("warn", "page.note.too_long");
  const typed = type(sale.typed, name === "point" ? "." : digit, currency);
  if (typed === sale.typed && name !== "point" && digit !== "0") return say("warn", "page.note.no_decimals");
  return { changes: { typed, operation: sale.operation ?? { operation_id: id } } };
}

export const rubOut = (sale) => ({ changes: { typed: sale.typed.slice(0, -1) } });

/** Where there is nothing to rub out the same key shows what moved before; a key that is held down does not. */
export function eraseAmount(sale, { held = false }) {
  return sale.typed || held || sale.kind === "load" ? rubOut(sale) : showHistory(sale);
}

/** One step back at a time. The operation's id stays with the card: were the operation done late, a second would conflict. */
export function goBack(sale) {
  if (sale.typed) return { changes: { typed: "" } };
  return sale.kind === "load" ? { changes: { kind: "sale" } } : leave(sale);
}

function confirm(sale, kind, currency) {
  const amount = parse(sale.typed || "0", currency);
  if (amount === null) return say("warn", "page.note.too_long");
  if (amount === 0) return { changes: { kind, note: { tone: "plain", key: `page.note.type_${kind}` } } };
  return kind === "load" ? become("tender") : sendFromCard(sale, { kind, amount });
}

export const pay = (sale, _input, { currency }) => confirm(sale, sale.kind, currency);
export const load = (sale, _input, { currency }) => confirm(sale, "load", currency);

export function chooseTender(sale, { digit }, { currency }) {
  const tender = TENDERS[digit];
  if (!tender) return say("warn", "page.note.choose_tender");
  return sendFromCard(sale, { kind: "load", amount: parse(sale.typed, currency), tender });
}

export const backToAmount = (sale) => backToCard(sale);

/** An operation with the card that lies there. */
export function sendFromCard(sale, content) {
  const { presentation, card } = sale.card;
  return send(sale, { ...content, presentation, card });
}
