/** Text with too little contrast. Source: WCAG 2.2, 1.4.3 and its relative luminance; disabled keys are exempt. */
() => {
  const light = (colour) => {
    const [r, g, b] = colour.match(/[\d.]+/g).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (one) => {
    const colour = getComputedStyle(one).backgroundColor;
    return colour === "rgba(0, 0, 0, 0)" && one.parentElement ? behind(one.parentElement) : colour;
  };
  const contrast = (one) => {
    const [dark, bright] = [light(getComputedStyle(one).color), light(behind(one))].sort();
    return (bright + 0.05) / (dark + 0.05);
  };
  const least = (one) => (parseFloat(getComputedStyle(one).fontSize) >= 24 ? 3 : 4.5);
  return [...document.querySelectorAll("body *")]
    .filter((one) => one.offsetParent && !one.closest(":disabled, .unseen"))
    .filter((one) => [...one.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim()))
    .filter((one) => contrast(one) < least(one))
    .map((one) => `${one.tagName} ${one.textContent} ${contrast(one)}`);
}
