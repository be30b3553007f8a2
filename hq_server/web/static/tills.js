/** Stores and tills: how far each chain is held and posted, when it was heard last, and what is placed there. */
import { address, get, isAnswer, post } from "./api.js";
import { h } from "./dom.js";
import { lost } from "./lost.js";
import { mediaForm, takeIn } from "./media.js";
import { count } from "./money.js";
import { date, link, long, pager, sign, table } from "./parts.js";
import { recovering } from "./recovery.js";
import { minutesBetween } from "./times.js";

const PAGE = 100;
/** A till whose line is down for longer is marked: someone should go and look. */
const LONG_SILENCE_MIN = 15;

/** `#/tills`, `#/tills/after/07-2/1` */
export const load = ([, keeper, epoch]) => get(address("/v1/tills", { limit: PAGE, after: keeper ? `${keeper}/${epoch}` : null }));

/** The ways of running a store. */
const MODES = ["real_time", "transfer", "proxy_run", "hosted"];

export const forms = {
  media: takeIn,
  async recovery({ by }, { voice, state, reload, form }) {
    const answer = await post("/v1/recovery/ends", { by: by.trim() });
    if (isAnswer(answer)) {
      const { recovery } = answer.body;
      state.note = recovery ? { tone: "warn", text: voice.say("recovery.agreed", { by: recovery.agreed_by }) } : { tone: "good", text: voice.say("recovery.ended") };
      form.reset();
      reload();
    } else {
      state.note = { tone: "bad", text: voice.wording.choose(answer.body?.message) || voice.say("gone") };
    }
  },
  async write_off({ till, by }, { voice, state, reload, form }) {
    const answer = await post(`/v1/tills/${till.split("/").map(encodeURIComponent).join("/")}/write-offs`, { by: by.trim() });
    if (isAnswer(answer)) {
      const { agreed_by, proposed_by } = answer.body.tills[0].write_off;
      state.note = agreed_by ? { tone: "good", text: voice.say("lost.agreed", { till }) } : { tone: "warn", text: voice.say("lost.proposed", { by: proposed_by }) };
      form.reset();
      reload();
    } else {
      state.note = { tone: "bad", text: voice.wording.choose(answer.body?.message) || voice.say("gone") };
    }
  },
  async run({ store, mode }, { voice, state, reload, form }) {
    const answer = await post(`/v1/stores/${encodeURIComponent(store.trim())}/modes`, { mode });
    if (isAnswer(answer)) {
      state.note = { tone: "good", text: voice.say("tills.told", { count: count(answer.body.tills.length), mode: voice.mode(mode) }) };
      form.elements.store.value = "";
      reload();
    } else {
      state.note = { tone: "bad", text: voice.wording.choose(answer.body?.message) || voice.say("gone") };
    }
  },
  /** Without an address the till's store has no lead from now on. */
  async lead(said, { voice, state, reload, form }) {
    const [place, url, witness, witness_address] = [said.till, said.address, said.witness, said.witness_address].map((one) => one.trim() || null);
    const named = url || witness ? { lead: place, address: url, witness, witness_address } : { lead: null, address: null };
    const answer = await post(`/v1/stores/${encodeURIComponent(place.split("-")[0])}/leads`, named);
    if (isAnswer(answer)) {
      state.note = { tone: "good", text: voice.say(url ? "tills.lead_named" : "tills.lead_none", { till: place, count: count(answer.body.tills.length) }) };
      form.reset();
      reload();
    } else {
      state.note = { tone: "bad", text: voice.wording.choose(answer.body?.message) || voice.say("gone") };
    }
  },
};

export function tools(voice, { state }) {
  return [
    h("div", { class: "searches", "data-key": "forms" }, runForm(voice), leadForm(voice), mediaForm(voice)),
    state.note ? h("p", { class: "note sign", "data-tone": state.note.tone, "data-key": "note", role: "alert" }, state.note.text) : null,
  ];
}

const runForm = (voice) =>
  h("form", { "data-form": "run", "data-key": "run", class: "search", autocomplete: "off" },
    h("label", {}, h("span", {}, voice.say("tills.store_number")), field({ name: "store", required: true, maxlength: 8, size: 6 })),
    h("label", {}, h("span", {}, voice.say("tills.run_as")), h("select", { name: "mode" }, ...MODES.map((mode) => h("option", { value: mode }, voice.mode(mode))))),
    h("button", {}, voice.say("tills.change")));

const leadForm = (voice) =>
  h("form", { "data-form": "lead", "data-key": "lead_form", class: "search", autocomplete: "off" },
    h("label", {}, h("span", {}, voice.say("tills.lead_till")), field({ name: "till", required: true, maxlength: 13, size: 8 })),
    h("label", {}, h("span", {}, voice.say("tills.lead_address")), field({ name: "address", maxlength: 140, size: 26, placeholder: voice.say("tills.lead_example") })),
    h("label", {}, h("span", {}, voice.say("tills.witness_till")), field({ name: "witness", maxlength: 13, size: 8 })),
    h("label", {}, h("span", {}, voice.say("tills.witness_address")), field({ name: "witness_address", maxlength: 140, size: 26 })),
    h("button", {}, voice.say("tills.make_lead")));

