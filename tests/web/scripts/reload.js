/** What is kept of a sale, and what becomes of it. */
async ([sale]) => {
  const { keepable, revive } = await import("./sale.js");
  const kept = JSON.stringify(keepable(sale));
  return { kept, ...revive(JSON.parse(kept)) };
}
