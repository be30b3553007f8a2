/** Records: a keeper's chain, the newest first, and one record in full. */
import { address, get, isAnswer } from "./api.js";
import { h } from "./dom.js";
import { count } from "./money.js";
import { accountLink, date, facts, isQuota, link, long, pager, recordLink, reference, sign, table } from "./parts.js";

const CHAIN = /^([0-9A-Za-z@-]+)\/(\d+)(?:\/(\d+))?$/;
const STAND_TONES = { posted: "plain", held: "work", waits: "warn", set_aside: "bad" };
const HASH_SHOWN = 12;

/** `#/records` (HQ's own), `#/records/07-2/1`, `#/records/07-2/1/before/50` */
export async function load([keeper, epoch, , before]) {
  if (keeper) return get(address(`/v1/chains/${keeper}/${epoch}/records`, { before }));
  const own = await get("/v1/hq");
  return isAnswer(own) ? get(`/v1/chains/hq/${own.body.epoch}/records`) : own;
}

/** `#/record/07-2/1/31` */
export const loadOne = ([keeper, epoch, sequence]) => get(`/v1/chains/${keeper}/${epoch}/records/${sequence}`);

export const forms = {
  open({ name }, { go }) {
    const [, keeper, epoch, sequence] = CHAIN.exec(name.trim()) ?? [];
    if (keeper) go(sequence ? `#/record/${keeper}/${epoch}/${sequence}` : `#/records/${keeper}/${epoch}`);
    else go(`#/records/${encodeURIComponent(name.trim())}/1`);
  },
};

export function draw(voice, found, { args }) {
  const { keeper, epoch, held, lines, before } = found;
  const chain = `${keeper}/${epoch}`;
  return [
    h("p", { class: "lead", "data-key": "lead" }, voice.say("records.lead", { chain, held: count(held) })),
    table({ key: `records ${chain}`, columns: columns(voice), rows: lines.map((one) => row(voice, one)), empty: voice.say("records.empty") }),
    pager(voice, { first: args[3] ? `#/records/${chain}` : null, next: before && `#/records/${chain}/before/${before}` }),
  ];
}

export function drawOne(voice, { line, reasons, fields, content, signature }) {
  const [keeper, epoch, sequence] = line.record.split("/");
  const number = Number(sequence);
  const { account } = line.summary;
  return [
    h("section", { class: "list", "data-key": `record ${line.record}` },
      h("h2", {}, voice.say("records.one", { record: line.record }), " ", stands(voice, line.stands), reasons.map((why) => [" ", sign("bad", voice.word("reason", why))])),
      facts([
        [voice.say("kind"), what(voice, line)], [voice.say("records.told"), told(voice, line.summary)],
        [voice.say("business_date"), date(line.business_date)], [voice.say("time"), voice.full(line.recorded_at_ms)],
        [voice.say("members.account"), account ? accountInFull(account) : ""],
        [voice.say("records.hash"), h("code", {}, line.hash)], [voice.say("records.signature"), h("code", { id: "signature" }, signature)],
      ]),
      h("nav", { class: "pager" }, number > 1 && link(`#/record/${keeper}/${epoch}/${number - 1}`, voice.say("records.earlier")),
        link(`#/records/${keeper}/${epoch}/before/${number + 1}`, voice.say("records.chain")), link(`#/record/${keeper}/${epoch}/${number + 1}`, voice.say("records.later"))),
      h("h3", {}, voice.say("records.fields")), h("pre", { tabindex: 0, id: "fields" }, JSON.stringify(fields, null, 2)),
      h("details", {}, h("summary", {}, voice.say("records.content")), h("pre", { tabindex: 0, class: "wrapped" }, content))),
  ];
}

export function tools(voice) {
  return h("form", { "data-form": "open", "data-key": "open", class: "search", autocomplete: "off" },
    h("label", {}, h("span", {}, voice.say("records.name")), h("input", { name: "name", type: "text", autocomplete: "off", spellcheck: "false", required: true, maxlength: 60 })),
    h("button", { class: "main" }, voice.say("records.open")), link("#/records", voice.say("records.own")));
}

const accountInFull = (account) => (isQuota(account) ? accountLink(account) : link(`#/members/${encodeURIComponent(account)}`, long(account)));

const columns = (voice) => [
  { head: voice.say("records.number"), num: true }, { head: voice.say("kind") }, { head: voice.say("business_date") }, { head: voice.say("time") },
  { head: voice.say("records.told") }, { head: voice.say("records.stands") }, { head: voice.say("records.hash") },
];

function row(voice, one) {
  const sequence = one.record.split("/")[2];
  return {
    key: one.record,
    cells: [link(`#/record/${one.record}`, sequence), what(voice, one), date(one.business_date), date(voice.full(one.recorded_at_ms)), told(voice, one.summary), stands(voice, one.stands), h("code", {}, one.hash.slice(0, HASH_SHOWN))],
  };
}

export const stands = (voice, how) => sign(STAND_TONES[how] ?? "unsure", voice.word("stands", how));

/** An order that was applied is told from the directive that gave it by the kind of its record. */
function what(voice, { kind, summary }) {
  const order = ["directive", "applied"].includes(kind);
  if (summary.what === "unreadable") return [voice.word("kind", kind), ": ", sign("bad", voice.say("unreadable"))];
  return order ? [voice.word("kind", kind), ": ", long(voice.word("what", summary.what))] : long(voice.word("what", summary.what));
}

function told(voice, { account, moved, asked, why, told: names = [], original, promise }) {
  const sums = moved ? [
    moved.principal ? voice.change(moved.principal) : null,
    moved.bonus ? `${voice.word("purse", "bonus")} ${voice.change(moved.bonus)}` : null,
    moved.points ? `${voice.word("purse", "points")} ${voice.changePoints(moved.points)}` : null,
    moved.quota ? voice.say("records.quota", { units: voice.changePoints(moved.quota) }) : null,
  ] : [];
  const said = [...sums, asked !== undefined ? voice.sum(asked) : null, why ? voice.word("why", why) : null];
  const other = [original && reference(original, voice.say("original")), promise && recordLink(promise, voice.say("records.promise"))];
  const parts = [...said.filter(Boolean), ...names.map((name) => (CHAIN.exec(name)?.[3] ? recordLink(name) : long(name))), ...other, account ? accountLink(account) : null];
  return parts.filter(Boolean).flatMap((part, index) => (index ? [" · ", part] : [part]));
}
