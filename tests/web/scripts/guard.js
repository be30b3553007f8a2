/** Which of these keys, each with its time in ms, belong to a stripe. */
async ([keys]) => {
  const { StripeGuard } = await import("./keys.js");
  const guard = new StripeGuard();
  return keys.map(([key, timeStamp]) => guard.drops({ key, timeStamp }));
}
