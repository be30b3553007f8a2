/** An operation that was sent, and what became of it. */
import { when } from "./bar.js";
import { isHosted } from "./modes.js";
import { count } from "./money.js";
import { canLetGo, canPromise } from "./operation.js";
import { missed, promotionRows } from "./promotions.js";
import { couldSplit } from "./split.js";
import { bare, halves, money, spaced } from "./sums.js";

export const OPERATION_FACES = ["sending", "asking", "unknown", "notdone"];

export function operation(model) {
  const { sale, wording } = model;
  const { state, problem, asksHq } = sale;
  const { sent, kind, amount: units, card, receipt_number } = sale.operation ?? {};
  if (!sent || !OPERATION_FACES.includes(state)) return { values: {}, tones: {} };
  const values = {
    operation_title: wording.text(`page.${state}.${kind}`),
    operation_amount: bare(units, model),
    operation_what: card ? spaced(card) : receipt_number,
    operation_words: problem ? wording.choose(problem.cashier_message) : wording.text(`page.${state}.${asksHq ? askingHq(model) : "words"}`),
  };
  return { values, tones: {} };
}

/** What HQ is asked for: what is missing here, or to do all of it. */
const askingHq = ({ sale, status }) => (sale.state === "sending" && isHosted(status) ? "hosted" : "hq");

export function result(model) {
  const { sale, wording } = model;
  if (!sale.answer) return { values: {}, tones: {} };
  const { kind, amount: units, card, bonus, balance, receipt_number, approval_code, cashier_message, elsewhere, original } = sale.answer;
  const extra = kind === "load" && bonus > 0 ? wording.text("page.done.with_bonus", { amount: money(bonus, model) }) : "";
  const isSplit = couldSplit(sale) && sale.card.spendable > 0;
  const values = {
    result_title: wording.text(`page.${isBooked(sale.answer) ? "done" : "declined"}.${whatOf(sale.answer)}`),
    result_amount: bare(units, model),
    result_money: money(units, model),
    result_what: [spaced(card), original ?? "", extra].filter(Boolean).join(" · "),
    result_parts: [...partRows(partsWorthTelling(sale.answer), model, isUndo(sale.answer)), ...pointRows(sale.answer, model), ...promotionRows(sale.answer, model)],
    missed: missed(sale.answer, model),
    receipt_number: receipt_number ?? "",
    balance_after: balanceAfter(balance, model),
    approval_code: halves(approval_code ?? ""),
    elsewhere: elsewhere ? money(elsewhere, model) : "",
    elsewhere_title: wording.text("page.elsewhere", { time: elsewhereTime(model) }),
    decline_words: cashier_message ? wording.choose(cashier_message) : "",
    floor_limit: floorLimit(model),
    promise_offer: promiseOffer(model),
    original: original ?? "",
    split_offer: isSplit ? wording.text("page.declined.split", { amount: money(sale.card.spendable, model) }) : "",
  };
  return { values, tones: {} };
}

const BUDGETS = ["floor_limit_sale", "floor_limit_card", "floor_limit_till"];

/** What may be let go at the store's own risk, if the cashier agrees; or by which limit it may not, and what that leaves. */
function floorLimit({ sale, ...model }) {
  const { answer } = sale;
  const missing = answer.reasons.find(({ rule }) => rule === "floor_limit_sale")?.seen;
  const used = answer.reasons.find(({ rule, limit, seen }) => BUDGETS.includes(rule) && seen > limit);
  if (canLetGo(sale)) return model.wording.text("page.declined.floor_limit", { amount: money(answer.floor_limit, model) });
  return used ? model.wording.text(`page.declined.${used.rule}`, { amount: money(used.limit + missing - used.seen, model) }) : "";
}

/** What is promised when the cashier agrees, and of which slip. */
function promiseOffer({ sale, ...model }) {
  if (!canPromise(sale)) return "";
  const { amount, receipt_number: slip } = sale.refused;
  return model.wording.text("page.declined.promise", { slip, amount: money(amount, model) });
}

/** Whether it stands in the till's book, and has a slip. */
export const isBooked = (answer) => ["done", "promised"].includes(answer?.outcome);

/** A promise that was voided: of what it promised nobody knows here whose card it was. */
export const isTakenBack = ({ outcome, kind, card }) => outcome === "done" && kind === "void" && !card;

const whatOf = (answer) => (isTakenBack(answer) ? "taken_back" : tellsOfCard(answer) ? answer.kind : "noted");

/** A sale that the shop's own tenders have paid took nothing from the card. */
const tellsOfCard = ({ outcome, kind, paid = [] }) =>
  outcome !== "done" || kind !== "sale" || paid.length === 0 || paid.some(({ tender }) => ["stored_value", "points"].includes(tender));

/** One part that is all of it says nothing new. */
function partsWorthTelling({ kind, paid = [] }) {
  return paid.length > 1 || (paid.length === 1 && (kind !== "sale" || paid[0].tender !== "stored_value")) ? paid : [];
}

export const isUndo = ({ kind }) => ["refund", "void"].includes(kind);

/** [what, points, money] of parts that paid, or that go back. */
export function partRows(parts, model, back = false) {
  const { wording } = model;
  return parts.map(({ tender, units, points }) => [
    wording.text(back && tender === "store_risk" ? "tender.store_risk_back" : `tender.${tender}`),
    points ? wording.text("page.points_count", { points: count(points) }) : "",
    money(units, model),
  ]);
}

/** A sale earns and spends points; an undo gives back and takes back. */
export function pointRows({ kind, points_in = 0, points_out = 0, points_owed = 0 }, { wording }) {
  const [came, went] = isUndo({ kind }) ? ["page.points_back", "page.points_taken"] : ["page.points_in", "page.points_out"];
  const rows = [[came, points_in, "+"], [went, points_out, "−"], ["page.points_owed", points_owed, ""]];
  return rows.filter(([, points]) => points).map(([key, points, sign]) => [wording.text(key), "", sign + count(points)]);
}

/** Nothing where nobody has said what lies where. */
function balanceAfter(balance, model) {
  if (!balance) return "";
  const { principal, bonus, points } = balance;
  const counted = points ? model.wording.text("page.points_count", { points: count(points) }) : "";
  return [money(principal + bonus, model), counted].filter(Boolean).join(" · ");
}

const elsewhereTime = ({ sale, status }) => when(sale.answer.elsewhere_as_of, status.business_date);
