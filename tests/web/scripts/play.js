/** Feed inputs to a sale, 1 ms apart or `after` ms; the sale as it stands then, with all its errands. */
async ([inputs, hello]) => {
  const { START, receive } = await import("./sale.js");
  let sale = START;
  let now = 0;
  const errands = [];
  for (const [index, input] of inputs.entries()) {
    now += input.after ?? 1;
    const step = receive(sale, { now, id: `op-${index}`, ...input }, hello);
    sale = step.sale;
    errands.push(...step.errands);
  }
  return { ...sale, errands };
}
