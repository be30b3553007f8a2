/** The pages' words in one language, from GET /v1/wording: {"zh-TW": {key: text}, …}. */

/** In the order of the buttons. */
export const LANGUAGES = ["zh-TW", "zh-CN", "en"];

export class Wording {
  constructor(table, language) {
    this.table = table;
    this.language = language in table ? language : LANGUAGES[0];
  }

  into(language) {
    return new Wording(this.table, language);
  }

  has(key) {
    return key in (this.table[this.language] ?? {});
  }

  /** The text of `key` with `{name}` filled from `values`; the key itself where the table lacks it. */
  text(key, values = {}) {
    const text = this.table[this.language]?.[key] ?? key;
    return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  }

  /** The word for a code; the code itself where the table has none: it may be of a newer till. */
  word(prefix, code) {
    return this.has(`${prefix}.${code}`) ? this.text(`${prefix}.${code}`) : String(code);
  }

  /** A sentence that HQ sent in every language. */
  choose(texts) {
    return texts?.[this.language] ?? texts?.en ?? "";
  }
}

/** The language that was chosen last here, else the browser's, else Taiwan's. */
export function firstLanguage() {
  const chosen = localStorage.getItem("language");
  if (LANGUAGES.includes(chosen)) return chosen;
  const [spoken] = navigator.languages;
  if (/^en\b/.test(spoken)) return "en";
  return /^zh-(CN|SG|Hans)/.test(spoken) ? "zh-CN" : LANGUAGES[0];
}

export const rememberLanguage = (language) => localStorage.setItem("language", language);
