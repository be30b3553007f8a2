/** A payment in parts, as the cashier sees it grow: the price, each part, what is left. */
import { count, echo, parse } from "./money.js";
import { left, payment, pointsFor, suggested } from "./parts.js";
import { bare, money } from "./sums.js";

const STATES = ["split", "rest", "whole"];

export function splitFace({ sale, ...model }) {
  const { split, state } = sale;
  if (!STATES.includes(state)) return { values: {}, tones: {} };
  const { wording } = model;
  const values = {
    split_price: money(split.price, model),
    split_left: money(left(split), model),
    split_parts: payment(split).map((part) => partRow(part, model)),
    rest_title: wording.text("page.split.rest", { amount: money(left(split), model) }),
    ...(state === "split" ? keying(sale, model) : {}),
  };
  return { values, tones: { left: left(split) === 0 ? "good" : "plain", part: sale.typed ? "sale" : "none" } };
}

function keying({ split, typed, card }, model) {
  const { wording, hello } = model;
  const here = suggested(split, card, hello.currency);
  const units = typed ? parse(typed, hello.currency) : here;
  return {
    part_title: wording.text(`tender.${split.tender}`),
    part: typed ? echo(typed) : bare(here, model),
    part_words: { stored_value: onCard, points: cost }[split.tender]?.(card, units, model) ?? "",
  };
}

const onCard = ({ spendable }, _units, model) => model.wording.text("page.split.on_card", { amount: money(spendable, model) });

/** Points are keyed as the money for which they pay. */
function cost({ points }, units, { wording, hello }) {
  return wording.text("page.split.points", { cost: count(pointsFor(units ?? 0, hello.redeeming)), points: count(points) });
}

function partRow({ tender, amount }, model) {
  const { wording, hello } = model;
  const points = tender === "points" ? wording.text("page.points_count", { points: count(pointsFor(amount, hello.redeeming)) }) : "";
  return [wording.text(`tender.${tender}`), points, money(amount, model)];
}
