"""Promised refunds in plain arithmetic: whoever has given one keeps it once, or takes it back, and never both."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import Enum

from ledger.ids import ChainId
from terminal.answers import Answer

Slip = tuple[ChainId, str]
"""A slip by its till and its number: a till that took the place of another counts from one again."""


class Fate(Enum):
    """What has become of a promise."""

    OPEN = "open"
    KEPT = "kept"
    TAKEN_BACK = "taken back"


@dataclass
class Promise:
    """`units` of the sale with the slip `original` are to be given back."""

    original: str
    units: int
    fate: Fate = Fate.OPEN


class Promises:
    """All that tills have promised."""

    def __init__(self) -> None:
        self.made: dict[Slip, Promise] = {}
        self._open: Counter[ChainId] = Counter()

    def is_due(self, till: ChainId) -> bool:
        """Whether this till may give something back by itself."""
        return self._open[till] > 0

    def open(self) -> dict[str, Promise]:
        """Those that are neither kept nor taken back, by the numbers of their slips."""
        return {number: one for (_, number), one in self.made.items() if one.fate is Fate.OPEN}

    def count(self, fate: Fate) -> int:
        """How many have come to this."""
        return sum(one.fate is fate for one in self.made.values())

    def give(self, slip: Slip, answer: Answer) -> None:
        """A till has promised. Raises AssertionError."""
        assert slip not in self.made, f"{slip} is promised twice"
        assert (answer.kind, answer.paid) == ("promise", ()), answer
        assert answer.original is not None, answer
        self.made[slip] = Promise(answer.original, answer.amount)
        self._open[slip[0]] += 1

    def keep(self, slip: Slip, answer: Answer, left: int) -> None:
        """A till has given back what it had promised by this slip, when so much was `left`. Raises AssertionError."""
        promise = self.made.get(slip)
        assert promise is not None, f"{slip} is kept, and nobody was ever promised that"
        assert promise.fate is Fate.OPEN, f"{slip} is kept, and was {promise.fate.value} before"
        assert answer.original == promise.original, f"{slip} is a promise about {promise.original}: {answer}"
        due = min(promise.units, left)
        assert answer.amount == due, f"{answer.amount} are given back, and {due} of {slip} were to be"
        self._settle(slip, promise, Fate.KEPT)

    def take_back(self, slip: Slip) -> None:
        """A till has taken this one back. Raises AssertionError."""
        promise = self.made[slip]
        assert promise.fate is Fate.OPEN, f"{slip} is taken back, and was {promise.fate.value} before"
        self._settle(slip, promise, Fate.TAKEN_BACK)

    def _settle(self, slip: Slip, promise: Promise, fate: Fate) -> None:
        promise.fate = fate
        self._open[slip[0]] -= 1
