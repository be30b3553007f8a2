/** Lets a story say that the page's watch is `ahead` ms ahead: what is to be seen for a while has been seen. */
(() => {
  const now = Date.now;
  window.ahead = 0;
  Date.now = () => now() + window.ahead;
})();
