/** What the customer sees, computed from what the till said; as faces.js does it for the cashier. Pure. */
import { count } from "./money.js";
import { promotionRows } from "./promotions.js";
import { isBooked, isTakenBack, isUndo, partRows, pointRows } from "./result.js";
import { money, spaced } from "./sums.js";

/** `model`: {hello, wording, card, due, answer}; a result covers the card. */
export function faces(model) {
  const { card, answer } = model;
  if (answer) return isBooked(answer) ? done(answer, model) : { face: "declined", values: {} };
  return card || model.due ? present(model) : { face: "welcome", values: {} };
}

/** The balance before payment is shown where the shop wants it. */
function present({ card, due, ...model }) {
  const { hello, wording } = model;
  const seen = card && hello.customer_sees_balance !== false ? card : null;
  const values = {
    holder: card ? holder(card, model) : "",
    card: card ? spaced(card.card) : "",
    due: due ? money(due.amount, model) : "",
    due_title: due ? wording.text(`customer.due.${due.kind}`) : "",
    balance: seen ? money(seen.total ?? seen.spendable, model) : "",
    points: seen && seen.points ? count(seen.points) : "",
  };
  return { face: "card", values };
}

/** As much of a name as the till knows, which is masked; otherwise what kind of card it is. */
function holder({ name, tier, kind }, { wording }) {
  const called = wording.has(`page.kind.${kind}`) ? wording.text(`page.kind.${kind}`) : kind;
  return name ? [name, tier].filter(Boolean).join(" · ") : called;
}

function done(answer, model) {
  const { kind, amount, bonus, balance, card } = answer;
  const { wording } = model;
  const shown = model.card?.card === card ? model.card : null;
  const what = isTakenBack(answer) ? "taken_back" : kind;
  const extra = kind === "load" && bonus ? [[wording.text("customer.bonus"), "", money(bonus, model)]] : [];
  const values = {
    title: card ? (shown ? holder(shown, model) : spaced(card)) : wording.text(`customer.goods.${what}`),
    sum_title: wording.text(`customer.done.${what}`),
    words: kind === "promise" ? wording.text("customer.promise.words") : "",
    sum: money(amount, model),
    parts: [...partRows(answer.paid ?? [], model, isUndo(answer)), ...extra, ...pointRows(answer, model), ...promotionRows(answer, model)],
    balance_after: balance ? money(balance.principal + balance.bonus, model) : "",
    points_after: balance?.points ? count(balance.points) : "",
  };
  return { face: "done", values };
}
