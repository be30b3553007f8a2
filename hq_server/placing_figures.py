"""How well value is placed: what tills refused though the member had it, and what cannot be had now. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import msgspec

from checkout.results import Decline
from checkout.sold import PaidWith
from ledger.amounts import UNITS_MAX
from ledger.slices import DAY_PATTERN, Asset
from protocol.bodies import DeclinedBody

DAYS_DEFAULT = 7
DAYS_MAX = 31
STRANDED_AFTER_H = 24.0
STRANDED_AFTER_H_MAX = 24.0 * 366
_DATE = re.compile(DAY_PATTERN)
_SHORT: Final[Mapping[tuple[str, str], Asset]] = {
    (Decline.NOT_ENOUGH, "spendable_here"): Asset.MONEY,
    (Decline.NOT_ENOUGH_HERE, "spendable_here"): Asset.MONEY,
    (Decline.LIES_ELSEWHERE, "spendable_here"): Asset.MONEY,
    (Decline.NOT_ENOUGH_POINTS, "points_here"): Asset.POINTS,
}
"""The noes for want of value at that place, and the rule that says them: the last of a record's reasons."""


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A sale that a till declined: of `asked` units that the card was to pay, `missing` did not lie there.

    `sale` tells one sale at a till from another of the same member and business date; `needs` are the units by asset
    that the member must have in all for the sale to be possible anywhere.
    """

    asset: Asset
    asked: int
    missing: int
    sale: str
    needs: Mapping[Asset, int]


def shortfall(body: DeclinedBody, business_date: str) -> Shortfall | None:
    """What a declined record says was missing at its place; None when it says another no, or what no till would."""
    last = body.reasons[-1] if body.reasons else None
    asset = None if last is None else _SHORT.get((body.decline, last.rule))
    if last is None or asset is None or body.sold is None or not _DATE.fullmatch(business_date):
        return None
    if not 0 <= last.limit < last.seen <= UNITS_MAX:
        return None
    money = sum(part.units for part in body.sold.paid if part.tender is PaidWith.STORED_VALUE)
    sale = f"units {body.units}" if body.pos_ref is None else f"pos {body.pos_ref}"
    needs = {Asset.MONEY: money} if money else {}
    return Shortfall(asset, last.seen, last.seen - last.limit, sale, {**needs, asset: last.seen})


class OutOfReach(StrEnum):
    """Why value is stranded."""

    SILENT = "silent"
    """Its till was not heard for longer than the bound, and its line is not up."""
    CLOSED = "closed"
    """Its keeper is fenced, or another machine has taken its place: nothing is asked of it any more."""
    UNDER_WAY = "under_way"
    """It has been under way to a till that is heard for longer than the bound."""


@dataclass(frozen=True, slots=True)
class Lying:
    """What lies of an asset with one keeper, or was given to it and has not come (`late`: longer ago than the bound).

    `is_silent`: HQ has not heard it for longer than the bound.
    """

    store: str
    asset: Asset
    held: int
    under_way: int
    late: int
    is_closed: bool
    is_silent: bool


def out_of_reach(lying: Lying) -> tuple[OutOfReach, int]:
    """Why, and how much of it cannot be had now, in units."""
    if lying.is_closed:
        return OutOfReach.CLOSED, lying.held + lying.under_way
    if lying.is_silent:
        return OutOfReach.SILENT, lying.held + lying.under_way
    return OutOfReach.UNDER_WAY, lying.late


class Worth(msgspec.Struct, frozen=True):
    """Money in units, and points."""

    money: int = 0
    points: int = 0

    def __add__(self, other: Worth) -> Worth:
        return Worth(self.money + other.money, self.points + other.points)


class Refused(msgspec.Struct, frozen=True):
    """Sales that were refused though funded, what the card was to pay of them, and what of that did not lie there."""

    sales: int = 0
    asked: int = 0
    missing: int = 0

    def __add__(self, other: Refused) -> Refused:
        return Refused(self.sales + other.sales, self.asked + other.asked, self.missing + other.missing)


class RefusedDay(msgspec.Struct, frozen=True):
    """What all stores refused though funded on one business date, in money and in points."""

    business_date: str
    money: Refused
    points: Refused


class StorePlacing(msgspec.Struct, frozen=True):
    """One store: what it refused though funded since a date, what is stranded with it and why, and what it exposes.

    `placed` is what each copy of its tills could spend once more; `at_risk`, in units, what it let go at its own risk.
    """

    store: str
    refused: Refused = Refused()
    refused_points: Refused = Refused()
    silent: Worth = Worth()
    closed: Worth = Worth()
    under_way: Worth = Worth()
    placed: Worth = Worth()
    at_risk: int = 0

    @property
    def stranded(self) -> Worth:
        """All that cannot be had now."""
        return self.silent + self.closed + self.under_way


class PlacementPage(msgspec.Struct, frozen=True):
    """Placement as it stands: `total` over all stores, the first of `stores_total` by what went wrong, and by date.

    What was refused counts from the business date `since` on; `stranded_after_h` is the bound, by HQ's clock `now_ms`.
    """

    now_ms: int
    since: str
    stranded_after_h: float
    total: StorePlacing
    stores_total: int
    stores: list[StorePlacing]
    days: list[RefusedDay]


@dataclass(slots=True)
class Figures:
    """What HQ's book says of placement, as it was read; `at_risk` by store in units."""

    refused: dict[tuple[str, Asset], Refused] = field(default_factory=dict)
    days: list[RefusedDay] = field(default_factory=list)
    placed: dict[tuple[str, Asset], int] = field(default_factory=dict)
    lying: list[Lying] = field(default_factory=list)
    at_risk: dict[str, int] = field(default_factory=dict)

    def by_store(self) -> list[StorePlacing]:
        """Every store of which there is anything to say; what refused most comes first, then what strands most."""
        stranded: dict[tuple[str, OutOfReach], Worth] = {}
        for lying in self.lying:
            why, units = out_of_reach(lying)
            key = lying.store, why
            stranded[key] = stranded.get(key, Worth()) + _worth(lying.asset, units)
        names = {store for store, _ in (*self.refused, *self.placed, *stranded)} | self.at_risk.keys()
        stores = [self._store(store, stranded) for store in sorted(names)]
        return sorted(stores, key=lambda one: (-one.refused.missing, -one.stranded.money, one.store))

    def _store(self, store: str, stranded: Mapping[tuple[str, OutOfReach], Worth]) -> StorePlacing:
        return StorePlacing(
            store,
            refused=self.refused.get((store, Asset.MONEY), Refused()),
            refused_points=self.refused.get((store, Asset.POINTS), Refused()),
            silent=stranded.get((store, OutOfReach.SILENT), Worth()),
            closed=stranded.get((store, OutOfReach.CLOSED), Worth()),
            under_way=stranded.get((store, OutOfReach.UNDER_WAY), Worth()),
            placed=Worth(self.placed.get((store, Asset.MONEY), 0), self.placed.get((store, Asset.POINTS), 0)),
            at_risk=self.at_risk.get(store, 0),
        )


def together(stores: Iterable[StorePlacing]) -> StorePlacing:
    """All stores in one line, which is no store's."""
    total = StorePlacing("")
    for one in stores:
        total = StorePlacing(
            "",
            total.refused + one.refused,
            total.refused_points + one.refused_points,
            total.silent + one.silent,
            total.closed + one.closed,
            total.under_way + one.under_way,
            total.placed + one.placed,
            total.at_risk + one.at_risk,
        )
    return total


def _worth(asset: Asset, units: int) -> Worth:
    return Worth(money=units) if asset is Asset.MONEY else Worth(points=units)
