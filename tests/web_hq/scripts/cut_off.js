/** What leaves the window to the side, or hides a part of its text. */
() => {
  const shown = [...document.querySelectorAll("body *")].filter((one) => one.offsetParent && !one.closest("pre, input, .unseen"));
  const leaves = (one) => one.getBoundingClientRect().right > document.documentElement.clientWidth + 1;
  const hides = (one) => one.childElementCount === 0 && one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== "inline";
  const bursts = (one) => one.closest(".bar, .line") && one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== "inline";
  return shown.filter((one) => leaves(one) || hides(one) || bursts(one)).map((one) => `${one.tagName} ${one.textContent.slice(0, 40)}`);
}
