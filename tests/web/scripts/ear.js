/** Lets a story make the page deaf to events, without the page's knowing, tell it of one, or end the stream. */
(() => {
  const fetched = window.fetch;
  window.fetch = async (path, options) => {
    const answer = await fetched(path, options);
    if (path !== "/v1/events") return answer;
    const ear = new TransformStream({
      start: (control) => Object.assign(window, {
        tell: (event) => control.enqueue(new TextEncoder().encode(`event: ${event}\ndata: {}\n\n`)),
        hang_up: () => control.terminate(),
      }),
      transform: (piece, to) => window.deaf || to.enqueue(piece),
    });
    return new Response(answer.body.pipeThrough(ear), answer);
  };
})();
