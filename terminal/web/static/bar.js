/** The status bar: one word each, with a tone that is a sign and a colour. */

const DEVICE_TONES = { ready: "good", warned: "warn", stopped: "bad", lost: "bad", unknown: "unsure", none: "plain" };
const UNPLUGGED = ["not_reachable", "reader_lost"];
const HQ_TONES = { answered: "good", not_reached: "warn", resting: "good", by_medium: "good", never: "plain" };
const BOOK_TONES = { sure: "none", unconfirmed: "warn", behind: "bad" };
const LEAD_TONES = { answered: "good", here: "good", here_alone: "warn", not_reached: "warn", shut: "bad" };

/** Of a till that does not answer, nothing is known but what does not change by itself. */
export function bar({ hello, status, wording, here }) {
  const { mode, business_date, clock, book, devices } = status;
  const { state, last_contact } = here ? status.hq : { state: "unknown", last_contact: null };
  const lead = status.lead && { ...status.lead, state: here ? stateOfLead(status.lead) : "unknown" };
  const [reader, printer] = ["MSR", "POSPrinter"].map((one) => (here ? device(devices, one) : "unknown"));
  const values = {
    till: book === "sure" ? hello.till : wording.text(`page.bar.book_${book}`, { till: hello.till }),
    mode: wording.text(`mode.${mode}`),
    business_date: clock ? wording.text("page.bar.clock", { date: business_date.slice(5) }) : business_date,
    hq: wording.text(`page.hq.${state}`, { time: when(last_contact, business_date) || "–" }),
    lead: lead ? wording.text(`page.lead.${lead.state}`, { place: lead.place }) : "",
    exchange: state === "resting" ? wording.text("page.exchange") : "",
    take_out: state === "by_medium" ? wording.text("page.medium.take_out") : "",
    bring_in: state === "by_medium" ? wording.text("page.medium.bring_in") : "",
    reader: wording.text(`page.device.${reader}`),
    printer: wording.text(`page.device.${printer}`),
  };
  const tones = { till: BOOK_TONES[book], business_date: clock ? "warn" : "none", hq: HQ_TONES[state] ?? "unsure", lead: LEAD_TONES[lead?.state] ?? "unsure" };
  return { values, tones: { ...tones, reader: toneOf(reader), printer: toneOf(printer) } };
}

const toneOf = (state) => DEVICE_TONES[state] ?? "unsure";

/** A lead whose records nobody copies though somebody should. */
const stateOfLead = ({ state, witness }) => (state === "here" && (witness ?? "answered") !== "answered" ? "here_alone" : state);

/** A device that is there and has something to say (no paper, paper near its end) is in a state of its own here. */
function device(devices, deviceClass) {
  const found = devices.find((one) => one.class === deviceClass);
  if (!found) return "none";
  const { state, reasons } = found;
  if (state === "ready" && reasons.length) return "warned";
  return state === "lost" && !reasons.some((reason) => UNPLUGGED.includes(reason)) ? "stopped" : state;
}

/** The time of day of an RFC 3339 time; its date when that is not today's. */
export function when(time, business_date) {
  if (!time) return "";
  return time.startsWith(business_date) ? time.slice(11, 16) : time.slice(5, 10);
}
