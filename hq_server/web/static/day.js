/** The day in three columns: the POS's total, the till's and HQ's; and the sales behind a line. */
import { address, get, isAnswer, post } from "./api.js";
import { h } from "./dom.js";
import { count, parse } from "./money.js";
import { facts, link, long, pager, recordLink, sign, table } from "./parts.js";
import { stands } from "./records.js";

const TONES = { agrees: "good", differs: "bad", open: "plain", not_posted: "work", z_missing: "warn" };
/** An empty name in an address; no cashier has it, as a space is no name. */
const NOBODY = " ";

/** `#/day`, `#/day/DATE`, `#/day/DATE/after/KEEPER`, `#/day/DATE/sales/KEEPER/CASHIER`, `…/after/RECORD` */
function place([date, what, keeper, cashier, , ...record], today) {
  const sales = what === "sales" ? { keeper, cashier: cashier === NOBODY ? "" : cashier, after: record.length ? record.join("/") : null } : null;
  return { date: date ?? today, after: what === "after" ? keeper : null, sales };
}

export async function load(args, { voice, state }) {
  const { date, after, sales } = place(args, voice.about.today);
  // The line whose sales are open stays on the screen with the page that it was on.
  if (!sales) state.page = after;
  const totals = get(address("/v1/day-totals", { business_date: date, after: state.page }));
  const behind = sales ? get(address("/v1/day-sales", { business_date: date, ...sales })) : null;
  const [answer, more] = await Promise.all([totals, behind]);
  if (!isAnswer(answer) || (more && !isAnswer(more))) return isAnswer(answer) ? more : answer;
  return { status: 200, body: { ...answer.body, sales: more?.body ?? null } };
}

export const forms = {
  date({ date }, { go }) {
    if (date) go(`#/day/${date}`);
  },
  async total({ keeper, cashier, amount, date }, { voice, state, reload, form }) {
    const units = parse(amount, voice.currency);
    const answer = units === null ? null : await post("/v1/z-totals", { keeper: keeper.trim(), business_date: date, cashier: cashier.trim(), units });
    if (answer && isAnswer(answer)) {
      state.note = { tone: "good", text: voice.say("day.given", { keeper, cashier: cashier.trim() || voice.say("day.nobody"), amount: voice.money(units) }) };
      form.elements.amount.value = "";
      reload();
    } else {
      state.note = { tone: "bad", text: answer ? voice.wording.choose(answer.body?.message) || voice.say("gone") : voice.say("day.no_amount") };
    }
  },
};

export function tools(voice, { args, state }) {
  const { date, sales } = place(args, voice.about.today);
  return [
    h("div", { class: "forms", "data-key": `forms ${date}` }, dateForm(voice, date), totalForm(voice, date, sales)),
    state.note ? h("p", { class: "note sign", "data-tone": state.note.tone, "data-key": "note", role: "alert" }, state.note.text) : null,
  ];
}

export function draw(voice, found, { args, state }) {
  const { date, sales } = place(args, voice.about.today);
  const picked = sales && found.lines.find(({ keeper, cashier }) => keeper === sales.keeper && cashier === sales.cashier);
  return [
    table({ key: `day ${date}`, columns: columns(voice), rows: found.lines.map((one) => row(voice, date, one, one === picked)), empty: voice.say("day.empty") }),
    pager(voice, { first: state.page ? `#/day/${date}` : null, next: found.after && `#/day/${date}/after/${found.after}` }),
    found.sales ? behind(voice, date, sales, picked, found.sales, args) : null,
  ];
}

function dateForm(voice, date) {
  return h("form", { "data-form": "date", class: "search", autocomplete: "off" },
    h("label", {}, h("span", {}, voice.say("business_date")), h("input", { name: "date", type: "text", value: date, required: true, maxlength: 10, size: 10, pattern: "\\d{4}-\\d{2}-\\d{2}", inputmode: "numeric", autocomplete: "off" })),
    h("button", {}, voice.say("day.show")), link(`#/day/${shifted(date, -1)}`, voice.say("day.before")), link(`#/day/${shifted(date, 1)}`, voice.say("day.next")));
}

/** The date so many days later. */
function shifted(date, days) {
  const at = new Date(`${date}T00:00:00Z`);
  if (Number.isNaN(at.getTime())) return date;
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}

