/** HQ's recovery, above the tills: why nothing is given out, who is not home yet, and the button that ends it. */
import { h } from "./dom.js";
import { count } from "./money.js";
import { link, sign, table } from "./parts.js";

export function recovering(voice, recovery, nowMs) {
  const { home, readopted, silent, silent_total } = recovery;
  const said = { why: voice.word("cause", recovery.why), time: voice.short(recovery.began_at_ms, nowMs) };
  const sums = { home: count(home), silent: count(silent_total), readopted: count(readopted) };
  return h("section", { class: "recovery", "data-key": "recovery", role: "status" },
    h("h2", { class: "sign", "data-tone": "bad" }, voice.say("recovery.title")),
    h("p", {}, voice.say("recovery.what", said)),
    h("p", { "data-key": "recovery_sums" }, voice.say("recovery.sums", sums)),
    silent.length ? silentTills(voice, silent, nowMs) : null,
    h("p", {}, voice.say(silent_total ? "recovery.end_two" : "recovery.end_all")),
    recovery.agreed_by ? h("p", { class: "sign", "data-tone": "warn", "data-key": "agreed" }, voice.say("recovery.agreed", { by: recovery.agreed_by })) : null,
    h("form", { "data-form": "recovery", "data-key": "recovery_form", class: "search", autocomplete: "off" },
      h("label", {}, h("span", {}, voice.say("recovery.by")), h("input", { name: "by", type: "text", required: true, maxlength: 64, size: 16, autocomplete: "off" })),
      h("button", {}, voice.say("recovery.end"))));
}

const silentTills = (voice, silent, nowMs) =>
  table({
    key: "silent", empty: "",
    columns: [{ head: voice.say("recovery.till") }, { head: voice.say("recovery.heard") }, { head: voice.inMoney(voice.say("tills.placed")), num: true }],
    rows: silent.map((till) => ({
      key: `silent ${till.keeper}/${till.epoch}`,
      cells: [link(`#/records/${till.keeper}/${till.epoch}`, till.keeper), heard(voice, till, nowMs), voice.sum(till.money)],
    })),
  });

function heard(voice, { heard_at_ms }, nowMs) {
  if (!heard_at_ms) return sign("warn", voice.say("recovery.not_heard"));
  return sign("work", voice.say("recovery.heard_at", { time: voice.short(heard_at_ms, nowMs) }));
}
