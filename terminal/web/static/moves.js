/** What a move of the sale is made of: what it changes, and what the till is to be asked. */
export const START = Object.freeze({
  state: "empty",
  number: "",
  typed: "",
  kind: "sale",
  found: [], // the members on a phone number, to choose from
  foundHere: false, // HQ did not answer: only this till was searched
  card: null, // the presentation before the cashier
  waiting: null, // one that was swiped while an operation was under way
  history: null, // the last movements of the card
  split: null, // a payment in parts: split.js
  undo: null, // the slip that is to be refunded or voided: undo.js
  operation: null, // {operation_id}; once sent, kind, amount, sent and what the till is asked with as well
  answer: null,
  refused: null, // the operation that was declined, if the cashier may agree to something else
  problem: null,
  note: null, // {tone, key} or {tone, texts}: one sentence, gone with the next input
  asksHq: false, // the till waits for value from HQ
  asked: 0,
  shownMs: 0,
  told: null, // the operation whose answer was shown last
});

export const become = (state, changes = {}, ...errands) => ({ changes: { ...changes, state }, errands });
export const keep = (sale, changes = {}) => ({ changes: { note: sale.note, ...changes } });
export const say = (tone, key) => ({ changes: { note: { tone, key } } });
export const warn = (key) => () => say("warn", key);
export const startOver = (sale, changes = {}) => ({ ...START, told: sale.told, ...changes });

/** The face of a card that lies there. */
export const stateOf = (card) => (card.blocked ? "blocked" : "amount");

/** Whether value may have moved and the page does not know it. */
export const isUnderWay = (sale) => ["sending", "asking", "unknown"].includes(sale.state);

/** The customer leaves. */
export function leave(sale) {
  const errands = sale.card ? [{ name: "release", presentation: sale.card.presentation }] : [];
  return become("empty", startOver(sale), ...errands);
}

/** Back to the card as it lies there; without one, to the start. */
export const backToCard = (sale, changes = {}) => (sale.card ? become(stateOf(sale.card), { problem: null, ...changes }) : leave(sale));
