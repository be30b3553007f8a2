/** Keys as fast as a reader types them; from outside the browser they would come too slowly on a busy machine. */
(keys) => keys.forEach((key) => document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true })))
