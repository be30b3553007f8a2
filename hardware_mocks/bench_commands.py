"""What can be done at the bench, as words on a line. The bench's page says the same words."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from hardware_mocks.bench import TILLS, Bench
from hardware_mocks.bench_hq import BenchHq
from hardware_mocks.bench_members import MEMBERS
from hardware_mocks.bench_till import BenchTill
from hardware_mocks.demo_store import CARDS
from hardware_mocks.program import DidNotStart
from hardware_mocks.wires import Wire, garbled, whole

GARBLED_RATE = 0.2
QUIT = "quit"
HQ = "hq"
FIRST_TILL = TILLS[0].place

Target = TypeVar("Target")


@dataclass(frozen=True, slots=True)
class Command(Generic[Target]):
    """One word, what may follow it, what it is good for, and what it does: it returns what is to be said."""

    word: str
    argument: str
    good_for: str
    do: Callable[[Target, str], str]


class NoSuchCard(Exception):
    """There is no such card. Say a number from 1 to 9; `members` lists them."""


def obey(bench: Bench, line: str) -> str:
    """Do what a line says; what there is to say about it. A program that does not come back is said, not raised."""
    first, _, rest = line.strip().partition(" ")
    try:
        if first in bench.tills:
            return _do(TILL_COMMANDS, bench.tills[first], rest)
        if first == HQ:
            return _do(HQ_COMMANDS, bench.hq, rest)
        if any(command.word == first for command in TILL_COMMANDS):
            return _do(TILL_COMMANDS, bench.tills[FIRST_TILL], line)
        return _do(BENCH_COMMANDS, bench, line)
    except (NoSuchCard, DidNotStart) as fault:
        return str(fault)


def _do(commands: Sequence[Command[Target]], target: Target, line: str) -> str:
    word, _, argument = line.strip().partition(" ")
    command = next((command for command in commands if command.word == word), None)
    if command is None:
        return f"There is no command {word}; `help` lists them." if word else ""
    return command.do(target, argument.strip())


# ---------------------------------------------------------------- at a till


def _swipe(till: BenchTill, argument: str) -> str:
    return _send(till, argument, whole)


def _garble(till: BenchTill, argument: str) -> str:
    return _send(till, argument, garbled(next(_SEEDS), GARBLED_RATE))


def _send(till: BenchTill, argument: str, wire: Wire) -> str:
    if argument not in {str(which) for which in range(1, CARDS + 1)}:
        raise NoSuchCard(NoSuchCard.__doc__)
    which = int(argument)
    heard = till.reader.swipe(track2=till.store.track2(which), wire=wire)
    return f"{till.store.card(which)} swiped at {till.plan.place}." if heard else "Nobody is connected to the reader."


def _turns(part: str, word: str, act: Callable[[BenchTill], object], said: str) -> Callable[[BenchTill, str], str]:
    """A command that leaves a device in another condition."""

    def do(till: BenchTill, _argument: str) -> str:
        act(till)
        till.condition[part] = word
        return f"{till.plan.place}: {said}"

    return do


def _kill(till: BenchTill, _argument: str) -> str:
    return till.kept.kill_and_start()


def _slip(till: BenchTill, _argument: str) -> str:
    latest = till.album.latest()
    if latest is None:
        return "No slip has come out yet."
    slip, file = latest
    return "\n".join(filter(None, (slip.text, "", str(file), till.album.hint)))


# ---------------------------------------------------------------- at HQ and at the bench


def _members(_bench: Bench, _argument: str) -> str:
    return "\n".join(f"{one.which}  {one.masked}  {one.phone}  joined at store {one.store}" for one in MEMBERS)


def _look(bench: Bench, _argument: str) -> str:
    tills = [f"{name:5} {' '.join(till.condition.values())}" for name, till in bench.tills.items()]
    return "\n".join([*(f"{kept.name}: {'up' if kept.is_up else 'down'}" for kept in bench.programs), *tills])


def _help(_bench: Bench, _argument: str) -> str:
    at_a_till = f"At a till; {FIRST_TILL} unless another stands before it, as in `{TILLS[-1].place} swipe 3`:"
    lines = [at_a_till, *_lines(TILL_COMMANDS), "At HQ:", *_lines(HQ_COMMANDS, f"{HQ} ")]
    return "\n".join([*lines, "At the bench:", *_lines(BENCH_COMMANDS)])


def _lines(commands: Sequence[Command[Target]], before: str = "") -> list[str]:
    return [f"  {f'{before}{one.word} {one.argument}':12} {one.good_for}" for one in commands]


_SEEDS = itertools.count(1)
"""Each garbled swipe is garbled in its own way, and the same in every demo."""

TILL_COMMANDS: Sequence[Command[BenchTill]] = (
    Command("swipe", f"1-{CARDS}", "a member's card at the reader", _swipe),
    Command("garble", f"1-{CARDS}", "the same over a bad cable", _garble),
    Command(
        "unplug",
        "",
        "pull the reader's cable",
        _turns("reader", "unplug", lambda till: till.reader.unplug(), "the reader's cable is out."),
    ),
    Command(
        "plug",
        "",
        "put it back",
        _turns(
            "reader", "plug", lambda till: till.reader.plug(), "the reader's cable is in; the till finds it in 5 s."
        ),
    ),
    Command(
        "paper-out",
        "",
        "the printer's roll ends",
        _turns("paper", "paper-out", lambda till: till.printer.paper_out(), "the printer has no paper."),
    ),
    Command(
        "new-roll",
        "",
        "put in a new one",
        _turns("paper", "new-roll", lambda till: till.printer.new_roll(), "the printer has paper."),
    ),
    Command(
        "silent",
        "",
        "the printer goes on printing and answers nothing",
        _turns("printer", "silent", lambda till: till.printer.go_silent(), "the printer prints, and answers nothing."),
    ),
    Command(
        "speak",
        "",
        "it answers again",
        _turns("printer", "speak", lambda till: till.printer.speak(), "the printer answers again."),
    ),
    Command("cut", "", "cut the line to HQ", _turns("line", "cut", BenchTill.cut, "the line to HQ is cut.")),
    Command(
        "hold",
        "",
        "HQ's answers come late: they stay in the line until `mend`",
        _turns("line", "hold", BenchTill.hold, "what HQ says stays in the line until it is mended."),
    ),
    Command("mend", "", "mend it", _turns("line", "mend", BenchTill.mend, "the line to HQ is mended.")),
    Command("kill", "", "kill -9 the till, and start it again", _kill),
    Command("slip", "", "show the last slip and where its picture is", _slip),
)
HQ_COMMANDS: Sequence[Command[BenchHq]] = (
    Command("kill", "", "kill -9 HQ, and leave it so", lambda hq, _argument: hq.kept.kill()),
    Command("start", "", "start it again", lambda hq, _argument: hq.kept.start()),
)
BENCH_COMMANDS: Sequence[Command[Bench]] = (
    Command("members", "", "whose cards there are", _members),
    Command("look", "", "what is up, and what was done to the devices", _look),
    Command("help", "", "this list", _help),
    Command(QUIT, "", "end everything", lambda _bench, _argument: ""),
)