/** Filled with the line that is picked; whoever is in no line can be keyed in. */
function totalForm(voice, date, sales) {
  const field = (name, key, attributes) => h("label", {}, h("span", {}, voice.say(key)), h("input", { name, type: "text", autocomplete: "off", spellcheck: "false", ...attributes }));
  return h("form", { "data-form": "total", "data-key": `${sales?.keeper ?? ""} ${sales?.cashier ?? ""}`, class: "search", autocomplete: "off" },
    h("input", { name: "date", type: "hidden", value: date }),
    field("keeper", "tills.till", { value: sales?.keeper ?? "", required: true, maxlength: 13, size: 8 }), field("cashier", "day.cashier", { value: sales?.cashier ?? "", maxlength: 64, size: 8 }),
    field("amount", "day.z_amount", { required: true, inputmode: "decimal", maxlength: 24, size: 10, class: "num" }),
    h("button", { class: "main" }, voice.say("day.give")));
}

const columns = (voice) => [
  { head: voice.say("tills.till") }, { head: voice.say("day.cashier") }, ...["day.z", "day.till", "at_risk", "day.hq"].map((key) => ({ head: voice.inMoney(voice.say(key)), num: true })),
  { head: voice.say("day.records"), num: true }, { head: voice.say("day.stand") }, { head: "" },
];

const salesOf = (date, { keeper, cashier }) => `#/day/${date}/sales/${keeper}/${encodeURIComponent(cashier || NOBODY)}`;

function row(voice, date, line, selected) {
  const { keeper, cashier, z, till, at_risk, hq, records, stand } = line;
  const notes = [line.set_aside && voice.say("day.set_aside", { count: count(line.set_aside) }), line.unread && voice.say("day.unread", { count: count(line.unread) }), !line.is_whole && voice.say("day.not_whole")];
  return {
    key: `${keeper} ${cashier}`, tone: stand === "differs" ? "bad" : null, selected,
    cells: [
      keeper, cashier ? long(cashier) : h("span", { class: "dim" }, voice.say("day.nobody")), z === null ? h("span", { class: "dim" }, voice.say("day.no_z")) : voice.sum(z),
      voice.sum(till), at_risk ? voice.sum(at_risk) : "", voice.sum(hq), count(records), [sign(TONES[stand] ?? "unsure", standing(voice, line)), ...notes.filter(Boolean).map((note) => h("small", {}, note))],
      link(salesOf(date, line), voice.say("day.sales")),
    ],
  };
}

/** What differs, and by how much: first what HQ has not booked, then what the POS has counted otherwise. */
function standing(voice, { stand, z, till, at_risk, hq }) {
  if (stand !== "differs") return voice.word("stand", stand);
  return till !== hq ? voice.say("day.differs_hq", { amount: voice.sum(till - hq) }) : voice.say("day.differs_z", { amount: voice.change((z ?? 0) - till - at_risk) || voice.sum(0) });
}

function behind(voice, date, { keeper, cashier }, picked, { lines, after }, args) {
  const who = cashier || voice.say("day.nobody");
  const heads = ["day.pos_ref", "record", "time", "kind", "day.receipt"].map((key) => ({ head: voice.say(key) }));
  const rows = lines.map((one) => ({
    key: one.record, tone: one.reasons.length || one.posted === null ? "bad" : null,
    cells: [
      one.pos_ref ? long(one.pos_ref) : h("span", { class: "dim" }, voice.say("day.no_pos_ref")), recordLink(one.record), voice.time(one.recorded_at_ms), long(voice.word("what", one.kind)), long(one.receipt_number),
      voice.sum(one.units), one.at_risk ? voice.sum(one.at_risk) : "", one.posted === null ? "" : voice.sum(one.posted), [stands(voice, one.stands), ...one.reasons.map((why) => h("small", {}, voice.word("reason", why)))],
    ],
  }));
  const earlier = picked?.z_given.slice(0, -1).map(({ units, given_at_ms }) => `${voice.sum(units)} (${voice.short(given_at_ms, voice.about.now_ms)})`);
  const base = salesOf(date, { keeper, cashier });
  return h("section", { "data-key": `sales ${keeper} ${cashier}`, class: "behind" },
    h("h2", {}, voice.say("day.sales_of", { keeper, cashier: "" }), " ", long(who)),
    earlier?.length ? facts([[voice.say("day.earlier"), earlier.join(", ")]]) : null,
    table({ key: "sales", columns: [...heads, ...["day.paid", "at_risk", "day.in_hq"].map((key) => ({ head: voice.inMoney(voice.say(key)), num: true })), { head: voice.say("records.stands") }], rows, empty: voice.say("day.no_sales") }),
    pager(voice, { first: args[4] === "after" ? base : null, next: after && `${base}/after/${after}` }));
}
