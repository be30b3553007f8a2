/** What a refund gives back to which part, said before it is sent: checkout/sharing.py and undo.py count the same way. */
import { isOfTheCard } from "./parts.js";

const isRisk = ({ tender }) => tender === "store_risk";

/**
 * `units` of the parts that are left, [{tender, units, points}]; parts of nothing are left out. What is at the store's own
 * risk goes before all others. Null when no coins fit.
 */
export function givenBack(units, parts, { charge_step }) {
  const risk = least(BigInt(units), sum(parts.filter(isRisk).map((part) => BigInt(part.units))));
  const left = parts.map((part) => ({ units: isRisk(part) ? 0n : BigInt(part.units), step: isOfTheCard(part.tender) ? 1n : BigInt(charge_step) }));
  const shares = shareOut(BigInt(units) - risk, left);
  return shares && parts.map((part, index) => share(part, isRisk(part) ? risk : shares[index])).filter((part) => part.units > 0);
}

/** Points go with their part: all of them when it is undone whole. */
function share(part, units) {
  const points = part.units ? (BigInt(part.points) * units) / BigInt(part.units) : 0n;
  return { tender: part.tender, units: Number(units), points: Number(points) };
}

const sum = (shares) => shares.reduce((all, one) => all + one, 0n);
const least = (one, other) => (one < other ? one : other);

function shareOut(units, left) {
  const whole = sum(left.map((part) => part.units));
  if (units === 0n || units === whole) return left.map((part) => (units ? part.units : 0n));
  const shares = left.map((part) => (part.units * units) / whole / part.step * part.step);
  const finestFirst = left.map((_, index) => index).sort((a, b) => Number(left[a].step - left[b].step) || a - b);
  for (const index of finestFirst) {
    const { step } = left[index];
    const missing = units - sum(shares);
    if (missing > 0n) shares[index] += least((missing + step - 1n) / step, (left[index].units - shares[index]) / step) * step;
  }
  return without(sum(shares) - units, shares, left);
}

function without(surplus, shares, left) {
  left.forEach((part, index) => {
    if (part.step !== 1n) return;
    const less = least(surplus, shares[index]);
    shares[index] -= less;
    surplus -= less;
  });
  return surplus === 0n ? shares : null;
}
