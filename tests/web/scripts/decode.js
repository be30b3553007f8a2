/** Events from pieces of a stream. */
async ([pieces]) => {
  const { EventDecoder } = await import("./events.js");
  const decoder = new EventDecoder();
  return pieces.flatMap((piece) => decoder.receive(piece));
}
