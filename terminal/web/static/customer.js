/** The customer's screen: it listens to the till and to what the cashier keys, and asks for nothing that changes anything. */
import { get, isAnswer } from "./api.js";
import { faces } from "./customer_faces.js";
import { CHANNEL } from "./due.js";
import { listen } from "./events.js";
import { label, show } from "./view.js";
import { LANGUAGES, Wording } from "./wording.js";

/** A result stays so long; then the next customer sees nothing of this one. */
const RESULT_STAYS_MS = 20_000;

const model = { hello: null, wording: null, card: null, due: null, answer: null };
let timer = null;

function draw() {
  if (!model.hello) return;
  show({ awake: new Set(), asks: false, tones: {}, ...faces(model) });
}

function change(changes) {
  Object.assign(model, changes);
  draw();
}

const welcome = () => change({ card: null, due: null, answer: null });

/** What was called off was told to be open before, maybe to another customer. */
function showAnswer(answer) {
  if (answer.decline === "cancelled") return;
  clearTimeout(timer);
  timer = setTimeout(welcome, RESULT_STAYS_MS);
  change({ answer, due: null });
}

/** What comes next takes the place of a result. */
function goOn(changes) {
  clearTimeout(timer);
  change({ ...changes, answer: null });
  if (!model.card) refresh();
}

const TOLD = {
  "card.presented": (card) => goOn({ card, due: null }),
  "card.seen": (card) => change(card.presentation === model.card?.presentation ? { card } : {}),
  "card.gone": ({ presentation }) => presentation === model.card?.presentation && !model.answer && welcome(),
  "operation.done": showAnswer,
  reset: refresh,
};

/** Events that said which card lies there. */
let cardsTold = 0;

function onEvent(name, data) {
  cardsTold += name === "card.presented" || name === "card.gone";
  TOLD[name]?.(data);
}

/** The card that lies there. An answer that an event has overtaken is older than what is shown. */
async function refresh() {
  const asked = cardsTold;
  const answer = await get("/v1/status");
  if (isAnswer(answer) && asked === cardsTold) change({ card: answer.body.presentation });
  return isAnswer(answer);
}

async function onHere() {
  const [hello, wording] = await Promise.all([get("/v1/hello"), get("/v1/wording")]);
  if (!isAnswer(hello) || !isAnswer(wording)) return false;
  model.hello = hello.body;
  model.wording = new Wording(wording.body, language(hello.body));
  label(model.wording);
  return refresh();
}

/** The store's, or what the address asks for: /customer?language=en. */
function language(hello) {
  const asked = new URLSearchParams(location.search).get("language");
  return LANGUAGES.includes(asked) ? asked : hello.language;
}

const cashier = new BroadcastChannel(CHANNEL);
cashier.onmessage = ({ data }) => {
  if (data.due) goOn({ due: data.due });
  else if ("due" in data) change({ due: null });
};
cashier.postMessage({ asks: true });

listen({ onHere, onEvent, onGone: welcome });
