"""What was sold and how it was paid, as the record keeps it: a refund undoes exactly its share of this."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from loyalty.evaluation import Item


class PaidWith(StrEnum):
    """One part of a split payment. Beside the card's own two, the till only notes what the shop took."""

    STORED_VALUE = "stored_value"
    POINTS = "points"
    CASH = "cash"
    BANK_CARD = "bank_card"
    MOBILE = "mobile"
    OTHER = "other"
    STORE_RISK = "store_risk"
    """Let go at the store's own risk, within the floor limit: no value of the member's, and a claim of the store."""


SOLD_BYTES_MAX = 22_000
"""Lines and payment as the record has them: with all the slices that a sale may touch they fit into it."""

CARD = (PaidWith.STORED_VALUE, PaidWith.POINTS)
"""The tenders that the card itself pays: to the cent, whatever coins there are."""


class Paid(msgspec.Struct, frozen=True):
    """`units` of the price, paid with one tender. For points: what they were worth, and in `points` how many."""

    tender: PaidWith
    units: int
    points: int = 0


def at_risk(paid: Iterable[Paid]) -> int:
    """Units of the price that were let go at the store's own risk."""
    return sum(part.units for part in paid if part.tender is PaidWith.STORE_RISK)


class Sold(msgspec.Struct, frozen=True):
    """A sale: its lines as the POS named them, and its payment, part by part. The parts add up to the lines."""

    items: tuple[Item, ...]
    paid: tuple[Paid, ...]

    @property
    def total(self) -> int:
        """The price, in units."""
        return sum(item.units for item in self.items)


class Undone(msgspec.Struct, frozen=True):
    """What a refund or a void has undone of the record `original`: units of its price, and of each part that paid.

    `promise`: the record of the promise that a refund keeps.
    """

    original: str
    units: int
    paid: tuple[Paid, ...]
    promise: str | None = None
