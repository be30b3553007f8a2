"""Slices: what a member has, lot by lot, at one place. A balance is their sum."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

import msgspec

from ledger.ids import AccountId, LotId, promotion_of

DAY_PATTERN = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
"""A business date, such as the last on which a lot may be spent: ISO 8601. Dates are compared as text."""


class Purse(StrEnum):
    """One kind of value in an account. Principal and bonus of one lot are integers of their own, never a ratio."""

    PRINCIPAL = "principal"
    BONUS = "bonus"
    POINTS = "points"
    QUOTA = "quota"
    """What a promotion may still give: so many times, or so much. It is nobody's to spend."""


MONEY = (Purse.PRINCIPAL, Purse.BONUS)
"""The purses that pay for goods as stored value."""


class Asset(StrEnum):
    """What is asked for in one sum, whatever purses it lies in."""

    MONEY = "money"
    POINTS = "points"
    QUOTA = "quota"

    @property
    def purses(self) -> tuple[Purse, ...]:
        """The purses that hold it."""
        return MONEY if self is Asset.MONEY else (Purse(self.value),)


MEMBERS_ASSETS = (Asset.MONEY, Asset.POINTS)
"""What members have, and pay with."""


def assets_of(account: AccountId) -> tuple[Asset, ...]:
    """What this account may have."""
    return MEMBERS_ASSETS if promotion_of(account) is None else (Asset.QUOTA,)


class SliceKey(NamedTuple):
    """One lot's part of one purse of one account; the place is that of the book which holds it."""

    account: AccountId
    purse: Purse
    lot: LotId


class Lot(msgspec.Struct, frozen=True):
    """What came in by one transaction: where, on which business date (ISO 8601), and when it expires, if ever."""

    key: SliceKey
    store: str
    opened_on: str
    expires_on: str | None = None


class Slice(msgspec.Struct, frozen=True):
    """`units` of a lot that lie at this place; always above zero."""

    lot: Lot
    units: int

    @property
    def key(self) -> SliceKey:
        """Whose, of which purse and lot."""
        return self.lot.key

    def spendable_on(self, business_date: str) -> bool:
        """False from the day after expires_on. Expiry stops spending; it frees nothing (DESIGN §1)."""
        return self.lot.expires_on is None or business_date <= self.lot.expires_on


def that_never_expire(slices: Iterable[Slice]) -> tuple[Slice, ...]:
    """What may be spent while nobody can say which day it is."""
    return tuple(one for one in slices if one.lot.expires_on is None)


class Part(NamedTuple):
    """Units taken from one slice."""

    slice: Slice
    units: int


def total(slices: Iterable[Slice], *purses: Purse) -> int:
    """Units in these purses."""
    return sum(one.units for one in slices if one.key.purse in purses)


def take(slices: Iterable[Slice], units: int) -> list[Part]:
    """Take `units` from the slices in the order given. What cannot be taken is missing from the parts' sum."""
    parts: list[Part] = []
    for one in slices:
        if units == 0:
            break
        part = min(units, one.units)
        parts.append(Part(one, part))
        units -= part
    return parts
