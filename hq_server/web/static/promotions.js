/** Promotions: what each may give in all, what of it was used, where the rest lies, and the form that lets one give more. */
import { get, isAnswer, newId, post } from "./api.js";
import { h } from "./dom.js";
import { count, parse } from "./money.js";
import { sign, table } from "./parts.js";

/** So many places stand in a cell as they are; more are opened with a click. */
const PLACES_SHOWN_MAX = 3;
const COUNTED = /^(\d{1,3}(,\d{3})+|\d+)$/;

export const load = () => get("/v1/promotions");

export const forms = {
  /** The form keeps its operation id until HQ has said what became of it: sent again without a change, it is done once. */
  async fund({ promotion, amount, expires_on, by }, { voice, state, reload, form, answer }) {
    const chosen = answer.body.promotions.find((one) => one.promotion.name === promotion)?.promotion;
    const units = chosen && unitsOf(amount, chosen, voice.currency);
    if (!units) return tell(state, "bad", (now) => now.say("promotions.no_amount"));
    if (state.isFunding) return undefined;
    state.isFunding = true;
    state.operation ??= newId();
    const asked = { operation_id: state.operation, units, expires_on: expires_on || null, by: by.trim() };
    const said = await post(`/v1/promotions/${encodeURIComponent(promotion)}/fundings`, asked);
    state.isFunding = false;
    if (isSure(said)) state.operation = null;
    reload();
    if (!isAnswer(said)) return tell(state, "bad", (now) => now.wording.choose(said.body?.message) || now.say("promotions.unsure"));
    form.reset();
    return tell(state, "good", (now) => now.say("promotions.funded_now", { title: chosen.title, amount: inWords(now, chosen, units) }));
  },
};

/** Whether HQ has said that it is done, or that it is not. */
const isSure = ({ status }) => status >= 200 && status < 500;

/** `words` is asked for the language of now: it stands there until another page is opened. */
function tell(state, tone, words) {
  state.note = { tone, words };
}

export function tools(voice, { state: { note } }) {
  return note ? h("p", { class: "note sign", "data-tone": note.tone, "data-key": "note", role: "alert" }, note.words(voice)) : null;
}

export function draw(voice, { promotions }) {
  const limited = promotions.map(({ promotion }) => promotion).filter(isLimited);
  return [
    table({ key: "promotions", columns: columns(voice), rows: promotions.map((one) => row(voice, one)), empty: voice.say("promotions.empty") }),
    limited.length ? form(voice, limited) : null,
    promotions.length ? h("p", { class: "hint", "data-key": "hint" }, voice.say("promotions.hint")) : null,
  ];
}

const isLimited = ({ limited_by }) => limited_by !== "none";

/** Bonus is money, points are counted; what is limited by its number counts how often it is given. */
const isMoney = ({ on, limited_by }) => limited_by === "sum" && on === "load";

const unitsOf = (text, promotion, currency) =>
  isMoney(promotion) ? parse(text, currency) : COUNTED.test(text.trim()) ? Number(text.trim().replaceAll(",", "")) : null;

function inWords(voice, promotion, units) {
  if (isMoney(promotion)) return voice.money(units);
  return voice.say(promotion.limited_by === "sum" ? "promotions.points" : "promotions.times", { count: count(units) });
}

const columns = (voice) => [
  ...["which", "gives"].map((key) => ({ head: voice.say(`promotions.${key}`) })),
  ...["funded", "used", "at_hq", "at_tills", "under_way"].map((key) => ({ head: voice.say(`promotions.${key}`), num: true })),
];

function row(voice, { promotion, funded, used, at_hq, under_way, places, ended, unfunded }) {
  const at_tills = places.reduce((sum, { units }) => sum + units, 0);
  const show = (units) => inWords(voice, promotion, units);
  const sums = [show(funded), show(used), show(at_hq), [show(at_tills), where(voice, promotion, places)], under_way ? show(under_way) : ""];
  return {
    key: promotion.name,
    cells: [
      [h("span", { class: "long" }, promotion.title), h("small", {}, promotion.name), state(voice, promotion, funded, at_hq + under_way + at_tills)],
      [gives(voice, promotion), ...[...terms(voice, promotion), ...notes(voice, { ended, unfunded }, show)].map((text) => h("small", {}, text))],
      ...(isLimited(promotion) ? sums : sums.map(() => "")),
    ],
  };
}

/** What of it ended with its last day, and what tills got of fundings that HQ does not know any more. */
const notes = (voice, units, show) =>
  Object.entries(units).filter(([, some]) => some).map(([key, some]) => voice.say(`promotions.${key}`, { amount: show(some) }));

function state(voice, { since, until, limited_by }, funded, left) {
  const { today } = voice.about;
  if (until && until < today) return sign("plain", voice.say("promotions.over"));
  if (limited_by !== "none" && !funded) return sign("warn", voice.say("promotions.not_funded"));
  if (limited_by !== "none" && !left) return sign("warn", voice.say("promotions.used_up"));
  return since > today ? sign("work", voice.say("promotions.not_begun")) : sign("good", voice.say("promotions.on"));
}

function gives(voice, { on, from_units, gives: units }) {
  const brings = on === "load" ? voice.money(units) : voice.say("promotions.points", { count: count(units) });
  return voice.say(`promotions.on_${on}`, { from: voice.money(from_units), gives: brings });
}

/** Up to when, how far, and for which cards. */
function terms(voice, promotion) {
  const { card_kinds, limited_by } = promotion;
  const kinds = card_kinds.length ? [voice.say("promotions.kinds", { kinds: card_kinds.join(", ") })] : [];
  return [days(voice, promotion), voice.word("promotions.limited_by", limited_by), ...kinds];
}

function days(voice, { since, until }) {
  const said = [since && voice.say("promotions.since", { day: since }), until && voice.say("promotions.until", { day: until })].filter(Boolean);
  return said.length ? said.flatMap((text) => [h("span", { class: "date" }, text), " "]) : voice.say("promotions.always");
}

/** What lies at which till, as HQ knows it. */
function where(voice, promotion, places) {
  if (!places.length) return null;
  const lines = places.map(({ place, units }) => h("small", {}, `${place} `, inWords(voice, promotion, units)));
  if (places.length <= PLACES_SHOWN_MAX) return lines;
  return h("details", { "data-key": `places ${promotion.name}` }, h("summary", {}, voice.say("promotions.places", { count: count(places.length) })), lines);
}

const form = (voice, limited) =>
  h("form", { "data-form": "fund", "data-key": "fund", class: "search", autocomplete: "off" },
    h("label", {}, h("span", {}, voice.say("promotions.which")), h("select", { name: "promotion" }, ...limited.map((one) => h("option", { value: one.name }, `${one.title} (${unit(voice, one)})`)))),
    h("label", {}, h("span", {}, voice.say("promotions.amount")), h("input", { class: "num", name: "amount", type: "text", inputmode: "decimal", required: true, maxlength: 20, size: 10, autocomplete: "off" })),
    h("label", {}, h("span", {}, voice.say("promotions.last_day")), h("input", { name: "expires_on", type: "date", min: voice.about.today })),
    h("label", {}, h("span", {}, voice.say("promotions.by")), h("input", { name: "by", type: "text", required: true, maxlength: 64, size: 12, autocomplete: "off" })),
    h("button", {}, voice.say("promotions.fund")));

/** In which unit a funding is keyed in. */
const unit = (voice, promotion) =>
  isMoney(promotion) ? voice.currency.symbols[voice.wording.language] : voice.say(promotion.limited_by === "sum" ? "promotions.in_points" : "promotions.in_times");
