/** What of the page leaves its frame, or hides a part of its text. */
() => {
  const frames = "main, .strip, .bar, .pad";
  const shown = [...document.querySelectorAll("body *")].filter((one) => one.offsetParent && one.closest(frames) && !one.closest("pre"));
  const leaves = (one) => {
    const box = one.getBoundingClientRect();
    const frame = one.closest(frames).getBoundingClientRect();
    return box.right > frame.right + 1 || box.bottom > frame.bottom + 1 || box.left < frame.left - 1 || box.top < frame.top - 1;
  };
  const hides = (one) => one.childElementCount === 0 && one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== "inline";
  const outside = [...document.querySelectorAll(frames)].filter((frame) => frame.getBoundingClientRect().bottom > innerHeight);
  return [...outside, ...shown.filter((one) => leaves(one) || hides(one))]
    .map((one) => `${one.tagName} ${one.dataset.value ?? one.dataset.text ?? one.className}`);
}
