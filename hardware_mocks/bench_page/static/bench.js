/** The bench's page. Each button says a line that can be typed as well; what is up is asked for again and again. */

const LOOK_AGAIN_MS = 500;
const SAID_MAX = 50;
const MODES = {
  transfer: "Transfer 傳輸型: value lies here beforehand; HQ is asked for what is missing.",
  real_time: "Real time 即時型: each sale asks HQ; what lies here is for when it is away.",
};
const WHOLE = new Set(["plug", "new-roll", "speak", "mend"]);

const $ = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => within.querySelectorAll(selector);

function make(name, content, more = {}) {
  const element = Object.assign(document.createElement(name), more);
  element.append(...content);
  return element;
}

// What is up

async function look() {
  try {
    const answer = await fetch("/v1/bench", { cache: "no-store", signal: AbortSignal.timeout(5000) });
    show(await answer.json());
    $("#gone").hidden = true;
  } catch {
    $("#gone").hidden = false;
  }
}

async function keepLooking() {
  await look();
  setTimeout(keepLooking, LOOK_AGAIN_MS);
}

function show({ hq, tills, members }) {
  showProgram($("#hq"), hq);
  $("#hq a").href = hq.url;
  $('[data-line="hq kill"]').disabled = hq.pid === null;
  $('[data-line="hq start"]').disabled = hq.pid !== null;
  for (const till of tills) showTill($(`[data-till="${till.place}"]`) ?? addTill(till, members), till);
}

function showProgram(within, { pid }) {
  const state = $(".state", within);
  write(state, pid === null ? "down" : `up, process ${pid}`);
  state.toggleAttribute("data-down", pid === null);
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text; // a status is read aloud when it changes
}

function addTill({ place, store, mode, program }, members) {
  const till = $("#till").content.cloneNode(true).firstElementChild;
  till.dataset.till = place;
  till.setAttribute("aria-label", `Till ${place}`);
  $("h2", till).append(`Till ${place} `, make("span", [store], { lang: "zh-TW" }));
  $(".mode", till).append(MODES[mode] ?? mode);
  $(".page", till).href = program.url;
  $(".customer", till).href = `${program.url}customer`;
  $(".cards", till).append(...members.map(cardButton));
  for (const button of all("[data-word]", till)) {
    button.dataset.line = `${place} ${button.dataset.word}`;
    button.title = `typed: ${button.dataset.line}`;
    button.toggleAttribute("data-harm", !WHOLE.has(button.dataset.word));
  }
  $("#tills").append(till);
  return till;
}

function cardButton({ which, name, card }) {
  const button = make("button", [make("b", [which]), make("span", [name], { lang: "zh-TW" }), make("small", [card])], { type: "button" });
  button.dataset.word = `swipe ${which}`;
  return button;
}

function showTill(till, { program, condition, hears_reader: hears, slips, hint }) {
  showProgram(till, program);
  $(".note", till).hidden = hears || condition.reader !== "plug";
  for (const [part, word] of Object.entries(condition)) {
    for (const button of all(`[data-part="${part}"] button:not(.once)`, till)) {
      button.setAttribute("aria-pressed", String(button.dataset.word === word));
    }
  }
  const shown = $(".slips", till);
  if (shown.dataset.newest === String(slips[0])) return;
  shown.dataset.newest = String(slips[0]);
  shown.replaceChildren(...slips.map(slipPicture), ...(hint ? [make("p", [hint])] : []));
}

function slipPicture(path) {
  const name = `slip ${path.split("/").at(-1)}`;
  const content = path.endsWith(".png") ? make("img", [], { src: path, alt: name }) : name;
  return make("a", [content], { href: path, target: "_blank", rel: "noopener" });
}

// What is done

async function say(line) {
  const entry = make("li", [make("b", [`> ${line}\n`]), "…"]);
  $("#said").append(entry);
  while ($("#said").childElementCount > SAID_MAX) $("#said").firstElementChild.remove();
  entry.lastChild.data = await done(line);
  entry.scrollIntoView({ block: "nearest" });
  await look();
}

async function done(line) {
  const headers = { "Content-Type": "application/json" };
  try {
    const answer = await fetch("/v1/lines", { method: "POST", headers, body: JSON.stringify({ line }) });
    return (await answer.json()).said ?? "The bench did not understand.";
  } catch {
    return "The bench has ended.";
  }
}

document.addEventListener("click", async ({ target }) => {
  const button = target.closest("button[data-line]");
  if (!button) return;
  button.disabled = true;
  await say(button.dataset.line);
  if (!button.closest("#hq")) button.disabled = false;
});
keepLooking();
