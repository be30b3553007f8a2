/** The number pad on the screen, which mirrors the one under the hand: which keys do something now, and what. */
import { canLetGo, canPromise } from "./operation.js";
import { isPaidWith } from "./parts.js";
import { isPhone } from "./phones.js";
import { canPrint, canRefund, canSettle, canVoid, find, isForeign } from "./slips.js";
import { TENDERS } from "./amount.js";
import { couldSplit } from "./split.js";

const ALL = "0123456789";
const ERASE = "page.do.erase";
const LOAD = "page.do.load";
const PADS = {
  empty: { digits: ALL },
  number: { digits: ALL, erase: ERASE, back: "page.do.clear", enter: "page.do.open" },
  choosing: { back: "page.do.back" },
  blocked: { back: "page.do.leave", enter: "page.do.leave" },
  opening: { back: "page.do.back" },
  amount: { digits: ALL, point: true, erase: ERASE, plus: LOAD, star: "page.do.split", back: "page.do.clear", enter: "page.do.pay" },
  card: { digits: ALL, point: true, erase: "page.do.history", plus: LOAD, back: "page.do.leave", enter: "page.do.pay" },
  load: { digits: ALL, point: true, erase: ERASE, plus: LOAD, back: "page.do.back", enter: LOAD },
  history: { digits: ALL, erase: "page.do.close", back: "page.do.close", enter: "page.do.close" },
  tender: { digits: "123", erase: ERASE, back: "page.do.back" },
  split: { digits: ALL, point: true, erase: ERASE, back: "page.do.back", enter: "page.do.take_part" },
  rest: { erase: ERASE, back: "page.do.back" },
  whole: { erase: ERASE, back: "page.do.back", enter: "page.do.pay_parts" },
  refund: { digits: ALL, point: true, erase: ERASE, back: "page.do.back", enter: "page.do.refund" },
  void: { back: "page.do.back", enter: "page.do.void" },
  notdone: { back: "page.do.back", enter: "page.do.again" },
  problem: { back: "page.do.back", enter: "page.do.back" },
  done: { back: "page.do.finish" },
  promised: { back: "page.do.finish" },
  declined: { back: "page.do.finish" },
  slip: { back: "page.do.close", enter: "page.do.close" },
  slip_number: { digits: ALL, point: "always", erase: ERASE, back: "page.do.close", enter: "page.do.show" },
};
const RESULTS = ["done", "promised", "declined"];
const ASLEEP = {}; // while an operation is under way, and while the till is gone

/** `{values, awake}`: the labels of the keys that change, and the set of keys that do something. */
export function pad(model, face) {
  const { digits = "", point, erase, plus, star = "page.slip", back, enter } = keysOf(model, face);
  const { hello, wording } = model;
  const named = {
    erase, plus, back, enter,
    point: point === "always" || (point && hello.currency.shown_digits > 0),
    star: face !== "gone",
  };
  const awake = new Set([...digits, ...Object.keys(named).filter((name) => named[name])]);
  const labels = { do_back: back, do_enter: enter, do_star: star, do_erase: erase ?? ERASE, do_plus: plus || LOAD };
  const values = Object.fromEntries(Object.entries(labels).map(([name, key]) => [name, key ? wording.text(key) : ""]));
  return { values, awake };
}

/** Some faces have two sets of labels. */
function variant({ sale }, face) {
  if (face === "amount" && sale.kind === "load") return "load";
  if (face === "amount" && !sale.typed) return "card";
  if (face === "notdone" && sale.problem && !sale.problem.retryable) return "problem";
  return face;
}

function keysOf(model, face) {
  const { sale, slips, slipText, hello } = model;
  const keys = PADS[variant(model, face)] ?? ASLEEP;
  if (face === "slip_number") return slipNumberKeys(keys, hello.other_prefix, isForeign(slips.number, hello));
  if (face === "slip") return { ...keys, digits: slipDigits(slips, slipText) };
  if (face === "choosing") return { ...keys, digits: ALL.slice(1, sale.found.length + 1) };
  if (face === "number" && isPhone(sale.number)) return { ...keys, enter: "page.do.search" };
  if (face === "rest") return { ...keys, digits: freeTenders(sale.split) };
  if (["amount", "split", "refund"].includes(face) && sale.typed) return { ...keys, back: "page.do.clear" };
  return RESULTS.includes(face) ? { ...keys, enter: enterAfter(sale), plus: agreement(sale) } : keys;
}

function enterAfter(sale) {
  if (couldSplit(sale)) return "page.do.split";
  return sale.waiting ? "page.do.next_card" : sale.card ? "page.do.same_card" : "page.do.finish";
}

const agreement = (sale) => (canPromise(sale) ? "page.do.promise" : canLetGo(sale) && "page.do.let_go");

function slipNumberKeys(keys, other, foreign) {
  return { ...keys, plus: (other || foreign) && "page.slip_number.other", enter: foreign ? "page.do.refund" : keys.enter };
}

const freeTenders = (split) => Object.keys(TENDERS).filter((digit) => !isPaidWith(split, TENDERS[digit])).join("");

function slipDigits(slips, view) {
  const slip = find(slips, slips.shown);
  const told = view?.receipt_number === slips.shown ? view : null;
  const can = { 1: canSettle(slip), 2: canPrint(slip), 3: canRefund(told), 4: canVoid(told), 5: true };
  return Object.keys(can).filter((digit) => can[digit]).join("");
}
