"""A small chain as one value: HQ, a lead, two tills, what is under way; and every step that it can take from there.

A record is a Gift that its keeper gave, a Taken, or a Word. Who gives and takes, in which epoch, and what is posted
when, is told here once more, as the product has it; what that does to a book is the product's own code, by
tests.model.book.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ledger.ids import HEADQUARTERS, Place
from tests.model import book
from tests.model.book import NOTHING, Gift, Units

LEAD, NEAR, FAR = Place("07-1"), Place("07-2"), Place("08-1")
TILLS = (LEAD, NEAR, FAR)
HQ = HEADQUARTERS
LOADED: Units = (2, 1)
"""Of the first lot, loaded at the lead; of the second, at the till beside it."""


class Taken(NamedTuple):
    """A record that takes a gift."""

    gift: Gift


class Word(NamedTuple):
    """A record that moves nothing to or from another place: `load`, `spend` of a lot, or `adopt` an epoch of HQ's."""

    what: str
    of: int


Record = Gift | Taken | Word
Chain = tuple[Record, ...]


class Till(NamedTuple):
    """One till in its epoch. `hq_epoch` is the highest of HQ's that it knows, `done` the last directive of that.

    `is_old`: its disk was put back, and it knows; `lost` is then the whole chain that it had before.
    """

    place: Place
    epoch: int = 1
    chain: Chain = ()
    held: Units = NOTHING
    taken: frozenset[Gift] = frozenset()
    hq_epoch: int = 1
    done: int = 0
    is_old: bool = False

    def add(self, record: Record, held: Units) -> Till:
        taken = self.taken | {record.gift} if isinstance(record, Taken) else self.taken
        return self._replace(chain=(*self.chain, record), held=held, taken=taken)


class Mirror(NamedTuple):
    """How far HQ has posted a chain, and what lies at its place then."""

    posted: int = 0
    held: Units = NOTHING
    taken: frozenset[Gift] = frozenset()


class Office(NamedTuple):
    """HQ. `given` are the gifts in its own chain or readopted, `taken` those that it has taken or has back."""

    epoch: int = 1
    length: int = 1
    held: Units = NOTHING
    owed: Units = NOTHING
    given: frozenset[Gift] = frozenset()
    taken: frozenset[Gift] = frozenset()
    numbers: tuple[tuple[Place, int, int], ...] = ()
    mirrors: tuple[tuple[Place, int, Mirror], ...] = ()
    is_recovering: bool = False
    home: frozenset[tuple[Place, int]] = frozenset()

    def mirror(self, place: Place, epoch: int) -> Mirror:
        return next((one for at, in_epoch, one in self.mirrors if (at, in_epoch) == (place, epoch)), Mirror())

    def with_mirror(self, place: Place, epoch: int, mirror: Mirror) -> Office:
        others = [one for one in self.mirrors if one[:2] != (place, epoch)]
        return self._replace(mirrors=tuple(sorted([*others, (place, epoch, mirror)])))

    def number(self, place: Place, epoch: int) -> int:
        """The last directive to a keeper in this epoch of HQ's; `new_epoch` is the first of every later one."""
        first = int(self.epoch > 1)
        return next((last for at, in_epoch, last in self.numbers if (at, in_epoch) == (place, epoch)), first)

    def with_number(self, place: Place, epoch: int, number: int) -> Office:
        others = [one for one in self.numbers if one[:2] != (place, epoch)]
        return self._replace(numbers=tuple(sorted([*others, (place, epoch, number)])))


class State(NamedTuple):
    """All of it. `said` are all gifts that ever left a machine: each may arrive, late and again; `left` is how often
    each misfortune may still happen."""

    hq: Office
    tills: tuple[Till, ...]
    said: frozenset[Gift] = frozenset()
    lost: tuple[Till, ...] = ()
    saved_hq: Office | None = None
    saved_till: Till | None = None
    gifts_left: int = 3
    spends_left: int = 3
    rollbacks_left: int = 1
    restores_left: int = 1

    def till(self, place: Place) -> Till:
        return next(one for one in self.tills if one.place == place)

    def with_till(self, till: Till) -> State:
        return self._replace(tills=tuple(till if one.place == till.place else one for one in self.tills))

    def chains(self) -> Iterator[Till]:
        """The longest that there is of each chain: what a restored till has lost, its neighbours have copies of."""
        yield from self.lost
        lost = {(one.place, one.epoch) for one in self.lost}
        yield from (one for one in self.tills if (one.place, one.epoch) not in lost)


def opened(**left: int) -> State:
    """Two units were loaded at the lead, of which one lies at HQ by now, and one at the till beside it."""
    home = Gift(LEAD, 1, 2, HQ, 1, 0)
    lead = Till(LEAD, chain=(Word("load", 0),), held=book.load(NOTHING, 0, LOADED[0]))
    gave = book.give(lead.held, home)
    assert gave is not None
    lead = lead.add(home, gave)
    near = Till(NEAR, chain=(Word("load", 1),), held=book.load(NOTHING, 1, LOADED[1]))
    hq = Office(held=book.take(NOTHING, home), taken=frozenset({home}), length=2)
    for till in (lead, near):
        hq = hq.with_mirror(till.place, till.epoch, Mirror(len(till.chain), till.held))
    return State(hq, (lead, near, Till(FAR)), **left)  # type: ignore[arg-type]  # how often, by field
