"""HQ's book by itself: invariant 4, and what HQ counts of each place. Plain sums over its tables."""

from __future__ import annotations

from collections import Counter

from ledger.ids import HEADQUARTERS
from ledger.journal_sqlite import Connection
from ledger.slices import Asset


def assert_conserved(book: Connection) -> None:
    """Of each lot: issued, held, spent and under way are nothing together; what HQ counts is what lies there."""
    sums: Counter[tuple[str, ...]] = Counter()
    sides: Counter[tuple[str, ...]] = Counter()
    for *lot, side, units in book.execute("select account, purse, lot, side, units from entries"):
        sides[*lot, side] += units
        sums[tuple(lot)] += units if side != "held" else 0
    for *lot, units in book.execute("select account, purse, lot, units from slices"):
        sums[tuple(lot)] += units
    assert not +sums
    assert not -sums
    assert all(units >= 0 for (*_, side), units in sides.items() if side == "in_transit")
    _assert_counted(book)
    _assert_timed(book)


def _assert_counted(book: Connection) -> None:
    held = Counter[tuple[str, int, str]]()
    for place, epoch, purse, units in book.execute("select place, epoch, purse, units from slices"):
        asset = next(asset for asset in Asset if purse in asset.purses)
        held[place, epoch, asset] += units if place != HEADQUARTERS else 0
    under_way = Counter[tuple[str, int, str]]()
    for place, epoch, asset, units in book.execute("select keeper, epoch, asset, units from under_way"):
        under_way[place, epoch, asset] += units
    for place, epoch, asset, *counted in book.execute("select * from totals"):
        assert counted == [held.pop((place, epoch, asset), 0), under_way.pop((place, epoch, asset), 0)]
    assert not +held


def _assert_timed(book: Connection) -> None:
    """What is under way, by whoever gave it, is what HQ has the hours of."""
    on_its_way = Counter[str]()
    for purse, units in book.execute("select purse, units from entries where side = 'in_transit'"):
        on_its_way[next(asset for asset in Asset if purse in asset.purses)] += units
    timed = Counter(dict(book.execute("select asset, sum(units) from given_by_hour group by asset")))
    assert +timed == +on_its_way
