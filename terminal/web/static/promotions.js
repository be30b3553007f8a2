/** What promotions gave with a load or a sale, and which of them had nothing left to give here. */
import { count } from "./money.js";
import { money } from "./sums.js";

/** A result has no room for more; what the others gave is summed up. */
const SHOWN_MAX = 3;

/** [what, nothing, how much] of each: bonus on a load, points on a sale. It is part of the row above, and has its sign. */
export function promotionRows({ kind, promotions = [] }, model) {
  const { wording } = model;
  const gave = (units) => (kind === "load" ? money(units, model) : `+${wording.text("page.points_count", { points: count(units) })}`);
  const shown = promotions.length > SHOWN_MAX ? promotions.slice(0, SHOWN_MAX - 1) : promotions;
  const others = promotions.slice(shown.length);
  const rows = shown.map(({ title, units }) => [wording.text("page.promotion", { title }), "", gave(units)]);
  const rest = [wording.text("page.promotions.more", { count: count(others.length) }), "", gave(others.reduce((sum, { units }) => sum + units, 0))];
  return others.length ? [...rows, rest] : rows;
}

/** One sentence; nothing where none was missed. */
export function missed({ missed: names = [] }, { hello, wording }) {
  const [first, ...others] = names;
  if (!first) return "";
  const title = hello.promotions?.find(({ name }) => name === first)?.title ?? first;
  return wording.text(others.length ? "page.missed.more" : "page.missed", { title, count: count(others.length) });
}
