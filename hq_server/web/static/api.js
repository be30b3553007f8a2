/** HQ's API: one call, one answer. No answer in time is an answer too: SILENT. */

export const SILENT = Object.freeze({ status: 0, body: null });

const TIMEOUT_MS = 10_000;
const TOKEN = "token";

/** The admin token: for this window, and gone with it. */
export const token = () => sessionStorage.getItem(TOKEN);
export const keepToken = (text) => sessionStorage.setItem(TOKEN, text);
export const dropToken = () => sessionStorage.removeItem(TOKEN);

export const get = (path) => call("GET", path);
export const post = (path, body) => call("POST", path, body);

/** `/v1/day-sales?…` from names and values; what is null is left out. */
export function address(path, query) {
  const said = Object.entries(query).filter(([, value]) => value !== null && value !== undefined);
  return said.length ? `${path}?${new URLSearchParams(said)}` : path;
}

/** `{status, body}`; body is null where there is none. Never throws. */
async function call(method, path, body) {
  const headers = token() ? { Authorization: `Bearer ${token()}` } : {};
  const asked = { method, headers, cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS) };
  try {
    if (body !== undefined) Object.assign(asked, { body: JSON.stringify(body) });
    const answer = await fetch(path, asked);
    const text = await answer.text();
    return { status: answer.status, body: text ? JSON.parse(text) : null };
  } catch {
    return SILENT;
  }
}

/** A file goes to HQ and another comes back; `said` is what a header of HQ's says of it, as JSON. A till's months take their time. */
export async function sendFile(path, file, header) {
  const headers = { Authorization: `Bearer ${token()}`, "Content-Type": "application/octet-stream" };
  try {
    const answer = await fetch(path, { method: "POST", headers, body: file, cache: "no-store" });
    if (!isAnswer(answer)) return { status: answer.status, body: await answer.json() };
    return { status: answer.status, said: JSON.parse(answer.headers.get(header)), file: await answer.blob() };
  } catch {
    return SILENT;
  }
}

/** A new identity. randomUUID is missing where the page is not served by https or from this machine; the rest is the same chance. */
export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export const isAnswer = ({ status }) => status >= 200 && status < 300;
export const isRefused = ({ status }) => status === 401;
