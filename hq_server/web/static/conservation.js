/** Conservation: all lots added up, page by page; what does not add up is named. */
import { address, get, isAnswer } from "./api.js";
import { h } from "./dom.js";
import { count } from "./money.js";
import { placeName, purseColumns, purseName } from "./members.js";
import { accountLink, long, recordLink, sign, table } from "./parts.js";

const SUMS = ["issued", "owed", "risk", "held", "under_way", "spent"];
const PURSES = ["principal", "bonus", "points"];
/** What is no money; of what promotions may give some is, and each its own. */
const COUNTED = ["points", "quota"];
/** No more lines than anybody looks at; how many there are is said. */
const SHOWN_MAX = 200;

/** All pages. What was added up so far is shown meanwhile: a chain of a million members takes a while. */
export async function load(_args, { progress, isHere }) {
  let sums = NOTHING();
  let after = "";
  while (after !== null) {
    const answer = await get(address("/v1/conservation", { after }));
    if (!isAnswer(answer)) return answer;
    sums = added(sums, answer.body);
    if (answer.body.after !== null && answer.body.after <= after) break; // names only go up, so that this ends
    after = answer.body.after;
    if (after !== null) progress({ ...sums, is_done: false });
    if (!isHere()) break;
  }
  return { status: 200, body: { ...sums, is_done: true } };
}

/** One page is cheap enough to be asked for again and again. */
export const isLive = (sums) => sums?.pages === 1;

const NOTHING = () => ({ pages: 0, lots: 0, purses: {}, places: {}, unexplained_total: 0, unexplained: [] });

function added(sums, page) {
  const purses = { ...sums.purses };
  for (const one of page.purses) purses[one.purse] = Object.fromEntries(SUMS.map((sum) => [sum, (purses[one.purse]?.[sum] ?? 0) + (one[sum] ?? 0)]));
  const places = { ...sums.places };
  for (const { place, purse, held } of page.places) places[place] = { ...places[place], [purse]: (places[place]?.[purse] ?? 0) + held };
  return {
    pages: sums.pages + 1, lots: sums.lots + page.lots, purses, places, unexplained_total: sums.unexplained_total + page.unexplained_total,
    unexplained: [...sums.unexplained, ...page.unexplained].slice(0, SHOWN_MAX),
  };
}

export function draw(voice, sums) {
  const show = (purse, units) => (COUNTED.includes(purse) ? count(units) : voice.sum(units));
  const purses = [...PURSES, "quota"].filter((purse) => purse in sums.purses && (purse !== "quota" || sums.purses.quota.issued));
  const places = Object.keys(sums.places).sort((one, other) => (one === "hq" ? -1 : other === "hq" ? 1 : one < other ? -1 : 1));
  return [
    h("p", { class: "verdict sign", "data-key": "verdict", "data-tone": verdictTone(sums), role: "status" }, verdict(voice, sums)),
    table({
      key: "purses", title: voice.say("conservation.purses"), empty: voice.say("conservation.empty"),
      columns: [{ head: voice.say("conservation.purse") }, ...SUMS.map((sum) => ({ head: voice.say(`conservation.${sum}`), num: true }))],
      rows: sums.lots ? purses.map((purse) => ({ key: purse, cells: [purseName(voice, purse), ...SUMS.map((sum) => show(purse, sums.purses[purse][sum]))] })) : [],
    }),
    h("p", { class: "hint", "data-key": "rule" }, voice.say("conservation.rule")),
    sums.unexplained.length ? unexplained(voice, sums, show) : null,
    table({
      key: "places", title: voice.say("conservation.places"), empty: voice.say("conservation.empty"), columns: purseColumns(voice, voice.say("place")),
      rows: places.map((place) => ({ key: place, cells: [placeName(voice, place), ...PURSES.map((purse) => show(purse, sums.places[place][purse] ?? 0))] })),
    }),
    h("p", { "data-key": "again" }, h("button", { type: "button", "data-do": "reload", disabled: !sums.is_done }, voice.say("conservation.again"))),
  ];
}

function verdictTone({ unexplained_total, is_done }) {
  return unexplained_total ? "bad" : is_done ? "good" : "work";
}

function verdict(voice, { unexplained_total, is_done, lots }) {
  const key = unexplained_total ? "bad" : is_done ? "good" : "work";
  return voice.say(`conservation.verdict_${key}`, { lots: count(lots), total: count(unexplained_total) });
}

function unexplained(voice, sums, show) {
  const heads = ["conservation.lot", "conservation.purse", "members.account", "conservation.doubts"].map((key) => ({ head: voice.say(key) }));
  return table({
    key: "unexplained", title: voice.say("conservation.unexplained"), empty: "",
    columns: [...heads, ...SUMS.map((sum) => ({ head: voice.say(`conservation.${sum}`), num: true }))],
    rows: sums.unexplained.map((lot) => ({
      key: `${lot.account} ${lot.purse} ${lot.lot}`, tone: "bad",
      cells: [recordLink(lot.lot), voice.word("purse", lot.purse), accountLink(lot.account), lot.doubts.map((doubt) => sign("bad", long(voice.word("doubt", doubt)))), ...SUMS.map((sum) => show(lot.purse, lot[sum] ?? 0))],
    })),
  });
}
