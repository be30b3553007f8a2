/** Elements from values, and a screen that is changed only where it differs: focus and selection stay where they are. */

/** An element. Attributes that are null or false are left out; children are elements, texts, or nothing. */
export function h(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** Make `parent` have these children. Elements with the same `data-key` are the same thing, wherever it stands now. */
export function patch(parent, children) {
  const focused = document.activeElement;
  const old = new Map([...parent.childNodes].filter((one) => keyOf(one)).map((one) => [keyOf(one), one]));
  let here = parent.firstChild;
  for (const child of children) {
    const same = keyOf(child) ? old.get(keyOf(child)) : here;
    if (same && isLike(same, child)) {
      if (same === here) here = here.nextSibling;
      else parent.insertBefore(same, here);
      become(same, child);
    } else {
      parent.insertBefore(child, here);
      if (here && !keyOf(here) && !keyOf(child)) here = removed(here);
    }
  }
  while (here) here = removed(here);
  if (focused && focused !== document.activeElement && focused.isConnected) focused.focus({ preventScroll: true });
}

const keyOf = (node) => node.dataset?.key;
const isLike = (one, other) => one.nodeName === other.nodeName && keyOf(one) === keyOf(other);

function removed(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}

function become(old, fresh) {
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  for (const name of old.getAttributeNames()) if (!fresh.hasAttribute(name) && name !== "open") old.removeAttribute(name);
  for (const name of fresh.getAttributeNames()) {
    if (old.getAttribute(name) !== fresh.getAttribute(name)) old.setAttribute(name, fresh.getAttribute(name));
  }
  patch(old, [...fresh.childNodes]);
}
