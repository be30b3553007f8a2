/**
 * One sale before the cashier, as a table: state × input -> what becomes of it. Pure: ids and times come in with the
 * inputs, what the till is to be asked goes out as errands (see errands.js), and whoever steps the sale keeps
 * `sale.operation` safe before he runs them. The moves are in counter.js, amount.js, split.js, undo.js, operation.js.
 *
 *   empty ─digit▶ number ─enter▶ opening ─opened▶ amount ─enter▶ sending ─answered▶ done | declined
 *     │               found several ▼ ▲ digit     ▲ │ │              │ silent
 *     │                            choosing       │ │ └─split▶ split, rest, whole ─enter▶ sending
 *     └──────────── presented (a swipe) ──────────┘ │                ▼
 *                                          plus,enter │   unknown ◀─ asking ─answered▶ done | declined
 *        refund, void ─enter▶ sending         tender ◀┘              └─absent▶ notdone ─enter▶ sending (the same id)
 *         ▲ undo (a slip)                       └─digit▶ sending ◀─plus─ declined (at the store's own risk; a promise)
 *
 * `promised` is a `done` whose money follows by itself.
 */
import { backToAmount, chooseTender, eraseAmount, goBack, load, pay, rubOut, typeAmount } from "./amount.js";
import {
  choose, closeHistory, eraseNumber, forgetCard, keepWaiting, keyAgain, lookUp, loseCard, meet, openCard, presentCard, refresh, refuseCard,
  renew, takeHistory, typeNumber,
} from "./counter.js";
import { START, isUnderWay, keep, leave, startOver, warn } from "./moves.js";
import { agree, announce, ask, backToContent, goOn, resultIsRead, sendAgain, showAnswer, showNotDone } from "./operation.js";
import { choosePart, couldSplit, openSplit, partBack, payParts, splitDeclined, takePart } from "./split.js";
import { leaveUndo, openUndo, sendRefund, sendVoid } from "./undo.js";

export { START, isUnderWay };

/** Step the sale. `input.name` is a key or what the till said; `input.now` is in ms, `input.id` a fresh operation id. */
export function receive(sale, input, hello) {
  if (input.name === "notice") return { sale: { ...sale, note: input.note }, errands: [] };
  const move = TABLE[sale.state][input.name];
  if (!move || concernsAnother(sale, input)) return { sale, errands: [] };
  const { changes = {}, errands = [] } = move(sale, input, hello);
  return { sale: { ...sale, note: null, ...changes }, errands };
}

const UNKEPT = ["number", "opening", "choosing"];

/** What of a sale outlives a reload: all but a number that was being keyed, which no file may hold, and whom it found. */
export function keepable(sale) {
  if (UNKEPT.includes(sale.state)) return startOver(sale);
  return { ...sale, note: null, ...(sale.state === "history" ? { state: "amount", history: null } : {}) };
}

/** Take a kept sale up again. One that was under way when the page went is asked about: nobody knows. */
export function revive(kept) {
  const sale = { ...START, ...kept };
  if (!isUnderWay(sale)) return { sale, errands: [] };
  const { changes, errands } = ask({ ...sale, asked: 0 });
  return { sale: { ...sale, ...changes }, errands };
}

/** What is said of an operation or a card that is not this sale's changes nothing here. */
function concernsAnother(sale, { name, operation_id, presentation }) {
  if (["answered", "absent", "problem", "silent", "asks_hq"].includes(name)) return operation_id !== sale.operation?.operation_id;
  if (["card_gone", "refreshed", "moved", "not_moved"].includes(name)) return presentation !== sale.card?.presentation;
  return name === "announced" && operation_id === sale.told;
}

function afterAnswer(sale, input, hello) {
  if (!resultIsRead(sale, input)) return keep(sale);
  return couldSplit(sale) ? splitDeclined(sale, input, hello) : goOn(sale);
}

/** A key that the history does not need is the amount's. */
function typeOverHistory(sale, input, hello) {
  const { changes } = closeHistory(sale, {});
  return { changes: { ...changes, ...typeAmount({ ...sale, ...changes }, input, hello).changes } };
}

const CARD_COMES = { presented: presentCard, card_refused: refuseCard };
const CARD_LIES = { ...CARD_COMES, card_gone: loseCard, refreshed: renew };
const NO_CARD = warn("page.note.no_card");
const BUSY = warn("page.note.under_way");
const FINISH_FIRST = warn("page.note.finish_first");
const NO_TENDER = warn("page.note.choose_tender");
const NO_PART = warn("page.note.choose_part");
const NO_MEMBER = warn("page.note.choose_member");
const ASKS_HQ = (sale) => keep(sale, { asksHq: true });
const UNDER_WAY = {
  presented: keepWaiting, answered: showAnswer, problem: showNotDone, silent: ask, undo: FINISH_FIRST,
  enter: BUSY, back: BUSY, digit: BUSY, plus: BUSY, erase: BUSY, point: BUSY, split: BUSY,
};
const RESULT = {
  ...CARD_COMES, enter: afterAnswer, back: leave, card_gone: forgetCard, refreshed: refresh, announced: announce, undo: openUndo,
  digit: warn("page.note.result_stays"),
};
const UNDOING = { ...CARD_COMES, card_gone: forgetCard, refreshed: refresh, back: leaveUndo, undo: openUndo };

const TABLE = {
  empty: { ...CARD_COMES, digit: typeNumber, enter: NO_CARD, plus: NO_CARD, announced: announce, undo: openUndo },
  number: { ...CARD_COMES, digit: typeNumber, erase: eraseNumber, enter: lookUp, back: leave, undo: openUndo },
  opening: { ...CARD_COMES, opened: openCard, found: meet, not_opened: keyAgain, back: leave },
  choosing: { ...CARD_COMES, digit: choose, enter: NO_MEMBER, back: leave, undo: openUndo },
  blocked: { ...CARD_LIES, enter: leave, back: leave, undo: openUndo },
  amount: {
    ...CARD_LIES, announced: announce, undo: openUndo,
    digit: typeAmount, point: typeAmount, erase: eraseAmount, enter: pay, plus: load, split: openSplit, back: goBack,
  },
  history: {
    ...CARD_LIES, announced: announce, moved: takeHistory, not_moved: closeHistory, undo: openUndo,
    digit: typeOverHistory, enter: closeHistory, back: closeHistory, erase: closeHistory,
  },
  tender: { ...CARD_LIES, digit: chooseTender, enter: NO_TENDER, back: backToAmount, erase: backToAmount, undo: FINISH_FIRST },
  split: { ...CARD_LIES, digit: typeAmount, point: typeAmount, erase: rubOut, enter: takePart, back: partBack, undo: FINISH_FIRST },
  rest: { ...CARD_LIES, digit: choosePart, enter: NO_PART, back: partBack, erase: partBack, undo: FINISH_FIRST },
  whole: { ...CARD_LIES, enter: payParts, back: partBack, erase: partBack, undo: FINISH_FIRST },
  refund: { ...UNDOING, digit: typeAmount, point: typeAmount, erase: rubOut, enter: sendRefund },
  void: { ...UNDOING, enter: sendVoid, erase: leaveUndo },
  sending: { ...UNDER_WAY, asks_hq: ASKS_HQ },
  asking: { ...UNDER_WAY, absent: showNotDone },
  unknown: { ...UNDER_WAY, absent: showNotDone },
  notdone: { ...CARD_COMES, answered: showAnswer, enter: sendAgain, back: backToContent, card_gone: forgetCard, undo: FINISH_FIRST },
  done: RESULT,
  promised: RESULT,
  declined: { ...RESULT, plus: agree },
};