const field = (more) => h("input", { type: "text", autocomplete: "off", spellcheck: "false", ...more });

export function draw(voice, { tills, total, after, now_ms, recovery }, { args }) {
  const last = new Map(tills.map(({ keeper, epoch }) => [keeper, epoch]));
  const rows = byStore(tills).flatMap(([store, its]) => [heading(voice, store, its), ...its.map((till) => row(voice, till, last, now_ms))]);
  const on_line = tills.filter((till) => till.on_line).length;
  const placed = voice.money(tills.reduce((sum, till) => sum + till.money, 0));
  const lead = voice.say("tills.lead", { shown: count(tills.length), total: count(total), on_line: count(on_line), placed });
  return [
    recovery && recovering(voice, recovery, now_ms),
    h("p", { class: "lead", "data-key": "lead" }, [lead, bears(voice, tills)].filter(Boolean).join(" ")),
    table({ key: "tills", columns: columns(voice), rows, empty: voice.say("tills.empty") }),
    lost(voice, tills),
    pager(voice, { first: args.length ? "#/tills" : null, next: after && `#/tills/after/${after}` }),
  ];
}

/** What was let go at the stores' own risk; nothing where nothing was. */
function bears(voice, tills) {
  const units = tills.reduce((sum, till) => sum + till.at_risk, 0);
  return units ? voice.say("tills.store_at_risk", { amount: voice.money(units) }) : "";
}

function byStore(tills) {
  const stores = new Map();
  for (const till of tills) stores.set(till.store, [...(stores.get(till.store) ?? []), till]);
  return [...stores];
}

function heading(voice, store, its) {
  const placed = its.reduce((sum, till) => sum + till.money, 0);
  const aside = [voice.say("tills.store_placed", { count: count(its.length), placed: voice.money(placed) }), bears(voice, its)];
  return { key: `store ${store}`, group: [voice.say("tills.store", { store }), h("span", { class: "aside" }, aside.filter(Boolean).join(" · "))] };
}

const columns = (voice) => [
  { head: voice.say("tills.till") }, { head: voice.say("tills.line") }, { head: voice.say("tills.mode") }, { head: voice.say("business_date") },
  { head: voice.say("tills.held"), num: true }, { head: voice.say("tills.posted"), num: true }, { head: voice.say("tills.directives"), num: true },
  { head: voice.inMoney(voice.say("tills.placed")), num: true }, { head: voice.inMoney(voice.say("at_risk")), num: true }, { head: voice.say("tills.fences") },
];

function row(voice, till, last, nowMs) {
  const { keeper, epoch } = till;
  const tone = toneOf(till, last, nowMs);
  const name = [link(`#/records/${keeper}/${epoch}`, keeper), epoch > 1 && h("small", {}, voice.say("tills.epoch", { epoch })), till.leads && h("small", {}, voice.say("tills.leads")), till.witnesses && h("small", {}, voice.say("tills.witnesses"))];
  const posted = till.waits ? sign("warn", count(till.posted)) : count(till.posted);
  const directives = till.directives && tone !== "plain" ? sign("warn", count(till.directives)) : count(till.directives);
  const fences = till.fences.map((why) => sign("bad", voice.word("fence", why)));
  return {
    key: `${keeper}/${epoch}`,
    tone: till.fences.length ? "bad" : tone === "bad" ? "bad" : null,
    cells: [name, lineOf(voice, till, last, nowMs), long(voice.mode(till.mode)), date(till.business_date), count(till.held), posted, directives, voice.sum(till.money), till.at_risk ? sign("warn", voice.sum(till.at_risk)) : "", fences],
  };
}

function lineOf(voice, till, last, nowMs) {
  const time = till.heard_at_ms && voice.short(till.heard_at_ms, nowMs);
  const tone = toneOf(till, last, nowMs);
  if (tone === "good") return sign(tone, voice.say("tills.on_line"));
  if (till.epoch < last.get(till.keeper)) return sign(tone, voice.say("tills.replaced"));
  if (!time) return sign(tone, voice.say("tills.never"));
  return sign(tone, voice.say(tone === "bad" ? "tills.silent" : "tills.off_line", { time }));
}

/** A line that is up is good, however quiet; one that is down is first a warning. */
function toneOf({ keeper, epoch, on_line, heard_at_ms }, last, nowMs) {
  if (on_line) return "good";
  if (epoch < last.get(keeper) || !heard_at_ms) return "plain";
  return minutesBetween(heard_at_ms, nowMs) >= LONG_SILENCE_MIN ? "bad" : "warn";
}
