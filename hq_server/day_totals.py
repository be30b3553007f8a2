"""The day in three columns: what the POS, the till and HQ say that members paid with stored value. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import msgspec

from ledger.amounts import UNITS_MAX
from ledger.ids import TILL_PATTERN
from ledger.slices import MONEY
from ledger.transactions import Leg, Side
from protocol.names import Day

CASHIER_LENGTH_MAX = 64
Cashier = Annotated[str, msgspec.Meta(max_length=CASHIER_LENGTH_MAX, pattern=r"^[^\x00-\x1f\x7f]*\Z")]
"""As the POS names it; empty when nobody has said."""
Total = Annotated[int, msgspec.Meta(ge=-UNITS_MAX, le=UNITS_MAX)]
"""Paid minus given back, in units: a cashier who only took goods back is below zero."""


class ZTotal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a POS says that one cashier took with member cards at one till on one business date, refunds taken off."""

    keeper: Annotated[str, msgspec.Meta(pattern=rf"^{TILL_PATTERN}\Z")]
    business_date: Day
    cashier: Cashier
    units: Total


class GivenTotal(msgspec.Struct, frozen=True):
    """A Z total as it was given, and when."""

    units: int
    given_at_ms: int


class Stand(StrEnum):
    """How the three columns stand to each other."""

    AGREES = "agrees"
    DIFFERS = "differs"
    OPEN = "open"
    """The till has not closed that day, or not said so yet."""
    NOT_POSTED = "not_posted"
    """HQ holds records of that day that it has not posted: they wait, or their turn comes."""
    Z_MISSING = "z_missing"
    """Nobody has given the POS's total."""


@dataclass(slots=True)
class Sums:
    """What one cashier's records at one till come to, in units, and how many of them there are."""

    till: int = 0
    hq: int = 0
    records: int = 0
    set_aside: int = 0
    unposted: int = 0
    at_risk: int = 0

    def add(self, said: int, posted: int | None, *, is_set_aside: bool, at_risk: int) -> None:
        """One record: what it says, what of it stands in HQ's book (None: it is not posted), what the store bears."""
        self.till += said
        self.at_risk += at_risk
        self.hq += posted or 0
        self.records += 1
        self.set_aside += is_set_aside
        self.unposted += posted is None and not is_set_aside


class DayLine(msgspec.Struct, frozen=True):
    """One cashier at one till. `z` is what the POS says, the last total that was given; None: nobody has given one.

    `till` and `hq` are what members' value paid; `at_risk` was let go at the store's own risk beside it, less what was
    taken back. The POS counts both as paid by member card.
    `unread` are records of that till and day that cannot be read, and are in no column; `is_whole` is False when the
    till had more that day than are read at once.
    """

    keeper: str
    store: str
    cashier: str
    z: int | None
    z_given: list[GivenTotal]
    till: int
    hq: int
    at_risk: int
    records: int
    set_aside: int
    unposted: int
    unread: int
    is_closed: bool
    is_whole: bool
    stand: Stand


class DayPage(msgspec.Struct, frozen=True):
    """The lines of some tills. `after` names the last of them, from where the next page goes on; None: the end."""

    business_date: str
    lines: list[DayLine]
    after: str | None


class DaySale(msgspec.Struct, frozen=True):
    """One record of a day: `units` is what it says was paid (below zero: given back), `posted` what HQ's book has.

    `at_risk` was let go at the store's own risk (below zero: taken back), and is in neither.
    """

    record: str
    recorded_at_ms: int
    kind: str
    cashier: str
    pos_ref: str | None
    receipt_number: str
    account: str
    units: int
    posted: int | None
    at_risk: int
    stands: str
    reasons: list[str]


class DaySales(msgspec.Struct, frozen=True):
    """What one cashier did that day, the first of it first. `after` names the last record; None: the end."""

    lines: list[DaySale]
    after: str | None


@dataclass(frozen=True, slots=True)
class TillDay:
    """One till's day as its records say it. `is_closed`: its own day close is among them."""

    keeper: str
    store: str
    sums: Mapping[str, Sums]
    unread: int
    is_closed: bool
    is_whole: bool


def paid(legs: Iterable[Leg]) -> int:
    """Stored value that turned into goods, minus what was given back; other movements are none of it."""
    return sum(leg.units for leg in legs if leg.side == Side.SPENT and leg.purse in MONEY)


def lines(day: TillDay, given: Mapping[str, Sequence[GivenTotal]]) -> list[DayLine]:
    """A till's lines, one for each cashier who did something or of whom the POS speaks; at least one."""
    cashiers = sorted({*day.sums, *given}) or [""]
    return [_line(day, cashier, day.sums.get(cashier, Sums()), list(given.get(cashier, ()))) for cashier in cashiers]


def _line(day: TillDay, cashier: str, sums: Sums, given: list[GivenTotal]) -> DayLine:
    z = given[-1].units if given else None
    return DayLine(
        keeper=day.keeper,
        store=day.store,
        cashier=cashier,
        z=z,
        z_given=given,
        till=sums.till,
        hq=sums.hq,
        at_risk=sums.at_risk,
        records=sums.records,
        set_aside=sums.set_aside,
        unposted=sums.unposted,
        unread=day.unread,
        is_closed=day.is_closed,
        is_whole=day.is_whole,
        stand=_stand(day, sums, z),
    )


def _stand(day: TillDay, sums: Sums, z: int | None) -> Stand:
    if sums.set_aside or (sums.till != sums.hq and not sums.unposted):
        return Stand.DIFFERS
    if not day.is_closed or not day.is_whole:
        return Stand.OPEN
    if z is not None and z != sums.till + sums.at_risk:
        return Stand.DIFFERS
    if sums.unposted:
        return Stand.NOT_POSTED
    if z is None and (sums.records or sums.till):
        return Stand.Z_MISSING
    return Stand.AGREES
