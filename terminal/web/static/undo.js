/** Moves that undo what a slip says: a refund of all or a part, a void asked once more. No card needs to lie there. */
import { parse } from "./money.js";
import { backToCard, become, say } from "./moves.js";
import { send } from "./operation.js";

/**
 * `slip` is what the till said of it: {receipt_number, kind, refundable: {total, left, paid, voidable}}. `refundable` is
 * null where another till has the right to undo it: how much is left is not known here.
 */
export const openUndo = (sale, { kind, slip, id }) =>
  become(kind, { undo: slip, typed: "", split: null, answer: null, history: null, operation: { operation_id: id } });

export function sendRefund(sale, _input, { currency }) {
  const left = sale.undo.refundable?.left ?? null;
  const amount = sale.typed ? parse(sale.typed, currency) : left;
  if (!amount) return say("warn", "page.note.type_refund");
  if (left !== null && amount > left) return say("warn", "page.note.more_than_left");
  return sendUndo(sale, "refund", amount);
}

export const sendVoid = (sale) => sendUndo(sale, "void", sale.undo.refundable.left);

function sendUndo(sale, kind, amount) {
  const { receipt_number } = sale.undo;
  return send(sale, { kind, amount, receipt_number });
}

export const leaveUndo = (sale) => (sale.typed ? { changes: { typed: "" } } : backToCard(sale, { undo: null, operation: null }));
