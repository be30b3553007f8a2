/** What the page says of promotions in these answers: the rows of each, and the sentence of what was missed. */
async ([hello, words, answers]) => {
  const { Wording } = await import("./wording.js");
  const { promotionRows, missed } = await import("./promotions.js");
  const model = { hello, wording: new Wording({ en: words }, "en") };
  return answers.map((answer) => [promotionRows(answer, model), missed(answer, model)]);
}
