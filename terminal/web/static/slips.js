/** The slips that this page has heard of, and the one whose text is on the screen. Pure, like sale.js. */

/** The oldest are forgotten by the page, not by the till. */
const SLIPS_MAX = 100;

export const NO_SLIPS = Object.freeze({ known: [], shown: null });

/** Take in what the till said of a slip: {receipt_number, state, reasons}. */
export function hear(slips, slip) {
  const others = slips.known.filter((one) => one.receipt_number !== slip.receipt_number);
  const known = [...others, slip].sort((a, b) => (a.receipt_number < b.receipt_number ? -1 : 1)).slice(-SLIPS_MAX);
  return { ...slips, known };
}

/** The oldest slip of which nobody knows whether it came out. One question at a time. */
export const question = (slips) => slips.known.find((slip) => slip.state === "unknown") ?? null;

/** The slip that the strip speaks of: the one in question, otherwise the latest. */
export const current = (slips) => question(slips) ?? slips.known.at(-1) ?? null;

export const find = (slips, receipt_number) => slips.known.find((slip) => slip.receipt_number === receipt_number) ?? null;

/** Show the current slip, or put it away. */
export function toggle(slips) {
  return { ...slips, shown: slips.shown ? null : (current(slips)?.receipt_number ?? null) };
}

export const putAway = (slips) => ({ ...slips, shown: null });

/** What a key does while a slip is shown: {slips, errands}. 1 it came out, 2 print again, the others put it away. */
export function press(slips, input) {
  if (input.name !== "digit") return { slips: putAway(slips), errands: [] };
  const slip = find(slips, slips.shown);
  const errand = input.digit === "1" ? cameOut(slip) : input.digit === "2" ? printAgain(slip) : null;
  return errand ? { slips: putAway(slips), errands: [errand] } : { slips, errands: [] };
}

export const canSettle = (slip) => slip?.state === "unknown";
export const canPrint = (slip) => slip !== null && slip.state !== "started";

function cameOut(slip) {
  return canSettle(slip) ? { name: "answer_slip", receipt_number: slip.receipt_number, came_out: true } : null;
}

/** Whoever says that a slip did not come out gets a copy of it; so does whoever asks for another one. */
function printAgain(slip) {
  const { receipt_number } = slip;
  if (canSettle(slip)) return { name: "answer_slip", receipt_number, came_out: false };
  return canPrint(slip) ? { name: "copy_slip", receipt_number } : null;
}
