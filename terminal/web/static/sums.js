/** Sums as a language writes them: `NT$1,200`, `EUR 12.50`. The pattern is the wording table's, the digits are money.js's. */
import { format } from "./money.js";

/** The digits alone, for figures that stand in a column. */
export const bare = (units, { hello }) => format(units, hello.currency);

export function money(units, { hello, wording }) {
  return pattern(hello, wording, format(units, hello.currency));
}

/** The currency's own sign, to stand small beside large digits. */
export const symbol = ({ hello, wording }) => pattern(hello, wording, "").trim();

function pattern({ currency: { code } }, wording, amount) {
  return wording.text(wording.has(`currency.${code}`) ? `currency.${code}` : "currency.other", { amount, code });
}

/** `6222****0417` -> `6222 **** 0417`. */
export const spaced = (masked) => masked.replace(/\*+/, " $& ");

/** `482913` -> `482 913`: read and keyed in two breaths. */
export const halves = (code) => code.replace(/^(\d{3})(\d{3})$/, "$1 $2");
