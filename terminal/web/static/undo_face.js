/** A refund or a void before it is sent: of which slip, how much, and what goes back to which part. */
import { echo, parse } from "./money.js";
import { partRows } from "./result.js";
import { givenBack } from "./sharing.js";
import { bare, money } from "./sums.js";

/** Of a sale that another till has the right to undo. */
const NOT_KNOWN = { total: 0, left: 0, paid: [] };

export function undoFace({ sale, ...model }) {
  const { undo, state, typed } = sale;
  if (!["refund", "void"].includes(state)) return { values: {}, tones: {} };
  const { wording, hello } = model;
  const { total, left, paid } = undo.refundable ?? NOT_KNOWN;
  const units = state === "refund" && typed ? parse(typed, hello.currency) : left;
  const fits = units !== null && units <= left;
  const back = fits ? givenBack(units, paid, hello.currency) : [];
  const values = {
    undo_title: wording.text(isPromise(undo) ? "page.void.promise_title" : `page.${state}.title`),
    undo_slip: undo.receipt_number,
    undo_total: undo.refundable && !isPromise(undo) ? money(total, model) : "",
    undo_left: undo.refundable && state === "refund" ? money(left, model) : "",
    undo_amount: typed || !undo.refundable ? echo(typed) : bare(left, model),
    undo_words: undo.refundable ? words(sale, fits, model) : wording.text("page.refund.not_known"),
    undo_parts: partRows(back ?? [], model, true),
  };
  return { values, tones: { undo: typed ? "load" : "none", undo_words: fits || !undo.refundable ? "plain" : "warn" } };
}

/** No money has moved for it, and none goes back. */
const isPromise = ({ kind }) => kind === "promise";

function words({ state, undo }, fits, { wording }) {
  if (state === "void") return wording.text(isPromise(undo) ? "page.void.promise_question" : "page.void.question");
  return wording.text(fits ? "page.refund.back" : "page.note.more_than_left");
}
