/** The slips that this page has heard of, and the one whose text is on the screen. Pure, like sale.js. */

/** The oldest are forgotten by the page, not by the till. */
const SLIPS_MAX = 100;
const NUMBER_DIGITS = 6; // protocol/receipt_numbers.py
const NUMBER_DIGITS_MAX = 15;
const FOREIGN_PARTS = 3;
const AT_HQ = "@hq";

/**
 * `number`: that of an older slip, while it is keyed; null while none is. `other`: whether it has the till's other prefix.
 * `known` are in the order in which they were made, as far as their numbers tell.
 */
export const NO_SLIPS = Object.freeze({ known: [], shown: null, number: null, other: false });

const prefixOf = ({ receipt_number }) => receipt_number.slice(0, receipt_number.lastIndexOf("-"));

/** Take in what the till said of a slip, {receipt_number, state, reasons}; of `isOld` ones it was asked. */
export function hear({ known, ...slips }, slip, isOld = false) {
  const others = known.filter((one) => one.receipt_number !== slip.receipt_number);
  const at = known.length > others.length ? known.findIndex((one) => one.receipt_number === slip.receipt_number) : placeIn(others, slip, isOld);
  return { ...slips, known: [...others.slice(0, at), slip, ...others.slice(at)].slice(-SLIPS_MAX) };
}

/** Before those that are surely later; of those with another prefix an old one is before all, a new one after all. */
function placeIn(known, slip, isOld) {
  const isLater = (one) => prefixOf(one) === prefixOf(slip) && one.receipt_number > slip.receipt_number;
  const later = known.findIndex(isLater);
  if (later >= 0) return later;
  return isOld ? known.findLastIndex((one) => prefixOf(one) === prefixOf(slip)) + 1 : known.length;
}

/** The oldest slip of which nobody knows whether it came out. One question at a time. */
export const question = (slips) => slips.known.find((slip) => slip.state === "unknown") ?? null;

/** The slip that the strip speaks of: the one in question, otherwise the latest. */
export const current = (slips) => question(slips) ?? slips.known.at(-1) ?? null;

export const find = (slips, receipt_number) => slips.known.find((slip) => slip.receipt_number === receipt_number) ?? null;

/** Whether slips are on the screen: one of them, or the number of one that is being keyed. */
export const isOpen = ({ shown, number }) => shown !== null || number !== null;

/** Show the current slip, or put it away. Without one the number of an older slip is asked for. */
export function toggle(slips) {
  if (isOpen(slips)) return putAway(slips);
  const latest = current(slips)?.receipt_number ?? null;
  return { ...slips, shown: latest, number: latest ? null : "", other: false };
}

export const putAway = (slips) => ({ ...slips, shown: null, number: null });
export const showOne = (slips, receipt_number) => ({ ...slips, shown: receipt_number, number: null });

/**
 * What a key does while slips are on the screen: {slips, errands, undo, wanted}. 1 it came out, 2 print again, 3 refund,
 * 4 void, 5 another slip; the others put it away. `view` is the slip as the till told it, `undo` what is to be done with it,
 * `wanted` the running number of a slip that the till is to be asked for. While that is keyed, + changes its prefix.
 */
export function press(slips, input, view) {
  if (slips.number !== null) return keyNumber(slips, input);
  if (input.name !== "digit") return { slips: putAway(slips), errands: [] };
  if (input.digit === "5") return { slips: { ...slips, shown: null, number: "", other: false }, errands: [] };
  const told = view?.receipt_number === slips.shown ? view : null;
  const undo = { 3: canRefund(told) && "refund", 4: canVoid(told) && "void" }[input.digit];
  if (undo) return { slips: putAway(slips), errands: [], undo };
  const slip = find(slips, slips.shown);
  const errand = input.digit === "1" ? cameOut(slip) : input.digit === "2" ? printAgain(slip) : null;
  return errand ? { slips: putAway(slips), errands: [errand] } : { slips, errands: [] };
}

function keyNumber(slips, { name, digit }) {
  const { number } = slips;
  if (name === "digit") return { slips: { ...slips, number: (number + digit).slice(0, NUMBER_DIGITS_MAX) }, errands: [] };
  if (name === "point") return { slips: { ...slips, number: withPoint(number) }, errands: [] };
  if (name === "erase") return { slips: { ...slips, number: number.slice(0, -1) }, errands: [] };
  if (name === "plus") return { slips: { ...slips, other: !slips.other }, errands: [] };
  if (name === "enter" && number) return { slips, errands: [], wanted: number };
  return { slips: putAway(slips), errands: [] };
}

/** Store, till and number of a slip of another till are keyed with points between them. */
const withPoint = (number) => (/\d$/.test(number) && number.split(".").length < FOREIGN_PARTS ? `${number}.` : number);

/** The parts of a slip's name that was keyed whole, `["12", "1", "31"]`; null where it is one of this till. */
function foreignParts(number) {
  const parts = number.split(".");
  return parts.length > 1 ? parts : null;
}

/** Whether it is the whole name of a slip of another till than this one. */
export function isForeign(number, { till }) {
  const parts = foreignParts(number);
  return parts?.length === FOREIGN_PARTS && /\d$/.test(number) && `${parts[0]}-${parts[1]}` !== till;
}

/**
 * `31` at till 07-1 is slip 07-1-000031; while its store is hosted 07-1@hq-000031, and the other one if that is meant.
 * `12.1.31` is slip 12-1-000031 of another till, or 12-1@hq-000031.
 */
export function receiptOf({ receipt_prefix, other_prefix }, number, other) {
  const parts = foreignParts(number);
  if (parts) return foreignReceipt(parts, other ? AT_HQ : "");
  const prefix = (other && other_prefix) || receipt_prefix;
  return `${prefix}-${padded(number)}`;
}

function foreignReceipt([store, till = "", digits], atHq) {
  return digits === undefined ? `${store}-${till}` : `${store}-${till}${atHq}-${padded(digits)}`;
}

const padded = (digits) => digits.replace(/^0+/, "").padStart(NUMBER_DIGITS, "0");

export const canSettle = (slip) => slip?.state === "unknown";
export const canPrint = (slip) => slip !== null && slip.state !== "started";
/** Of a sale whose right another till has now, how much is left is not known here. */
export const canRefund = (view) => view?.kind === "sale" && (view.refundable === null || view.refundable.left > 0);
export const canVoid = (view) => view?.refundable?.voidable === true;

function cameOut(slip) {
  return canSettle(slip) ? { name: "answer_slip", receipt_number: slip.receipt_number, came_out: true } : null;
}

/** Whoever says that a slip did not come out gets a copy of it; so does whoever asks for another one. */
function printAgain(slip) {
  if (slip === null) return null;
  const { receipt_number } = slip;
  if (canSettle(slip)) return { name: "answer_slip", receipt_number, came_out: false };
  return canPrint(slip) ? { name: "copy_slip", receipt_number } : null;
}
