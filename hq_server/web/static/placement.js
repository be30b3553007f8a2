/** How well value is placed: what was refused though funded, what is stranded, what stands exposed. */
import { get } from "./api.js";
import { h } from "./dom.js";
import { count } from "./money.js";
import { date, facts, sign, table } from "./parts.js";

export const load = () => get("/v1/placement");

export function draw(voice, page) {
  return [
    summary(voice, page),
    byStore(voice, page),
    byDate(voice, page),
    h("p", { class: "hint", "data-key": "refused" }, voice.say("placement.hint_refused")),
    h("p", { class: "hint", "data-key": "stranded" }, voice.say("placement.hint_stranded", { hours: String(page.stranded_after_h) })),
  ];
}

function summary(voice, { total, since }) {
  const { refused, refused_points: points } = total;
  const said = voice.say("placement.refused_sum", { since, count: count(refused.sales), asked: voice.money(refused.asked), missing: voice.money(refused.missing) });
  const also = points.sales ? h("small", {}, voice.say("placement.refused_points", { count: count(points.sales), missing: count(points.missing) })) : null;
  const stranded = sum([total.silent, total.closed, total.under_way]);
  const exposed = voice.say("placement.exposed_sum", { placed: voice.money(total.placed.money), at_risk: voice.money(total.at_risk) });
  return h("div", { "data-key": "summary" }, facts([
    [voice.say("placement.refused"), [sign(refused.sales + points.sales ? "warn" : "good", said), also].filter(Boolean)],
    [voice.say("placement.stranded"), [sign(stranded.money + stranded.points ? "warn" : "good", voice.money(stranded.money)), inPoints(voice, stranded)].filter(Boolean)],
    [voice.say("placement.exposed"), [exposed, inPoints(voice, total.placed)].filter(Boolean)],
  ]));
}

const sum = (worths) => worths.reduce((all, one) => ({ money: all.money + one.money, points: all.points + one.points }));

const inPoints = (voice, { points }) => (points ? h("small", {}, voice.say("placement.points", { count: count(points) })) : null);

/** Money, and what there is of points below it; nothing where there is neither. */
const worth = (voice, one) => (one.money || one.points ? [voice.sum(one.money), inPoints(voice, one)].filter(Boolean) : "");

function byStore(voice, { stores, stores_total }) {
  const isAll = stores.length === stores_total;
  return table({
    key: "stores", empty: voice.say("placement.empty"),
    title: isAll ? voice.say("placement.by_store") : voice.say("placement.shown", { shown: count(stores.length), total: count(stores_total) }),
    columns: [
      { head: voice.say("tills.store_number") }, ...refusedColumns(voice),
      ...["placement.silent", "placement.closed", "placement.under_way", "placement.placed", "at_risk"].map((key) => ({ head: voice.inMoney(voice.say(key)), num: true })),
    ],
    rows: stores.map((one) => ({
      key: one.store,
      cells: [
        one.store, ...refusedCells(voice, one.refused, one.refused_points),
        worth(voice, one.silent), worth(voice, one.closed), worth(voice, one.under_way), worth(voice, one.placed), one.at_risk ? voice.sum(one.at_risk) : "",
      ],
    })),
  });
}

function byDate(voice, { days }) {
  return table({
    key: "days", title: voice.say("placement.by_date"), empty: voice.say("placement.no_refused"),
    columns: [{ head: voice.say("business_date") }, ...refusedColumns(voice)],
    rows: days.map((day) => ({ key: day.business_date, cells: [date(day.business_date), ...refusedCells(voice, day.money, day.points)] })),
  });
}

const refusedColumns = (voice) => [
  { head: voice.say("placement.sales"), num: true },
  ...["placement.asked", "placement.missing"].map((key) => ({ head: voice.inMoney(voice.say(key)), num: true })),
];

/** Sales that were refused for money and for points together, and what they wanted of each. */
function refusedCells(voice, refused, points) {
  if (!refused.sales && !points.sales) return ["", "", ""];
  return [sign("warn", count(refused.sales + points.sales)), worth(voice, { money: refused.asked, points: points.asked }), worth(voice, { money: refused.missing, points: points.missing })];
}
