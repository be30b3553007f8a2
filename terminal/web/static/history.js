/** The last movements of the card: what this till knows, and what HQ has said, as of when. */
import { tillOf } from "./balances.js";
import { when } from "./bar.js";
import { count } from "./money.js";
import { bare } from "./sums.js";

const SHOWN_MAX = 10;

export function history({ sale, ...model }) {
  const { wording, status } = model;
  if (sale.state !== "history") return { values: {}, tones: {} };
  const told = sale.history;
  if (!told) return { values: { history: [], history_source: wording.text("page.history.asking") }, tones: { history: "work" } };
  const time = when(told.hq_as_of, status.business_date);
  const source = told.hq ? wording.text("page.history.hq", { time }) : wording.text("page.history.here");
  const rows = latest(told).map((one) => row(one, model));
  const values = { history: rows, history_source: source, history_none: rows.length ? "" : wording.text("page.history.none") };
  return { values, tones: { history: told.hq ? "good" : "warn" } };
}

/** This till's newest may not have come to HQ yet. */
function latest({ here, hq }) {
  const known = new Set((hq ?? []).map((one) => one.receipt_number));
  const all = [...here.filter((one) => !known.has(one.receipt_number)), ...(hq ?? [])];
  return all.sort((a, b) => Date.parse(b.at) - Date.parse(a.at)).slice(0, SHOWN_MAX);
}

function row({ kind, at, till, stored_value, points_in, points_out }, model) {
  const { wording, status } = model;
  const points = signed(points_in - points_out, count);
  return [when(at, status.business_date), wording.text(`page.movement.${kind}`), signed(stored_value, (units) => bare(units, model)), points, tillOf(till)];
}

const signed = (units, words) => (units > 0 ? `+${words(units)}` : units < 0 ? words(units).replace("-", "−") : "");
