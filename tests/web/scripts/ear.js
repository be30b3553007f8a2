/** Lets a story make the page deaf to events, without the page's knowing. */
(() => {
  const fetched = window.fetch;
  window.fetch = async (path, options) => {
    const answer = await fetched(path, options);
    if (path !== "/v1/events") return answer;
    const ear = new TransformStream({ transform: (piece, to) => window.deaf || to.enqueue(piece) });
    return new Response(answer.body.pipeThrough(ear), answer);
  };
})();
