"""Conservation: whether of every lot all that was issued, is owed or paid, is held, under way, or spent. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from hq_server.write_offs import Lost
from ledger.slices import Purse, SliceKey
from ledger.transactions import Side

UNEXPLAINED_SHOWN_MAX = 200
"""In one page; whoever has one has enough to look at."""


class Unexplained(StrEnum):
    """What is wrong with a lot."""

    NOT_ZERO = "not_zero"
    """Its sides do not add up to zero: value came from nowhere, or is gone."""
    UNDER_WAY_BELOW_ZERO = "under_way_below_zero"
    """More of it was taken than was given."""
    OWED_BELOW_ZERO = "owed_below_zero"
    """More was netted than was owed: the member has too little."""
    SLICES_DIFFER = "slices_differ"
    """A balance, or what was written off, is kept beside the entries and is not their sum: somebody has written in the
    file."""


@dataclass(slots=True)
class LotSums:
    """What a lot's entries say, in units. `held` is by place; `kept` is what the slices beside them say of the same.

    `owed` is what refunds should have taken back and did not find: it was never issued for good, and is held or spent.
    `written_off` lies at HQ, and at a lost place, or under way to it, as well; there it does not count. What of it is
    not there any more, the company has paid: that is at `risk`.
    """

    issued: int = 0
    spent: int = 0
    under_way: int = 0
    owed: int = 0
    written_off: int = 0
    held: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)
    _noted: int = 0
    _covered: Counter[str] = field(default_factory=Counter)
    _covered_under_way: int = 0

    def enter(self, side: str, place: str, units: int) -> None:
        """Add what one place's entries of one side say."""
        match side:
            case Side.ISSUED:
                self.issued -= units
            case Side.SPENT:
                self.spent += units
            case Side.IN_TRANSIT:
                self.under_way += units
            case Side.OWED:
                self.owed -= units
            case Side.RISK:
                self.written_off -= units
            case Side.HELD:
                self.held[place] += units
            case _:
                return  # what is on no side that we know is missing from the others, and the lot is unexplained

    def lose(self, place: str, lost: Lost) -> None:
        """Add what is kept of one epoch of a lost place."""
        held = min(lost.written_off, lost.lies)
        self._noted += lost.written_off
        self._covered[place] += held
        self._covered_under_way += min(lost.written_off - held, lost.under_way)

    @property
    def risk(self) -> int:
        """What the company has paid."""
        return self._noted - self._covered.total() - self._covered_under_way

    def counted(self) -> dict[str, int]:
        """What is held at each place and was not written off there."""
        return {place: units - self._covered[place] for place, units in self.held.items()}

    def sums(self) -> tuple[int, int, int, int, int, int]:
        """What counts: issued, held, under way, spent, owed, at risk."""
        held, under_way = self.held.total() - self._covered.total(), self.under_way - self._covered_under_way
        return self.issued, held, under_way, self.spent, self.owed, self.risk

    def doubts(self) -> tuple[Unexplained, ...]:
        """What is wrong; empty when it all adds up."""
        found = {
            Unexplained.NOT_ZERO: self.issued + self.owed + self.written_off
            != self.held.total() + self.under_way + self.spent,
            Unexplained.UNDER_WAY_BELOW_ZERO: self.under_way < 0,
            Unexplained.OWED_BELOW_ZERO: self.owed < 0,
            Unexplained.SLICES_DIFFER: +self.held != +self.kept
            or min(self.held.values(), default=0) < 0
            or self._noted != self.written_off,
        }
        return tuple(doubt for doubt, holds in found.items() if holds)


class PurseSums(msgspec.Struct, frozen=True):
    """What became of all that was issued in one purse, in units: issued + owed + risk = held + under_way + spent."""

    purse: str
    issued: int
    held: int
    under_way: int
    spent: int
    owed: int = 0
    risk: int = 0


class PlaceSum(msgspec.Struct, frozen=True):
    """What lies at one place, of all its keeper's epochs, in units."""

    place: str
    purse: str
    held: int


class UnexplainedLot(msgspec.Struct, frozen=True):
    """A lot that does not add up, and what its entries say."""

    account: str
    purse: str
    lot: str
    doubts: tuple[Unexplained, ...]
    issued: int
    held: int
    under_way: int
    spent: int
    owed: int = 0
    risk: int = 0


class ConservationPage(msgspec.Struct, frozen=True):
    """A run of accounts, added up. `after` names the last of them, from where the next page goes on; None: the end.

    `unexplained` are the first UNEXPLAINED_SHOWN_MAX of `unexplained_total` lots.
    """

    lots: int
    purses: list[PurseSums]
    places: list[PlaceSum]
    unexplained_total: int
    unexplained: list[UnexplainedLot]
    after: str | None


def page(lots: dict[SliceKey, LotSums], after: str | None) -> ConservationPage:
    """Add up some lots. Accounts are never cut in two, so each page stands for itself and pages may be added."""
    by_purse = {purse: [_sums(purse, one) for key, one in lots.items() if key.purse == purse] for purse in Purse}
    doubtful = [(key, sums) for key, sums in sorted(lots.items()) if sums.doubts()]
    return ConservationPage(
        lots=len(lots),
        purses=[_added(purse, sums) for purse, sums in by_purse.items()],
        places=_places(lots),
        unexplained_total=len(doubtful),
        unexplained=[_unexplained(key, sums) for key, sums in doubtful[:UNEXPLAINED_SHOWN_MAX]],
        after=after,
    )


def together(pages: Iterable[ConservationPage]) -> ConservationPage:
    """Several pages as one."""
    purses: defaultdict[str, list[PurseSums]] = defaultdict(list)
    places: Counter[tuple[str, str]] = Counter()
    lots = unexplained_total = 0
    unexplained: list[UnexplainedLot] = []
    for one in pages:
        lots += one.lots
        unexplained_total += one.unexplained_total
        unexplained = [*unexplained, *one.unexplained][:UNEXPLAINED_SHOWN_MAX]
        for sums in one.purses:
            purses[sums.purse].append(sums)
        for place in one.places:
            places[place.place, place.purse] += place.held
    return ConservationPage(
        lots=lots,
        purses=[_added(purse, sums) for purse, sums in purses.items()],
        places=[PlaceSum(place, purse, held) for (place, purse), held in sorted(places.items())],
        unexplained_total=unexplained_total,
        unexplained=unexplained,
        after=None,
    )


def _sums(purse: str, lot: LotSums) -> PurseSums:
    return PurseSums(purse, *lot.sums())


def _added(purse: str, sums: Sequence[PurseSums]) -> PurseSums:
    return PurseSums(
        purse,
        issued=sum(one.issued for one in sums),
        held=sum(one.held for one in sums),
        under_way=sum(one.under_way for one in sums),
        spent=sum(one.spent for one in sums),
        owed=sum(one.owed for one in sums),
        risk=sum(one.risk for one in sums),
    )


def _places(lots: dict[SliceKey, LotSums]) -> list[PlaceSum]:
    held: Counter[tuple[str, str]] = Counter()
    for key, sums in lots.items():
        for place, units in sums.counted().items():
            held[place, key.purse] += units
    return [PlaceSum(place, purse, units) for (place, purse), units in sorted(held.items()) if units]


def _unexplained(key: SliceKey, sums: LotSums) -> UnexplainedLot:
    return UnexplainedLot(*key, sums.doubts(), *sums.sums())
