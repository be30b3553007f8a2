/** What an operation has left on the card, and where, when the till's place at HQ has done it. */

export const HQ = "hq";
const AT_HQ = "@hq";

/** Whether value at this place lies at HQ: its own, or what HQ keeps for a till. */
export const liesAtHq = (place) => place === HQ || place.endsWith(AT_HQ);

/** The till by whose name a place is known in the shop. */
export const tillOf = (place) => place.replace(AT_HQ, "");

/** What lies at HQ of this card, as HQ last said. */
export const atHq = (card) => sumOf(card.shares.filter(({ place }) => liesAtHq(place)));

/**
 * The card once this has moved, until the till says it anew. `answer` is one with a balance; that it may have been told
 * of the card before is no matter.
 */
export function cardAfter(card, answer) {
  const { balance } = answer;
  const spendable = balance.principal + balance.bonus;
  const total = card.total === null ? null : card.total - card.spendable + spendable;
  const changed = { ...card, ...balance, spendable, total };
  const place = placeOf(answer);
  return liesAtHq(place) ? { ...changed, shares: sharesAfter(card.shares, place, balance) } : changed;
}

/** The place whose keeper has recorded it. */
const placeOf = ({ record }) => record.split("/")[0];

/** Where that place's keeper and the till in the shop may spend. */
const isWithin = (place) => (one) => [HQ, place, tillOf(place)].includes(one.place);

/** All that is not at the till has gone home. */
function sharesAfter(shares, place, balance) {
  const here = shares.filter((one) => one.place === tillOf(place));
  const there = sumOf(here);
  const home = { place: HQ, principal: balance.principal - there.principal, bonus: balance.bonus - there.bonus, points: balance.points - there.points };
  return [...here, home, ...shares.filter((one) => !isWithin(place)(one))];
}

function sumOf(shares) {
  const sum = (purse) => shares.reduce((all, one) => all + one[purse], 0);
  return { principal: sum("principal"), bonus: sum("bonus"), points: sum("points") };
}
