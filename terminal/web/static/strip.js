/** The strip at the foot, which says how the last slip fares, and the slip itself when it is asked for. */
import { current, question, receiptOf } from "./slips.js";
import { halves, money } from "./sums.js";

const TONES = { created: "work", started: "work", printed: "good", settled: "good", unknown: "unsure" };

export function strip({ slips, slipText, last, ...model }) {
  const { wording, status } = model;
  const shown = slipText?.receipt_number === slips.shown ? slipText : null;
  const values = {
    slip_number: slips.number === null ? "" : receiptOf(model.hello, slips.number, slips.other),
    slip_hint: model.wording.text(model.hello.other_prefix ? "page.slip_number.hint_two" : "page.slip_number.hint"),
    slip_text: shown ? wording.choose(shown.text) : "",
    slip_left: shown ? leftOf(shown, model) : "",
    strip_number: "",
    strip_sale: "",
  };
  const slip = current(slips);
  if (!slip) return { values: { ...values, strip_words: wording.text("page.slip.none") }, tones: { strip: "plain" } };
  const { receipt_number, state } = slip;
  const reasons = [...new Set([...slip.reasons, ...hindrances(slip, status)])];
  const waits = state === "created" && reasons.length > 0;
  Object.assign(values, {
    strip_number: receipt_number,
    strip_sale: last?.receipt_number === receipt_number ? sum(last, model) : "",
    strip_words: [wording.text(`page.slip.${state}`), ...reasons.map((reason) => wording.first(`printer.${reason}`, reason))].join(" "),
  });
  return { values, tones: { strip: waits ? "warn" : (TONES[state] ?? "unsure") } };
}

/** What can still be undone of a slip that something was undone of; nothing where nothing ever could. */
function leftOf({ kind, refundable }, model) {
  if (!refundable || refundable.left === refundable.total) return "";
  if (kind === "promise") return model.wording.text("page.slip.promise_settled");
  return model.wording.text(refundable.left ? "page.slip.left" : "page.slip.nothing_left", { amount: money(refundable.left, model) });
}

/** What the slip is about, with the code that a POS may still want; a load has none. */
const sum = (answer, model) => [money(answer.amount, model), halves(answer.approval_code ?? "")].filter(Boolean).join(" · ");

/** A slip that waits has no reasons of its own: it waits for whatever ails the printer. */
function hindrances({ state }, { devices }) {
  const printer = devices.find((one) => one.class === "POSPrinter");
  return state === "created" && printer && printer.state !== "ready" ? printer.reasons : [];
}

export const asks = ({ slips }) => question(slips) !== null;
