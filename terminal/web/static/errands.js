/** What the sale and the slips ask of the till. Each errand ends in one input for the sale, or in none. */
import { get, isAnswer, post, remove, SILENT } from "./api.js";

const UNKNOWN_OPERATION = 404;
/** After these something may have been decided under this id, and only the till knows what: it is asked. */
const MAY_BE_DONE = new Set(["operation_conflict", "internal"]);
/** HQ was asked for the till, and has not answered yet: the till asks on, and the page asks the till. */
const AT_HQ = "outcome_unknown";
const path = (...parts) => "/v1/" + parts.map(encodeURIComponent).join("/");
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const ERRANDS = { look_up: lookUp, search, open_member: openMember, release, refresh, send, ask, movements, answer_slip: answerSlip, copy_slip: copySlip };

/** Run an errand of sale.js or slips.js; answers an input for the sale, or null. */
export const run = (errand) => ERRANDS[errand.name](errand);

function lookUp({ number }) {
  return open({ number });
}

function openMember({ candidate }) {
  return open({ candidate });
}

async function open(asked) {
  const answer = await post(path("presentations"), asked);
  return isAnswer(answer) ? { name: "opened", card: answer.body } : { name: "not_opened", note: complaint(answer) };
}

async function search({ phone }) {
  const answer = await post(path("searches"), { phone });
  return isAnswer(answer) ? { name: "found", ...answer.body } : { name: "not_opened", note: complaint(answer) };
}

async function release({ presentation }) {
  await remove(path("presentations", presentation));
  return null;
}

async function refresh({ presentation, after_ms }) {
  await pause(after_ms);
  const answer = await get(path("presentations", presentation));
  if (isAnswer(answer)) return { name: "refreshed", presentation, card: answer.body };
  return answer === SILENT ? null : { name: "card_gone", presentation };
}

async function movements({ presentation }) {
  const answer = await get(path("presentations", presentation, "movements"));
  if (isAnswer(answer)) return { name: "moved", presentation, history: answer.body };
  return { name: "not_moved", presentation, note: complaint(answer) };
}

/** What each kind of operation asks, and where. */
const ASKED = {
  sale: ({ presentation, amount, paid, floor_limit }) =>
    paid ? ["sales", { presentation, items: [{ article: "", amount }], paid, floor_limit }] : ["charges", { presentation, amount, floor_limit }],
  load: ({ presentation, amount, tender }) => ["loads", { presentation, amount, tender }],
  refund: ({ receipt_number, amount }) => ["refunds", { receipt_number, amount }],
  promise: ({ receipt_number, amount }) => ["refunds", { receipt_number, amount, promise: true }],
  void: ({ receipt_number }) => ["voids", { receipt_number }],
};

async function send({ operation }) {
  const { operation_id, kind } = operation;
  const [route, asked] = ASKED[kind](operation);
  const answer = await post(path(route), { operation_id, ...asked });
  if (isAnswer(answer)) return { name: "answered", operation_id, answer: answer.body };
  const { code } = answer.body ?? {};
  if (!code || MAY_BE_DONE.has(code)) return { name: "silent", operation_id };
  if (code === AT_HQ) return { name: "silent", operation_id, atHq: true };
  return { name: "problem", operation_id, problem: answer.body };
}

async function ask({ operation_id, after_ms }) {
  await pause(after_ms);
  const answer = await get(path("operations", operation_id));
  if (isAnswer(answer)) return { name: "answered", operation_id, answer: answer.body };
  if (answer.status === UNKNOWN_OPERATION) return { name: "absent", operation_id };
  return { name: "silent", operation_id, atHq: answer.body?.code === AT_HQ };
}

async function answerSlip({ receipt_number, came_out }) {
  return complain(await post(path("slips", receipt_number, "answers"), { came_out }));
}

async function copySlip({ receipt_number }) {
  return complain(await post(path("slips", receipt_number, "copies"), {}));
}

const complain = (answer) => (isAnswer(answer) ? null : { name: "notice", note: complaint(answer) });

function complaint({ body }) {
  const texts = body?.cashier_message;
  return texts ? { tone: "bad", texts } : { tone: "bad", key: "page.note.no_answer" };
}
