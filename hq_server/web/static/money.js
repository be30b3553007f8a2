/** Money as whole numbers of the smallest unit; `currency` is that of /v1/about. Digits are moved as text. */

/** No single amount is larger; HQ's own bound. */
export const UNITS_MAX = 10 ** 12;

const TYPED = /^(-?)(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d*))?$/;

/** `"1,234.5"` -> `123450` where two digits are minor; null when it is no amount of this currency. */
export function parse(text, currency) {
  const [, sign, whole, part = ""] = TYPED.exec(text.trim()) ?? [];
  if (whole === undefined || part.length > currency.minor_digits || whole.length > 20) return null;
  const units = Number(whole.replaceAll(",", "") + part.padEnd(currency.minor_digits, "0"));
  return units <= UNITS_MAX ? (sign ? 0 - units : units) : null;
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

/** A number of things: `1250` -> `1,250`. */
export const count = (things) => (things < 0 ? "-" : "") + grouped(String(Math.abs(things)));

/** With the sign that says whether it came or went. */
export const signed = (text) => (/^[-0]/.test(text) && !/^0[.,]/.test(text) ? text : `+${text}`);

function grouped(whole) {
  return whole.replace(/\B(?=(\d{3})+$)/g, ",");
}
