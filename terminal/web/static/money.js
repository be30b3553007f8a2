/**
 * Money as whole numbers of the smallest unit, read from keys and shown by the currency of /v1/hello:
 * {code, minor_digits, shown_digits, charge_step, symbol}. Digits are moved as text; nothing here divides.
 */

/** No single amount is larger; the till's own bound. */
export const UNITS_MAX = 10 ** 12;

const TYPED = /^(\d+)(?:\.(\d*))?$/;

/** `"129"` -> `12900` where two digits are minor; null when it is not an amount of this currency. */
export function parse(text, currency) {
  const [, whole, part = ""] = TYPED.exec(text) ?? [];
  if (whole === undefined || part.length > currency.minor_digits || whole.length > String(UNITS_MAX).length) return null;
  const units = Number(whole + part.padEnd(currency.minor_digits, "0"));
  return units <= UNITS_MAX ? units : null;
}

/** `123456` -> `1,234.56`. Digits beyond shown_digits appear only when they are not zero: a cent is never hidden. */
export function format(units, currency) {
  const { minor_digits, shown_digits } = currency;
  const digits = String(Math.abs(units)).padStart(minor_digits + 1, "0");
  const whole = digits.slice(0, digits.length - minor_digits);
  const part = digits.slice(digits.length - minor_digits);
  const shown = /[1-9]/.test(part.slice(shown_digits)) ? part : part.slice(0, shown_digits);
  return (units < 0 ? "-" : "") + grouped(whole) + (shown && "." + shown);
}

/** As somebody would key it: `123456` -> `1234.56`. */
export const keyed = (units, currency) => format(units, currency).replaceAll(",", "");

/** A number of things: `1250` -> `1,250`. */
export const count = (things) => (things < 0 ? "-" : "") + grouped(String(Math.abs(things)));

/** What stands on the screen while an amount is typed: `"1234."` -> `"1,234."`. */
export function echo(typed) {
  const [whole, ...part] = typed.split(".");
  return [grouped(whole || "0"), ...part].join(".");
}

/**
 * The text after one more digit or point; unchanged when the currency has no such amount. A point ends the whole part in
 * every currency: whoever keys 129.00 where there are dollars alone means 129, and never 12900.
 */
export function type(typed, key, currency) {
  const [whole, part] = typed.split(".");
  if (key === ".") return part === undefined ? (whole || "0") + "." : typed;
  if (part !== undefined) return part.length < currency.shown_digits ? typed + key : typed;
  return typed === "0" ? key : typed + key;
}

function grouped(whole) {
  return whole.replace(/\B(?=(\d{3})+$)/g, ",");
}
