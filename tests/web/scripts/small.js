/** Buttons that a finger misses, and sums that can't be read from a step away. */
() => {
  const shown = (selector) => [...document.querySelectorAll(selector)].filter((one) => one.offsetParent);
  const buttons = shown("button").filter((one) => one.offsetWidth < 44 || one.offsetHeight < 44);
  const sums = shown(".money b").filter((one) => parseFloat(getComputedStyle(one).fontSize) < 64);
  return [...buttons, ...sums].map((one) => one.textContent);
}
