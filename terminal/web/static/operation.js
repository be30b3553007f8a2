/** Moves of an operation that is under way: sent, asked for, answered, not done, and what comes after its answer. */
import { cardAfter } from "./balances.js";
import { look } from "./counter.js";
import { backToCard, become, keep, leave, startOver, stateOf } from "./moves.js";

/** A second press of Enter must not take a result away that nobody has read. */
const RESULT_STAYS_MS = 1000;
/** After so many questions without an answer the page stops hoping and says that it does not know. */
const ASKED_BEFORE_UNKNOWN = 2;
const ASK_AGAIN_MS = 2000;
const UNDOES = ["refund", "void"];
/** The till says that nothing was booked, and that what it has asked HQ for is called off: that id serves no more. */
const CALLED_OFF = ["hq_not_reached"];

export function send(sale, content) {
  const { operation_id } = sale.operation;
  const operation = { operation_id, ...content, sent: true };
  return become("sending", { operation, asked: 0, asksHq: false }, { name: "send", operation });
}

/** `atHq`: the till has answered, and it is HQ for whose word it waits. */
export function ask(sale, { atHq = false } = {}) {
  const errand = { name: "ask", operation_id: sale.operation.operation_id, after_ms: sale.asked && ASK_AGAIN_MS };
  return become(sale.asked < ASKED_BEFORE_UNKNOWN ? "asking" : "unknown", { asked: sale.asked + 1, asksHq: atHq }, errand);
}

/** An undo's card need not be the one that lies there, of which the till is asked again. */
export function showAnswer(sale, { answer, now }) {
  const isUndo = UNDOES.includes(answer.kind);
  const card = sale.card && answer.balance && !isUndo ? cardAfter(sale.card, answer) : sale.card;
  const refused = answer.floor_limit || answer.can_promise ? sale.operation : null;
  const undo = answer.can_promise ? sale.undo : null;
  const changes = { answer, card, refused, undo, operation: null, problem: null, split: null, typed: "", shownMs: now, told: answer.operation_id };
  return become(answer.outcome, changes, ...(isUndo && card ? [look(card, 0)] : []));
}

export const showNotDone = (_sale, { problem = null }) => become("notdone", { problem });

/** The same operation under the same id: were it done after all, the till gives its stored answer. */
export function sendAgain(sale, input) {
  if (sale.problem && !sale.problem.retryable) return backToContent(sale, input);
  return become("sending", { asked: 0, problem: null, asksHq: false }, { name: "send", operation: sale.operation });
}

/** To where it was keyed, under the same id, unless that was called off. */
export function backToContent({ problem, ...kept }, { id }) {
  const operation = CALLED_OFF.includes(problem?.code) ? { operation_id: id } : kept.operation;
  const changes = { problem: null, operation };
  if (kept.undo) return become(kept.operation.kind === "void" ? "void" : "refund", changes);
  return kept.split && kept.card ? become("whole", changes) : backToCard(kept, changes);
}

// After the answer

export const resultIsRead = (sale, { now }) => now - sale.shownMs >= RESULT_STAYS_MS;

/** Whether what is missing may be let go at the store's own risk, for the card that still lies there. */
export const canLetGo = ({ answer, card, refused, waiting }) =>
  Boolean(answer?.floor_limit) && refused !== null && card?.presentation === refused.presentation && waiting === null && !card.blocked;

/** Whether the goods may be taken back now, and the refund follows. No card needs to lie there, and none is in the way. */
export const canPromise = ({ answer, refused }) => answer?.can_promise === true && refused !== null;

/** The cashier has read how much, and agrees to what is offered: the same anew, under an id of its own. */
export function agree(sale, input) {
  const content = agreed(sale);
  if (!content || !resultIsRead(sale, input)) return keep(sale);
  return send({ ...sale, operation: { operation_id: input.id } }, content);
}

function agreed(sale) {
  const { operation_id, ...refused } = sale.refused ?? {};
  if (canPromise(sale)) return { ...refused, kind: "promise" };
  return canLetGo(sale) ? { ...refused, floor_limit: sale.answer.floor_limit } : null;
}

export function goOn(sale) {
  const card = sale.waiting ?? sale.card;
  if (!card) return leave(sale);
  return become(stateOf(card), startOver(sale, { card }), look(card, 0));
}

/**
 * A POS's own operation: an idle cashier sees its result, a busy one is not interrupted. That something was called off is
 * no news to whom it was no more than a wish.
 */
export function announce(sale, input) {
  if (sale.typed || input.answer.decline === "cancelled") return keep(sale);
  const { changes } = showAnswer(sale, input);
  return { changes: { ...changes, card: sale.card, operation: sale.operation, refused: null } };
}
