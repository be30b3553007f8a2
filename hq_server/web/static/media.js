/** A till's file from a medium: it is taken in, its answer is downloaded, and a sentence says what came and what is missing. */
import { isAnswer, sendFile } from "./api.js";
import { h } from "./dom.js";
import { count } from "./money.js";

export const mediaForm = (voice) =>
  h("form", { "data-form": "media", "data-key": "media", class: "search", autocomplete: "off", "aria-label": voice.say("media.title") },
    h("label", {}, h("span", {}, voice.say("media.file")), h("input", { type: "file", name: "file", required: true })),
    h("button", {}, voice.say("media.take_in")));

export async function takeIn({ file }, { voice, state, reload, form }) {
  if (!file?.name) {
    state.note = { tone: "warn", text: voice.say("media.none") };
    return;
  }
  const answer = await sendFile("/v1/media", file, "Counterfoil-Medium");
  if (!isAnswer(answer)) {
    state.note = { tone: "bad", text: voice.wording.choose(answer.body?.message) || voice.say("gone") };
    return;
  }
  save(answer.file, `hq-to-${answer.said.keeper}.medium`);
  state.note = noteOf(voice, answer.said);
  form.reset();
  reload();
}

function save(file, name) {
  const link = h("a", { href: URL.createObjectURL(file), download: name });
  link.click();
  URL.revokeObjectURL(link.href);
}

function noteOf(voice, { keeper, records, fresh, held, waits, rejected, at, flaw }) {
  const values = { till: keeper, records: count(records), fresh: count(fresh), held: count(held), at, code: rejected };
  const sentence = rejected === "gap" ? "media.missing" : rejected ? "media.rejected" : "media.taken";
  const more = [flaw && voice.wording.text(flaw), waits > 0 && voice.say("media.waits", { waits: count(waits) })];
  return { tone: rejected || flaw ? "bad" : waits > 0 ? "warn" : "good", text: [voice.say(sentence, values), ...more].filter(Boolean).join(" ") };
}
