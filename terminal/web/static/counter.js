/** Moves of the sale that open a card: by swipe, by number, by phone; and those that lose it. */
import { become, keep, say, startOver, stateOf } from "./moves.js";
import { isPhone } from "./phones.js";

const NUMBER_LENGTH_MAX = 19; // ISO/IEC 7812-1
/** By when a card whose time is up is surely gone. */
const LATE_MS = 500;

export const typeNumber = (sale, { digit }) => become("number", { number: (sale.number + digit).slice(0, NUMBER_LENGTH_MAX) });

export function eraseNumber(sale) {
  const number = sale.number.slice(0, -1);
  return become(number ? "number" : "empty", { number });
}

export const lookUp = ({ number }) => become("opening", {}, isPhone(number) ? { name: "search", phone: number } : { name: "look_up", number });
export const keyAgain = ({ number }, { note }) => become(number ? "number" : "empty", { note, found: [] });

/** Nobody, one, or a family. Without HQ's answer this till may not know them all, and the cashier is told. */
export function meet(sale, { members, hq_answered }) {
  const foundHere = !hq_answered;
  const note = foundHere ? { tone: "warn", key: "page.note.found_here" } : null;
  if (members.length === 0) return become("number", { note: { tone: "warn", key: foundHere ? "page.note.nobody_here" : "page.note.nobody" } });
  if (members.length === 1) return become("opening", { foundHere }, openMember(members[0]));
  return become("choosing", { found: members, foundHere, number: "", note });
}

const openMember = ({ candidate }) => ({ name: "open_member", candidate });

export function choose(sale, { digit }) {
  const member = sale.found[digit - 1];
  return member ? become("opening", {}, openMember(member)) : say("warn", "page.note.choose_member");
}

export const look = ({ presentation }, after_ms) => ({ name: "refresh", presentation, after_ms });

/** A card's time runs out without a word from the till, so it is asked then. */
export function openCard(sale, { card }) {
  const note = sale.foundHere && card.entry === "phone" ? { tone: "warn", key: "page.note.found_here" } : null;
  return become(stateOf(card), startOver(sale, { card, note }), look(card, card.expires_in_s * 1000 + LATE_MS));
}

export const refuseCard = (_sale, { note }) => ({ changes: { note } });

/**
 * The same card told twice, by the answer and by the event, keeps what is typed. One that waits until a result is read
 * takes nothing away when it is told again, as it is with all that changes at the till.
 */
export function presentCard(sale, input) {
  const { card } = input;
  if (card.presentation === sale.waiting?.presentation) return keep(sale, { waiting: card });
  return card.presentation === sale.card?.presentation ? keep(sale, { card }) : openCard(sale, input);
}

export function keepWaiting(sale, { card }) {
  if (card.presentation === sale.operation.presentation) return keep(sale, { card });
  return { changes: { waiting: card, note: { tone: "warn", key: "page.note.card_waits" } } };
}

export const loseCard = (sale) => become("empty", startOver(sale, { note: { tone: "warn", key: "page.note.card_gone" } }));
export const forgetCard = (sale) => keep(sale, { card: null });
export const refresh = (sale, { card }) => keep(sale, { card });

/** A card that is reported lost meanwhile, or found again, is another matter. */
export function renew(sale, input) {
  const isAsBefore = input.card.blocked === (sale.state === "blocked");
  return isAsBefore ? refresh(sale, input) : become(stateOf(input.card), { card: input.card, typed: "", kind: "sale", split: null, history: null });
}

// What moved on the card before

export const showHistory = ({ card }) => become("history", { history: null }, { name: "movements", presentation: card.presentation });
export const takeHistory = (sale, { history }) => keep(sale, { history });
export const closeHistory = (sale, { note = null }) => become(stateOf(sale.card), { history: null, note });
