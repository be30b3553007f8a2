/** Write down all that is ever shown at these names: `diary` of the window, by name. */
(names) => {
  window.diary = Object.fromEntries(names.map((name) => [name, []]));
  const look = () => {
    for (const name of names) {
      const shown = [...document.querySelectorAll(`[data-value=${name}]`)].find((one) => one.offsetParent && one.textContent);
      const texts = window.diary[name];
      if (shown && shown.textContent !== texts.at(-1)) texts.push(shown.textContent);
    }
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
  look();
};
