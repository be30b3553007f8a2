/**
 * Moves of a payment in parts.
 *
 *   amount ─split▶ split (stored value ─enter▶ points) ─enter▶ rest ─digit▶ split (cash …) ─enter▶ whole ─enter▶ sending
 *                    ◀──────────────────── back, one part at a time ─────────────────────────────────┘
 */
import { TENDERS, sendFromCard } from "./amount.js";
import { keyed, parse } from "./money.js";
import { become, say } from "./moves.js";
import { isOfTheCard, isPaidWith, left, nextOfTheCard, payment, suggested } from "./parts.js";

const NOT_ENOUGH = ["not_enough", "not_enough_here", "lies_elsewhere", "clock_doubted"];

/** Whether the answer was that the money is not enough, and other money could pay. */
export const couldSplit = ({ answer, card, waiting }) =>
  answer?.outcome === "declined" && NOT_ENOUGH.includes(answer.decline) && card !== null && waiting === null && !card.blocked;

export function openSplit(sale, { id }, hello) {
  const price = parse(sale.typed || "0", hello.currency);
  if (sale.kind !== "sale" || !price) return say("plain", "page.note.type_sale");
  return begin(sale, { price, typed: sale.typed }, id, hello);
}

/** The sale that was declined, with what is there at once. */
export function splitDeclined(sale, { id }, hello) {
  const price = sale.answer.amount;
  return begin(sale, { price, typed: keyed(price, hello.currency) }, id, hello);
}

function begin(sale, price, id, hello) {
  const split = { ...price, paid: [], tender: null };
  const operation = sale.operation ?? { operation_id: id };
  return goOn(sale, split, hello, { operation, answer: null, kind: "sale" });
}

/** To the next part; to the end when all is paid. */
function goOn(sale, split, { redeeming = null }, changes = {}) {
  const tender = nextOfTheCard(split, sale.card, redeeming);
  const state = left(split) === 0 ? "whole" : tender ? "split" : "rest";
  return become(state, { ...changes, typed: "", split: { ...split, tender: state === "split" ? tender : null } });
}

export function takePart(sale, _input, hello) {
  const { split, card, typed } = sale;
  const amount = typed ? parse(typed, hello.currency) : suggested(split, card, hello.currency);
  if (amount === null || amount > left(split)) return say("warn", "page.note.more_than_left");
  if (amount === 0 && !isOfTheCard(split.tender)) return chooseAgain(sale);
  return goOn(sale, { ...split, paid: [...split.paid, { tender: split.tender, amount }] }, hello);
}

export function choosePart(sale, { digit }) {
  const tender = TENDERS[digit];
  if (!tender || isPaidWith(sale.split, tender)) return say("warn", "page.note.choose_part");
  return become("split", { split: { ...sale.split, tender }, typed: "" });
}

const chooseAgain = ({ split }) => become("rest", { split: { ...split, tender: null }, typed: "" });

/** One step back: what is typed, the tender that was chosen, the part before it, the price. */
export function partBack(sale) {
  const { split, typed } = sale;
  if (typed) return { changes: { typed: "" } };
  if (split.tender && !isOfTheCard(split.tender)) return chooseAgain(sale);
  const last = split.paid.at(-1);
  if (!last) return become("amount", { split: null, typed: split.typed });
  return become("split", { split: { ...split, paid: split.paid.slice(0, -1), tender: last.tender } });
}

export const payParts = (sale) => sendFromCard(sale, { kind: "sale", amount: sale.split.price, paid: payment(sale.split) });
