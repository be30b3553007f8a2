"""What can be done at the bench, as words on a line."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

from hardware_mocks.bench import TILL, Bench
from hardware_mocks.demo_store import CARDS
from hardware_mocks.wires import Wire, garbled, whole

GARBLED_RATE = 0.2

Do = Callable[[Bench, str], str]


@dataclass(frozen=True, slots=True)
class Command:
    """One word, what may follow it, what it is good for, and what it does: it returns what is to be said."""

    word: str
    argument: str
    good_for: str
    do: Do


class NoSuchCard(Exception):
    """There is no such card. Say a number from 1 to 9; `cards` lists them."""


def obey(bench: Bench, line: str) -> str:
    """Do what a line says; what there is to say about it. Raises DidNotStart when the till does not come back."""
    word, _, argument = line.strip().partition(" ")
    command = next((command for command in COMMANDS if command.word == word), None)
    if command is None:
        return f"There is no command {word}; `help` lists them." if word else ""
    try:
        return command.do(bench, argument.strip())
    except NoSuchCard as fault:
        return str(fault)


def _swipe(bench: Bench, argument: str) -> str:
    return _send(bench, argument, whole)


def _garble(bench: Bench, argument: str) -> str:
    return _send(bench, argument, garbled(next(_SEEDS), GARBLED_RATE))


def _send(bench: Bench, argument: str, wire: Wire) -> str:
    which = _which(argument)
    heard = bench.reader.swipe(track2=bench.store.track2(which), wire=wire)
    return f"{bench.store.card(which)} swiped." if heard else "Nobody is connected to the reader."


def _which(argument: str) -> int:
    if argument not in {str(which) for which in range(1, CARDS + 1)}:
        raise NoSuchCard(NoSuchCard.__doc__)
    return int(argument)


def _unplug(bench: Bench, _argument: str) -> str:
    bench.reader.unplug()
    return "The reader's cable is out."


def _plug(bench: Bench, _argument: str) -> str:
    bench.reader.plug()
    return "The reader's cable is in; the till finds it within 5 s."


def _paper_out(bench: Bench, _argument: str) -> str:
    bench.printer.paper_out()
    return "The printer has no paper."


def _new_roll(bench: Bench, _argument: str) -> str:
    bench.printer.new_roll()
    return "The printer has paper."


def _silent(bench: Bench, _argument: str) -> str:
    bench.printer.go_silent()
    return "The printer prints, and answers nothing."


def _speak(bench: Bench, _argument: str) -> str:
    bench.printer.speak()
    return "The printer answers again."


def _kill(bench: Bench, _argument: str) -> str:
    before = bench.till.pid
    bench.till.kill()
    bench.restart_till()
    return f"Till {TILL} was killed (process {before}) and is back (process {bench.till.pid})."


def _slip(bench: Bench, _argument: str) -> str:
    latest = bench.album.latest()
    if latest is None:
        return "No slip has come out yet."
    slip, file = latest
    return "\n".join(filter(None, (slip.text, "", str(file), bench.album.hint)))


def _cards(bench: Bench, _argument: str) -> str:
    scheme = bench.store.scheme()
    cards = ((which, scheme.card(bench.store.card(which))) for which in range(1, CARDS + 1))
    return "\n".join(f"{which}  {card.masked}  {card.kind.name}" for which, card in cards)


def _help(_bench: Bench, _argument: str) -> str:
    width = max(len(f"{command.word} {command.argument}") for command in COMMANDS)
    return "\n".join(f"  {f'{command.word} {command.argument}':{width}}  {command.good_for}" for command in COMMANDS)


_SEEDS = itertools.count(1)
"""Each garbled swipe is garbled in its own way, and the same in every demo."""

COMMANDS = (
    Command("swipe", f"1-{CARDS}", "a member's card at the reader", _swipe),
    Command("garble", f"1-{CARDS}", "the same over a bad cable", _garble),
    Command("cards", "", "which cards there are", _cards),
    Command("unplug", "", "pull the reader's cable", _unplug),
    Command("plug", "", "put it back", _plug),
    Command("paper-out", "", "the printer's roll ends", _paper_out),
    Command("new-roll", "", "put in a new one", _new_roll),
    Command("silent", "", "the printer goes on printing and answers nothing", _silent),
    Command("speak", "", "it answers again", _speak),
    Command("slip", "", "show the last slip and where its picture is", _slip),
    Command("kill", "", "kill -9 the till, and start it again", _kill),
    Command("help", "", "this list", _help),
    Command("quit", "", "end everything", lambda _bench, _argument: ""),
)
QUIT = "quit"
