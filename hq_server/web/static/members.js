/** Members: found by phone or card, and what each has where. */
import { get, isAnswer, post } from "./api.js";
import { h } from "./dom.js";
import { count } from "./money.js";
import { date, facts, link, long, recordLink, sign, table } from "./parts.js";

const PURSES = ["principal", "bonus", "points"];
/** A phone number has eleven digits at most, a card's number at least twelve. */
const PHONE_LENGTH_MAX = 11;

/** `#/members`, `#/members/ACCOUNT` */
export async function load([account]) {
  return account ? get(`/v1/accounts/${encodeURIComponent(account)}`) : { status: 200, body: null };
}

export function draw(voice, found, { state }) {
  return found ? account(voice, found) : results(voice, state);
}

export const forms = {
  /** What was keyed travels in a body, and leaves the screen. */
  async find({ number }, { state, go, input }) {
    const text = number.replace(/[\s-]/g, "");
    const answer = await post("/v1/account-searches", text.startsWith("+") || text.length <= PHONE_LENGTH_MAX ? { phone: text } : { card: text });
    state.found = isAnswer(answer) ? answer.body : null;
    state.problem = isAnswer(answer) ? null : answer.body;
    input.value = "";
    const { holders, account: of_card } = state.found ?? { holders: [] };
    const only = holders.length === 1 ? holders[0].account : of_card;
    go(only ? `#/members/${only}` : "#/members");
  },
};

export function tools(voice) {
  return h("form", { "data-form": "find", "data-key": "search", class: "search", autocomplete: "off", role: "search" },
    h("label", {}, h("span", {}, voice.say("members.number")), h("input", { name: "number", type: "text", inputmode: "tel", autocomplete: "off", spellcheck: "false", required: true, maxlength: 30 })),
    h("button", { class: "main" }, voice.say("members.find")), h("p", { class: "hint" }, voice.say("members.hint")));
}

function results(voice, { found, problem }) {
  if (problem) return [h("p", { class: "note sign", "data-tone": "bad", role: "alert", "data-key": "problem" }, voice.wording.choose(problem.message))];
  if (!found) return [];
  const rows = found.holders.map(({ account, name, card, tier, store }) => ({
    key: account, cells: [link(`#/members/${account}`, name), card, long(tier), store],
  }));
  const columns = ["members.name", "members.card", "members.tier", "members.store"].map((key) => ({ head: voice.say(key) }));
  return [table({ key: "found", columns, rows, empty: voice.say("members.nobody") })];
}

function account(voice, found) {
  const { holder, is_blocked, places, under_way, owed, movements, suspense, claims } = found;
  return [
    h("section", { class: "list", "data-key": `who ${found.account}` },
      h("h2", {}, holder ? holder.name : voice.say("members.unknown"), is_blocked && [" ", sign("bad", voice.say("members.blocked"))]),
      facts([
        [voice.say("members.card"), holder?.card ?? ""], [voice.say("members.tier"), holder ? long(holder.tier) : ""],
        [voice.say("members.store"), holder?.store ?? ""], [voice.say("members.account"), h("code", {}, found.account)],
      ])),
    balances(voice, places, under_way, owed),
    claims.length ? table({
      key: "claims", title: voice.say("members.claims"), empty: "",
      columns: [{ head: voice.say("tills.store_number") }, { head: voice.inMoney(voice.say("at_risk")), num: true }],
      rows: claims.map(({ store, units }) => ({ key: store, cells: [store, voice.sum(units)] })),
    }) : null,
    moved(voice, movements),
    suspense.length ? table({
      key: "suspense", title: voice.say("members.suspense"), empty: "",
      columns: [{ head: voice.say("record") }, { head: voice.say("reason") }],
      rows: suspense.map(({ record, reason }) => ({ key: record, tone: "bad", cells: [recordLink(record), sign("bad", voice.word("reason", reason))] })),
    }) : null,
  ];
}

function balances(voice, places, under_way, owed) {
  const show = (has) => [voice.sum(has.principal), voice.sum(has.bonus), count(has.points)];
  const rows = places.map((one) => ({ key: one.place, cells: [placeName(voice, one.place), ...show(one)] }));
  const all = [...places, under_way];
  const total = Object.fromEntries(PURSES.map((purse) => [purse, all.reduce((sum, one) => sum + one[purse], -owed[purse])]));
  if (PURSES.some((purse) => under_way[purse])) rows.push({ key: "under_way", cells: [sign("work", voice.say("under_way")), ...show(under_way)] });
  if (PURSES.some((purse) => owed[purse])) rows.push({ key: "owed", cells: [sign("work", voice.say("owed")), voice.change(-owed.principal), voice.change(-owed.bonus), voice.changePoints(-owed.points)] });
  if (rows.length) rows.push({ key: "total", tone: "total", cells: [voice.say("total"), ...show(total)] });
  return table({ key: "balances", title: voice.say("members.balances"), columns: purseColumns(voice, voice.say("place")), rows, empty: voice.say("members.nothing") });
}

export const placeName = (voice, place) => (place === "hq" ? voice.say("hq") : place);

/** Points and what promotions may give are counted; the others are money. */
export const purseName = (voice, purse) => (["points", "quota"].includes(purse) ? voice.word("purse", purse) : voice.inMoney(voice.word("purse", purse)));

export const purseColumns = (voice, ...heads) => [...heads.map((head) => ({ head })), ...PURSES.map((purse) => ({ head: purseName(voice, purse), num: true }))];

function moved(voice, movements) {
  const rows = movements.map(({ record, kind, place, business_date, recorded_at_ms, moved: by }) => ({
    key: record,
    cells: [recordLink(record), voice.word("what", kind), placeName(voice, place), date(business_date), date(voice.full(recorded_at_ms)), voice.change(by.principal), voice.change(by.bonus), voice.changePoints(by.points)],
  }));
  const heads = ["record", "kind", "place", "business_date", "time"].map((key) => voice.say(key));
  return table({ key: "movements", title: voice.say("members.movements"), columns: purseColumns(voice, ...heads), rows, empty: voice.say("members.no_movements") });
}
