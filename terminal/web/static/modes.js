/** The way in which the store is run, as the page minds it; nothing else here knows a mode's name. */
import { atHq } from "./balances.js";

/** Whether HQ keeps this till's place and does what is asked here, as long as it is reached. */
export const isHosted = ({ mode }) => mode === "hosted";

/** Whether the card's money and points lie at HQ, which cannot be asked for them now. */
export function isOutOfReach(card, status) {
  const { principal, bonus } = atHq(card);
  return isHosted(status) && (status.hq.state !== "answered" || principal + bonus > card.spendable);
}
