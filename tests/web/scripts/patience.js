/** From here on the page's requests time out when a story says how long it has waited: `wait_for(ms)`. */
(() => {
  const waiting = [];
  AbortSignal.timeout = (ms) => {
    const stop = new AbortController();
    waiting.push({ ms, stop });
    return stop.signal;
  };
  window.wait_for = (waited) => {
    for (const { ms, stop } of waiting) if (ms <= waited) stop.abort(new DOMException("", "TimeoutError"));
  };
})();
