/** The card before the cashier: whose it is, what it may spend here, and what lies elsewhere as HQ last said. */
import { HQ, atHq, liesAtHq } from "./balances.js";
import { when } from "./bar.js";
import { count } from "./money.js";
import { grouped, isPhone } from "./phones.js";
import { bare, money, spaced } from "./sums.js";

/** More places than these are told by their number. */
const PLACES_SHOWN = 3;

export function card(model) {
  const { sale, wording } = model;
  const values = { number: grouped(sale.number), number_hint: wording.text(hint(sale)) };
  if (!sale.card) return { values, tones: {} };
  const { card: masked, entry, spendable, principal, bonus, points } = sale.card;
  Object.assign(values, everywhere(model), {
    card: spaced(masked),
    holder: holder(model),
    entry: wording.text(`page.entry.${entry}`),
    spendable: bare(spendable, model),
    principal: bare(principal, model),
    bonus: bare(bonus, model),
    points: count(points),
    blocked_words: wording.text("decline.card_blocked"),
  });
  return { values, tones: { entry: entry === "swiped" ? "good" : "warn" } };
}

function hint({ state, number }) {
  if (state !== "opening") return isPhone(number) ? "page.number.search" : "page.number.hint";
  return isPhone(number) ? "page.searching.hint" : "page.opening.hint";
}

/** Name and tier where they are known, otherwise the kind of card. The chain names its tiers and kinds. */
function holder({ sale, wording }) {
  const { name, tier, kind } = sale.card;
  const called = wording.has(`page.kind.${kind}`) ? wording.text(`page.kind.${kind}`) : kind;
  return name ? [name, tier].filter(Boolean).join(" · ") : called;
}

function everywhere(model) {
  const { sale, status, wording } = model;
  const { total, total_as_of, total_is_fresh } = sale.card;
  if (total === null) return {};
  const isNow = total_is_fresh && status.hq.state === "answered";
  const time = when(total_as_of, status.business_date);
  return {
    total: money(total, model),
    total_as_of: isNow ? wording.text("page.total.now") : wording.text("page.total.as_of", { time }),
    where: where(model),
  };
}

/** What lies at other places; nothing when all lies here. */
function where({ sale, hello, ...model }) {
  const others = [{ place: HQ, ...atHq(sale.card) }, ...sale.card.shares.filter(({ place }) => place !== hello.till && !liesAtHq(place))].filter(sumOf);
  const shown = others.slice(0, PLACES_SHOWN).map((one) => `${nameOf(one, model)} ${money(sumOf(one), { hello, ...model })}`);
  return [...shown, ...(others.length > PLACES_SHOWN ? [`+${others.length - PLACES_SHOWN}`] : [])].join(" · ");
}

const sumOf = ({ principal, bonus }) => principal + bonus;
const nameOf = ({ place }, { wording }) => (place === HQ ? wording.text("page.bar.hq") : place);
