/** The number pad on the screen, which mirrors the one under the hand: which keys do something now, and what. */
import { isPhone } from "./phones.js";
import { canPrint, canSettle, current, find } from "./slips.js";

const ALL = "0123456789";
const PADS = {
  empty: { digits: ALL },
  number: { digits: ALL, erase: true, back: "page.do.clear", enter: "page.do.open" },
  choosing: { back: "page.do.back" },
  blocked: { back: "page.do.leave", enter: "page.do.leave" },
  opening: { back: "page.do.back" },
  amount: { digits: ALL, erase: true, plus: true, back: "page.do.leave", enter: "page.do.pay" },
  load: { digits: ALL, erase: true, plus: true, back: "page.do.back", enter: "page.do.load" },
  tender: { digits: "123", erase: true, back: "page.do.back" },
  notdone: { back: "page.do.back", enter: "page.do.again" },
  problem: { back: "page.do.back", enter: "page.do.back" },
  done: { back: "page.do.finish", enter: "page.do.same_card" },
  declined: { back: "page.do.finish", enter: "page.do.same_card" },
  slip: { back: "page.do.close", enter: "page.do.close" },
};
const ASLEEP = {}; // while an operation is under way, and while the till is gone

/** `{values, awake}`: the labels of the keys that change, and the set of keys that do something. */
export function pad(model, face) {
  const { digits = "", erase, plus, back, enter } = keysOf(model, face);
  const { slips, hello, wording } = model;
  const named = {
    erase, plus, back, enter,
    point: ["amount", "load"].includes(variant(model, face)) && hello.currency.shown_digits > 0,
    star: face !== "gone" && current(slips) !== null,
  };
  const awake = new Set([...digits, ...Object.keys(named).filter((name) => named[name])]);
  return { values: { do_back: back ? wording.text(back) : "", do_enter: enter ? wording.text(enter) : "" }, awake };
}

/** Some faces have two sets of labels. */
function variant({ sale }, face) {
  if (face === "amount" && sale.kind === "load") return "load";
  if (face === "notdone" && sale.problem && !sale.problem.retryable) return "problem";
  return face;
}

function keysOf(model, face) {
  const keys = PADS[variant(model, face)] ?? ASLEEP;
  if (face === "slip") return { ...keys, digits: slipDigits(model.slips) };
  if (face === "choosing") return { ...keys, digits: ALL.slice(1, model.sale.found.length + 1) };
  if (face === "number" && isPhone(model.sale.number)) return { ...keys, enter: "page.do.search" };
  if (face === "amount" && model.sale.typed) return { ...keys, back: "page.do.clear" };
  if ((face === "done" || face === "declined") && model.sale.waiting) return { ...keys, enter: "page.do.next_card" };
  return keys;
}

function slipDigits(slips) {
  const slip = find(slips, slips.shown);
  return (canSettle(slip) ? "1" : "") + (canPrint(slip) ? "2" : "");
}
