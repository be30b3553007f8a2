/** The till's API: one call, one answer. No answer in time is an answer too: SILENT. */

/** Nothing came back; whether the till got the question is unknown. */
export const SILENT = Object.freeze({ status: 0, body: null });

/** For what moves value; the till answers within milliseconds unless its disk stands still. */
const POST_TIMEOUT_MS = 5000;
const GET_TIMEOUT_MS = 3000;

export const get = (path) => call("GET", path, undefined, GET_TIMEOUT_MS);
export const post = (path, body) => call("POST", path, body, POST_TIMEOUT_MS);
export const remove = (path) => call("DELETE", path, undefined, GET_TIMEOUT_MS);

/** Whether the till has no such thing: not whether it is there. */
export const isMissing = async (path) => (await call("HEAD", path, undefined, GET_TIMEOUT_MS)).status === 404;

/** `{status, body}`; body is null where there is none. Never throws. */
async function call(method, path, body, timeoutMs) {
  const asked = { method, cache: "no-store", signal: AbortSignal.timeout(timeoutMs) };
  if (body !== undefined) Object.assign(asked, { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  try {
    const answer = await fetch(path, asked);
    const text = await answer.text();
    return { status: answer.status, body: text ? JSON.parse(text) : null };
  } catch {
    return SILENT;
  }
}

/** A file as it is; its size says how long it may take. */
export async function sendFile(path, file) {
  try {
    const answer = await fetch(path, { method: "POST", cache: "no-store", headers: { "Content-Type": "application/octet-stream" }, body: file });
    return { status: answer.status, body: await answer.json() };
  } catch {
    return SILENT;
  }
}

/** Whether the till decided: its own answer, not a problem. */
export const isAnswer = ({ status }) => status >= 200 && status < 300;

/** A new identity. randomUUID is missing where a page is not served from this machine; the rest is the same chance. */
export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
