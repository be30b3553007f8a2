/** Where there is no line: the till's file for HQ is downloaded, and HQ's answer is chosen and brought in. */
import { isAnswer, sendFile } from "./api.js";

export function takeOut() {
  const link = document.createElement("a");
  link.href = "/v1/media";
  link.download = "";
  link.click();
}

/** Bring the chosen file in; a note that says what came of it, or null when none was chosen. */
export async function bringIn(chosen) {
  const [file] = chosen.files;
  if (!file) return null;
  const answer = await sendFile("/v1/media", file);
  chosen.value = "";
  if (!isAnswer(answer)) return answer.body ? { tone: "bad", texts: answer.body.cashier_message } : { tone: "warn", key: "page.note.no_answer" };
  const { wrong, cashier_message, carried_out, members, held, waiting } = answer.body;
  if (wrong) return { tone: "bad", texts: cashier_message };
  return { tone: "good", key: carried_out + members ? "page.medium.brought" : "page.medium.nothing_new", values: { held, waiting, carried_out } };
}
