/** What the customer is to pay or to load, told to the second screen (customer.js): it hears this, and the till. */

export const CHANNEL = "counterfoil-customer";

const PARTS = ["split", "rest", "whole"];

/** `{kind, amount}` in units; null while there is nothing to pay. `parse` reads what is keyed. */
export function due({ state, kind, typed, card, split, operation }, parse) {
  if (["sending", "asking", "unknown", "notdone"].includes(state)) return of(operation);
  if (!card) return null;
  if (PARTS.includes(state)) return { kind: "sale", amount: split.price };
  const amount = ["amount", "tender"].includes(state) ? parse(typed || "0") : 0;
  return amount ? { kind: state === "tender" ? "load" : kind, amount } : null;
}

const of = ({ kind, amount }) => (["sale", "load"].includes(kind) ? { kind, amount } : null);
