/**
 * The till's server-sent events, over fetch: an EventSource neither says that a till is gone nor, once it has given up,
 * takes a Last-Event-ID.
 */
import { get, isMissing, SILENT } from "./api.js";

const RETRY_MS = 1000;
/** Before a stream that ended is taken up again. */
const BREATH_MS = 100;
const CONNECT_TIMEOUT_MS = 3000;
/** A till may have nothing to say; after so long a silence it is asked. */
const QUIET_MS = 5000;
const UNREAD_MAX = 1_000_000;

/** Text in, events out; it works one character at a time. Source: HTML, 9.2.6 Interpreting an event stream. */
export class EventDecoder {
  unread = "";
  event = { name: "message", data: [] };
  lastId = "";

  /** The events `{id, name, data}` that `text` completed. */
  receive(text) {
    const lines = (this.unread + text).split("\n");
    this.unread = lines.pop();
    if (this.unread.length > UNREAD_MAX) throw new RangeError("endless");
    return lines.map((line) => this.take(line.replace(/\r$/, ""))).filter(Boolean);
  }

  take(line) {
    if (line === "") return this.dispatch();
    const [, field, value] = /^([^:]*):? ?(.*)$/.exec(line);
    if (field === "event") this.event.name = value;
    if (field === "data") this.event.data.push(value);
    if (field === "id") this.lastId = value;
    return null;
  }

  dispatch() {
    const { name, data } = this.event;
    this.event = { name: "message", data: [] };
    return data.length ? { id: this.lastId, name, data: data.join("\n") } : null;
  }
}

/**
 * Listen for ever. `onHere()` on each connection, before its events: whether the till could be asked for all the page
 * needs; `onEvent(name, data)`; `onGone()` when the till does not answer. A till that was updated serves another page:
 * then this one is loaded anew, and what it has kept goes on there.
 */
export async function listen({ onHere, onEvent, onGone }) {
  let lastId = "";
  for (;;) {
    const stream = await connect(lastId);
    if (stream && (await isMissing(import.meta.url))) return location.reload();
    if (stream && (await onHere())) {
      lastId = await hear(stream, lastId, onEvent);
      await pause(BREATH_MS);
    } else {
      stream?.stop.abort();
      onGone();
      await pause(RETRY_MS);
    }
  }
}

async function connect(lastId) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), CONNECT_TIMEOUT_MS);
  try {
    const headers = lastId ? { "Last-Event-ID": lastId } : {};
    const answer = await fetch("/v1/events", { headers, cache: "no-store", signal: stop.signal });
    if (answer.ok) return { reader: answer.body.getReader(), stop };
    stop.abort();
    return null;
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}

/** Pass events on until the stream ends; answers the id of the last one. A fault in the page does not end the stream. */
async function hear({ reader, stop }, lastId, onEvent) {
  const decoder = new EventDecoder();
  const characters = new TextDecoder();
  decoder.lastId = lastId;
  try {
    for (;;) {
      const { done, value } = await next(reader);
      if (done) return decoder.lastId;
      for (const { name, data } of decoder.receive(characters.decode(value, { stream: true }))) {
        queueMicrotask(() => onEvent(name, JSON.parse(data)));
      }
    }
  } catch {
    return decoder.lastId;
  } finally {
    stop.abort();
  }
}

/** The next piece; as long as there is none, the till is asked whether it is there. */
async function next(reader) {
  const piece = reader.read();
  for (;;) {
    const first = await Promise.race([piece, pause(QUIET_MS)]);
    if (first) return first;
    if ((await get("/v1/hello")) === SILENT) throw new Error("silent");
  }
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
