/** The page's words in one language, from GET /v1/wording: {"zh-TW": {key: text}, …}. */

/** In the order of the buttons. */
export const LANGUAGES = ["zh-TW", "zh-CN", "en"];

export class Wording {
  constructor(table, language) {
    this.table = table;
    this.language = language in table ? language : LANGUAGES[0];
  }

  /** The same words in another language. */
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

  /** The text of the first key that the table has. */
  first(...keys) {
    return this.text(keys.find((key) => this.has(key)) ?? keys[0]);
  }

  /** A sentence that the till sent in every language. */
  choose(texts) {
    return texts[this.language] ?? texts.en ?? "";
  }
}
