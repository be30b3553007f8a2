/** What an operation has left on the card, where the till's place at HQ did it: that place knows only what lies there. */

export const HQ = "hq";
const AT_HQ = "@hq";

/** Whether value at this place lies at HQ: its own, or what HQ keeps for a till. */
export const liesAtHq = (place) => place === HQ || place.endsWith(AT_HQ);

/** The till by whose name a place is known in the shop. */
export const tillOf = (place) => place.replace(AT_HQ, "");

/** What lies at HQ of this card, as HQ last said. */
export const atHq = (card) => sumOf(card.shares.filter(({ place }) => liesAtHq(place)));

/**
 * The answer as it is, when the till itself did it. Otherwise with the balance that the card before the cashier comes to:
 * what lies at the till and at HQ, as last said, and what has moved since; null when nobody has said that.
 */
export function withBalance(answer, card) {
  const place = placeOf(answer);
  if (!liesAtHq(place)) return answer;
  const isKnown = card?.card === answer.card && card.shares.length > 0;
  return { ...answer, balance: isKnown ? left(card.shares.filter(isWithin(place)), answer) : null };
}

/** The card once this has moved, until the till says it anew. `answer` is one with a balance. */
export function cardAfter(card, answer) {
  const { balance } = answer;
  const [place, moved] = [placeOf(answer), rise(answer, "principal") + rise(answer, "bonus")];
  const total = card.total === null ? null : card.total + moved;
  const changed = { ...card, ...balance, spendable: balance.principal + balance.bonus, total };
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

function left(shares, answer) {
  const { principal, bonus, points } = sumOf(shares);
  const after = {
    principal: principal + rise(answer, "principal"),
    bonus: bonus + rise(answer, "bonus"),
    points: points + answer.points_in - answer.points_out,
  };
  return Object.values(after).some((units) => units < 0) ? null : after; // more has moved than had been said
}

/** By how much this purse rose or, below zero, fell: a void gives a sale back and takes a load (checkout/slip_facts.py). */
function rise(answer, purse) {
  const undoes = ["refund", "void"].includes(answer.kind);
  const rises = undoes ? answer.paid.some(({ tender }) => tender === "stored_value") : answer.kind === "load";
  return rises ? answer[purse] : -answer[purse];
}

function sumOf(shares) {
  const sum = (purse) => shares.reduce((all, one) => all + one[purse], 0);
  return { principal: sum("principal"), bonus: sum("bonus"), points: sum("points") };
}
