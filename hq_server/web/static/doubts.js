/** What people have to look at: records that wait, that were set aside, and day closes that differ. */
import { get, isAnswer } from "./api.js";
import { h } from "./dom.js";
import { count } from "./money.js";
import { accountLink, pager, recordLink, sign, table } from "./parts.js";

const PAGE = 50;
const DIGEST_SHOWN = 16;

/** Only a person can end these. */
const BAD_STANDS = ["till_lost", "nothing_left", "stays", "holder_lost"];

const LISTS = {
  waiting: { heads: ["record", "doubts.giver"], row: (voice, { record, giver }) => ({ key: record, cells: [recordLink(record), recordLink(giver)] }) },
  suspense: {
    heads: ["record", "reason", "members.account"],
    row: (voice, { record, account, reason }) => ({ key: `${record} ${account}`, tone: "bad", cells: [recordLink(record), sign("bad", voice.word("reason", reason)), account ? accountLink(account) : ""] }),
  },
  promises: {
    heads: ["record", "doubts.promise", "doubts.original", "doubts.amount", "business_date", "doubts.stands"],
    row: (voice, { record, receipt_number, original, units, business_date, stands, holder }) => ({
      key: record,
      cells: [recordLink(record), receipt_number, original, voice.money(units), business_date, sign(BAD_STANDS.includes(stands) ? "bad" : "work", voice.say(`promise.${stands}`, { holder: holder ?? "" }))],
    }),
  },
  differences: {
    heads: ["record", "doubts.said", "doubts.found"],
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
  const begin = name in LISTS ? Number(from) || 0 : 0;
  return Object.keys(LISTS).flatMap((one) => list(voice, one, lists[one], one === name ? begin : 0));
}

function list(voice, name, { total, lines }, begin) {
  const { heads, row } = LISTS[name];
  const shown = lines.slice(begin, begin + PAGE);
  const next = begin + PAGE < lines.length ? `#/doubts/${name}/${begin + PAGE}` : null;
  const title = [voice.say(`doubts.${name}`), " ", h("small", { class: "count", "data-count": name }, total ? voice.say("shown", { first: count(shown.length && begin + 1), last: count(begin + shown.length), total: count(total) }) : sign("good", count(0)))];
  return [
    table({ key: name, title, columns: heads.map((key) => ({ head: voice.say(key) })), rows: shown.map((one) => row(voice, one)), empty: voice.say(`doubts.no_${name}`) }),
    pager(voice, { first: begin ? `#/doubts/${name}/0` : null, next }),
  ];
}
