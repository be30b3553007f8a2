/** How the page writes each of these amounts. */
async ([amounts, currency]) => {
  const { format } = await import("./money.js");
  return amounts.map((units) => format(units, currency));
}
