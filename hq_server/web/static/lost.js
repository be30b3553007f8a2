/** Lost tills, below the others: what still lies there, what was written off, and the form by which two people do it. */
import { h } from "./dom.js";
import { count } from "./money.js";
import { link, sign, table } from "./parts.js";

/** Those that may be given nothing any more, and where something lies or was written off. */
export function lost(voice, tills) {
  const gone = tills.filter((till) => !till.is_open && (till.money || till.points || till.write_off));
  if (!gone.length) return null;
  const open = gone.filter(({ write_off }) => !write_off?.agreed_by);
  return h("section", { class: "lost", "data-key": "lost" },
    table({ key: "lost_tills", title: voice.say("lost.title"), empty: "", columns: columns(voice), rows: gone.map((till) => row(voice, till)) }),
    h("p", { class: "hint", "data-key": "lost_hint" }, voice.say("lost.what")),
    open.length ? form(voice, open) : null);
}

export const name = ({ keeper, epoch }) => `${keeper}/${epoch}`;

const columns = (voice) => [
  { head: voice.say("lost.till") }, { head: voice.inMoney(voice.say("lost.there")), num: true }, { head: voice.inMoney(voice.say("lost.written_off")), num: true },
  { head: voice.inMoney(voice.say("lost.paid")), num: true }, { head: voice.say("lost.state") },
];

function row(voice, till) {
  const said = till.write_off;
  const is_done = said?.agreed_by;
  const paid = said && (said.paid_money || said.paid_points) ? sign("bad", ...sums(voice, said.paid_money, said.paid_points)) : "";
  return {
    key: `lost ${name(till)}`,
    cells: [link(`#/records/${name(till)}`, name(till)), sums(voice, till.money, till.points), is_done ? sums(voice, said.money, said.points) : "", paid, state(voice, said)],
  };
}

/** Money, and below it points where there are any. */
const sums = (voice, money, points) => [voice.sum(money), points ? h("small", {}, voice.say("lost.points", { count: count(points) })) : null];

function state(voice, said) {
  if (!said) return voice.say("lost.not_proposed");
  if (!said.agreed_by) return sign("warn", voice.say("lost.proposed", { by: said.proposed_by }));
  if (!said.is_done) return sign("work", voice.say("lost.going_on"));
  return sign("good", voice.say("lost.done", { first: said.proposed_by, second: said.agreed_by }));
}

const form = (voice, open) =>
  h("form", { "data-form": "write_off", "data-key": "write_off", class: "search", autocomplete: "off" },
    h("label", {}, h("span", {}, voice.say("lost.till")), h("select", { name: "till" }, ...open.map((till) => h("option", { value: name(till) }, name(till))))),
    h("label", {}, h("span", {}, voice.say("lost.by")), h("input", { name: "by", type: "text", required: true, maxlength: 64, size: 16, autocomplete: "off" })),
    h("button", {}, voice.say("lost.end")));
