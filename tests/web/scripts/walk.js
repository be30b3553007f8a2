/** A walk at random through the sale's table, reloads included; what went against its promises. */
async ([steps, seed, hello, cards, slips]) => {
  const { START, isUnderWay, keepable, receive, revive } = await import("./sale.js");
  const KEYS = ["digit", "digit", "digit", "enter", "enter", "enter", "plus", "split", "undo", "back", "erase", "point"];
  const TOLD = [
    "presented", "card_refused", "card_gone", "opened", "not_opened", "refreshed",
    "answered", "absent", "problem", "silent", "announced", "moved",
  ];
  const UNDOES = ["refund", "void"];
  const NAME_A_SLIP = [...UNDOES, "promise"];
  const sum = (parts) => parts.reduce((all, { amount }) => all + amount, 0);
  const ENDS = ["answered", "absent", "problem"];

  let state = seed;
  const dice = (sides) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    return (Math.imul(state ^ (state >>> 12), 0x297a2d39) >>> 8) % sides;
  };
  const pick = (list) => list[dice(list.length)];

  const faults = new Set();
  const states = new Set();
  const answered = new Set();
  let sends = 0;
  let now = 0;
  let sale = START;

  const check = (before, after, input, errands) => {
    const { name } = input;
    const isOurs = input.operation_id === before.operation?.operation_id;
    const promise = (kept, fault) => kept || faults.add(`${before.state}, ${name}: ${fault}`);
    if (isUnderWay(before) && !isUnderWay(after)) promise(ENDS.includes(name) && isOurs, "it ended without its answer");
    if (isUnderWay(after)) promise(after.operation?.sent, "what is under way is not kept");
    if (isUnderWay(before) && isUnderWay(after)) promise(after.operation === before.operation, "another took its place");
    if (name === "answered" && !isOurs) promise(after === before, "an answer to another was taken");
    for (const { operation } of errands.filter((errand) => errand.name === "send")) {
      sends += 1;
      promise(!isUnderWay(before), "it was sent a second time");
      promise(!answered.has(operation.operation_id), "it was sent after its answer");
      promise(Number.isInteger(operation.amount) && operation.amount > 0, `${operation.amount} was sent`);
      promise((operation.kind === "load") === (operation.tender !== undefined), "a tender is a load's");
      promise(NAME_A_SLIP.includes(operation.kind) === (operation.receipt_number !== undefined), "a slip is an undo's");
      const parts = operation.paid ?? [];
      promise(!operation.paid || sum(parts) === operation.amount, "the parts are not the price");
      promise(parts.every(({ amount }) => amount > 0), "a part is nothing");
      promise(new Set(parts.map(({ tender }) => tender)).size === parts.length, "a tender stands twice");
      promise(!NAME_A_SLIP.includes(operation.kind) || operation.amount <= before.undo.refundable.left, "more than is left");
    }
    if (name === "answered" && isOurs && after !== before) answered.add(input.operation_id);
  };

  for (let step = 0; step < steps; step++) {
    if (dice(40) === 0) sale = revive(JSON.parse(JSON.stringify(keepable(sale)))).sale;
    now += dice(3000);
    const operation_id = dice(4) ? sale.operation?.operation_id : `op-${dice(step + 1)}`;
    const outcome = pick(["done", "done", "promised", "declined"]);
    const input = {
      name: pick(dice(3) ? KEYS : TOLD), now, id: `op-${step}`, operation_id,
      digit: String(dice(10)), card: pick(cards), presentation: pick(cards).presentation, note: null,
      answer: {
        operation_id, outcome, amount: 70_000, kind: pick(["sale", "load", "refund"]), decline: pick(["not_enough", "cancelled"]),
        record: pick(["07-1/1/57", "07-1@hq/1/57"]), card: pick(cards).card, balance: { principal: 1, bonus: 0, points: 0 },
        principal: 1, bonus: 0, points_in: 0, points_out: 0, paid: [],
        can_promise: outcome === "declined" && UNDOES.includes(sale.operation?.kind) && dice(2) === 0,
      },
      kind: pick(UNDOES), slip: pick(slips), history: { here: [], hq: null, hq_as_of: null },
      problem: { code: pick(["busy", "hq_not_reached"]), retryable: dice(2) === 0, cashier_message: {} },
    };
    const { sale: after, errands } = receive(sale, input, hello);
    check(sale, after, input, errands);
    sale = after;
    states.add(sale.state);
  }
  return { faults: [...faults], states: [...states].sort(), sends };
}
