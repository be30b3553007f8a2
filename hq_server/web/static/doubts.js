/** What people have to look at: records that wait or were set aside, promised refunds, and day closes that differ. */
import { get, isAnswer } from "./api.js";
import { h } from "./dom.js";
import { count } from "./money.js";
import { accountLink, date, pager, recordLink, reference, sign, table } from "./parts.js";

const PAGE = 50;
const DIGEST_SHOWN = 16;

/** Promises that HQ cannot have kept: somebody at the till has to do what is said. */
const FOR_A_PERSON = ["till_lost", "no_sale", "nothing_left", "stays", "holder_lost"];

const named = (...keys) => (voice) => keys.map((key) => ({ head: voice.say(key) }));

/** `first`: what comes before everything else, and is counted in the title. */
const LISTS = {
  waiting: { columns: named("record", "doubts.giver"), row: (voice, { record, giver }) => ({ key: record, cells: [recordLink(record), recordLink(giver)] }) },
  suspense: {
    columns: named("record", "reason", "members.account"),
    row: (voice, { record, account, reason }) => ({ key: `${record} ${account}`, tone: "bad", cells: [recordLink(record), sign("bad", voice.word("reason", reason)), account ? accountLink(account) : ""] }),
  },
  promises: { columns: promiseColumns, row: promise, first: ({ stands }) => FOR_A_PERSON.includes(stands) },
  differences: {
    columns: named("record", "doubts.said", "doubts.found"),
    row: (voice, { record, said, found }) => ({ key: record, tone: "bad", cells: [recordLink(record), ...[said, found].map((digest) => h("code", {}, digest.slice(0, DIGEST_SHOWN)))] }),
  },
};

/** `#/doubts`, `#/doubts/suspense/50` */
export async function load() {
  const answers = await Promise.all(Object.keys(LISTS).map((name) => get(`/v1/${name}`)));
  const bad = answers.find((answer) => !isAnswer(answer));
  return bad ?? { status: 200, body: Object.fromEntries(Object.keys(LISTS).map((name, index) => [name, answers[index].body])) };
}

export function draw(voice, lists, { args: [name, from] }) {
  return Object.keys(LISTS).flatMap((one) => list(voice, one, lists[one], one === name ? Number(from) || 0 : 0));
}

function list(voice, name, { total, lines }, from) {
  const { columns, row, first } = LISTS[name];
  const begin = within(from, lines.length);
  const pressing = lines.filter((one) => first?.(one));
  const shown = [...pressing, ...lines.filter((one) => !first?.(one))].slice(begin, begin + PAGE);
  const next = begin + PAGE < lines.length ? `#/doubts/${name}/${begin + PAGE}` : null;
  return [
    table({ key: name, title: title(voice, name, { begin, shown, total, pressing }), columns: columns(voice), rows: shown.map((one) => row(voice, one)), empty: voice.say(`doubts.no_${name}`) }),
    pager(voice, { key: name, first: begin ? `#/doubts/${name}/0` : null, next }),
  ];
}

/** The page that was asked for; the last one, when the list has become shorter since. */
function within(from, length) {
  const last = Math.max(Math.ceil(length / PAGE) - 1, 0) * PAGE;
  return Math.min(Math.max(from, 0), last);
}

function title(voice, name, { begin, shown, total, pressing }) {
  const said = total ? voice.say("shown", { first: count(begin + 1), last: count(begin + shown.length), total: count(total) }) : sign("good", count(0));
  const also = pressing.length ? h("small", { "data-count": `${name} for_a_person` }, sign("bad", voice.say("doubts.for_a_person", { count: count(pressing.length) }))) : null;
  return [voice.say(`doubts.${name}`), " ", h("small", { class: "count", "data-count": name }, said), also];
}

function promiseColumns(voice) {
  return [
    ...named("record", "doubts.promise", "original")(voice), { head: voice.inMoney(voice.say("doubts.amount")), num: true },
    ...named("business_date")(voice), { head: voice.say("doubts.stands"), words: true },
  ];
}

function promise(voice, { record, receipt_number, original, units, business_date, stands, holder }) {
  const tone = FOR_A_PERSON.includes(stands) ? "bad" : null;
  const says = sign(tone ?? "work", voice.say(`promise.${stands}`, { holder: holder ?? "" }));
  return { key: record, tone, cells: [recordLink(record), reference(receipt_number), reference(original), voice.sum(units), date(business_date), says] };
}
