/** Members on one phone number: which digit stands for whom. */
import { spaced } from "./sums.js";

/** `choice_1`, `choice_1_card` and so on; a digit without a member has no values. */
export function choices({ sale }) {
  const values = {};
  sale.found.forEach(({ name, tier, card }, index) => {
    values[`choice_${index + 1}`] = name || spaced(card);
    values[`choice_${index + 1}_card`] = [spaced(card), tier].filter(Boolean).join(" · ");
  });
  return { values, tones: {} };
}
