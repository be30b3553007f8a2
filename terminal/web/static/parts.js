/**
 * A payment in parts, counted: {price, paid: [{tender, amount}], tender, typed}. `tender` is the part that is being keyed,
 * `typed` the price as it was keyed; a part of nothing stands in `paid`, too, until it is sent. Pure.
 */

/** In this order the card itself pays; the shop's own tenders come after it, as the cashier chooses. */
const OF_THE_CARD = ["stored_value", "points"];

export const isOfTheCard = (tender) => OF_THE_CARD.includes(tender);

/** What nobody has paid yet, in units. */
export const left = ({ price, paid }) => paid.reduce((rest, { amount }) => rest - amount, price);

/** The parts that pay something, as the till is told. */
export const payment = ({ paid }) => paid.filter(({ amount }) => amount > 0);

export const isPaidWith = ({ paid }, tender) => paid.some((part) => part.tender === tender);

/** The card's next tender; null when the rest is the shop's. Only a card that was swiped may spend. */
export function nextOfTheCard(split, card, redeeming) {
  const has = { stored_value: card.spendable > 0, points: redeeming !== null && card.points > 0 };
  const usable = card.entry === "swiped" ? OF_THE_CARD.filter((tender) => has[tender]) : [];
  return usable.find((tender) => !isPaidWith(split, tender)) ?? null;
}

/** What Enter takes where nothing is keyed: all that lies on the card, in coins that leave a rest in coins; no points. */
export function suggested(split, { spendable }, { charge_step }) {
  const rest = left(split);
  if (split.tender === "points") return 0;
  return split.tender === "stored_value" && spendable < rest ? spendable - (spendable % charge_step) : rest;
}

/** How many points pay for so many units: a part of a point is a whole one. loyalty/earning.py counts the same way. */
export function pointsFor(units, { points, units: per }) {
  return Number((BigInt(units) * BigInt(points) + BigInt(per) - 1n) / BigInt(per));
}
