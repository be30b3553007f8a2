/**
 * Which key means what. Digits are always numbers, the other keys of a number pad are commands, so that the page works
 * on a pad alone, with NumLock on or off, whatever keyboard layout or input method is set:
 * Enter, + load, * slip or parts, - rubs out or shows what moved before, / back; and for whole keyboards L, S, Backspace, Esc.
 */

const COMMANDS = {
  Enter: "enter",
  "+": "plus", l: "plus", L: "plus",
  "*": "star", s: "star", S: "star",
  "-": "erase", Backspace: "erase",
  "/": "back", Escape: "back", Esc: "back",
  ".": "point", ",": "point", Decimal: "point",
};
const CODES = {
  NumpadEnter: "enter", NumpadAdd: "plus", NumpadMultiply: "star", NumpadSubtract: "erase", NumpadDivide: "back", NumpadDecimal: "point",
};
/** Held down, these would act again; a held digit or rubber only types. */
const ONCE = new Set(["enter", "plus", "star", "back"]);

/** `{name}` or `{name: "digit", digit}`; null for a key that is not the page's. */
export function read(event) {
  if (event.ctrlKey || event.altKey || event.metaKey) return null;
  const digit = /^(?:Numpad|Digit)(\d)$/.exec(typesNothing(event) ? event.code : "")?.[1] ?? asciiDigit(event.key);
  if (digit !== undefined) return { name: "digit", digit };
  const name = CODES[event.code] ?? COMMANDS[event.key];
  if (!name || (event.repeat && ONCE.has(name))) return null;
  return event.repeat ? { name, held: true } : { name };
}

/** NumLock is off, or an input method holds the key: only its place on the keyboard tells. */
function typesNothing(event) {
  return event.code.startsWith("Numpad") || event.key === "Process" || event.isComposing;
}

function asciiDigit(key) {
  const digit = key.normalize("NFKC");
  return /^[0-9]$/.test(digit) ? digit : undefined;
}

/**
 * Keeps a reader of the keyboard type from typing a card into the page: from a start sentinel on, keys are dropped until
 * the keyboard rests. Sentinels: ISO/IEC 7811-2 (% track 1, ; track 2).
 */
export class StripeGuard {
  /** A reader sends its keys a few ms apart; a hand needs more than this. */
  static REST_MS = 150;

  lastMs = null;
  dropped = 0;

  /** Whether this key belongs to a stripe. `event.timeStamp` in ms. */
  drops({ key, timeStamp }) {
    const goesOn = this.lastMs !== null && timeStamp - this.lastMs < StripeGuard.REST_MS;
    const drops = goesOn || key === "%" || key === ";";
    this.lastMs = drops ? timeStamp : null;
    this.dropped = drops ? this.dropped + 1 : 0;
    return drops;
  }
}
