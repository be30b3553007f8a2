/** Times in HQ's zone, whatever the zone of this browser. */

const MINUTE_MS = 60_000;

export class Clock {
  constructor(zone) {
    const parts = { timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" };
    this.form = new Intl.DateTimeFormat("en-CA", parts);
  }

  /** `2026-11-22 14:05:09`. A clock that is far out has a time that no calendar has: then the number as it is. */
  full(ms) {
    if (Math.abs(ms) > 8.64e15) return String(ms);
    const part = Object.fromEntries(this.form.formatToParts(new Date(ms)).map(({ type, value }) => [type, value]));
    return `${part.year}-${part.month}-${part.day} ${part.hour}:${part.minute}:${part.second}`;
  }

  /** `14:05`, or with its date when that is not today's. */
  short(ms, nowMs) {
    const [date, time] = this.full(ms).split(" ");
    if (!time) return date;
    return date === this.full(nowMs).slice(0, 10) ? time.slice(0, 5) : `${date.slice(5)} ${time.slice(0, 5)}`;
  }

  time(ms) {
    return this.full(ms).slice(11);
  }
}

export const minutesBetween = (earlierMs, laterMs) => Math.floor((laterMs - earlierMs) / MINUTE_MS);
