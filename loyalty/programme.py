"""The chain's programme: versioned rules as data. Every record names the version that decided."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated

import msgspec

from ledger.amounts import UNITS_MAX, Currency
from ledger.cards import CardKind
from ledger.ids import RecordRef
from ledger.slices import Asset, Purse, Slice
from loyalty.earning import EarningRule, RedeemingRate
from loyalty.promotions import PROMOTIONS_MAX, Promotion

PARTS_MAX = 200
"""Slices that one charge may touch, so that its record keeps its bound. A member with more pays in two charges."""


class SpendingOrder(StrEnum):
    """Which part of a lot pays first. Between lots it is always: what expires soonest, then what came in first."""

    PRINCIPAL_FIRST = "principal_first"
    BONUS_FIRST = "bonus_first"


Units = Annotated[int, msgspec.Meta(ge=0, le=UNITS_MAX)]


class BonusTier(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whoever loads `from_units` or more gets `bonus_units` on top."""

    from_units: Units
    bonus_units: Units


class LoadRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Bounds of one load, in units, and what the chain gives on top of it."""

    min_units: Units = 1
    max_units: Units = UNITS_MAX
    bonus: tuple[BonusTier, ...] = ()

    def bonus_for(self, units: int) -> int:
        """The bonus of the highest tier that this load reaches, in units."""
        reached = [tier for tier in self.bonus if units >= tier.from_units]
        return max(reached, key=lambda tier: tier.from_units).bonus_units if reached else 0


class FloorLimit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a store may let go at its own risk, in units, while nothing more of the member's can be had.

    `modes`: the ways of running a store in which it may. Budgets are counted at each till, by business date.
    """

    modes: tuple[str, ...]
    sale_units: Units
    card_day_units: Units
    till_day_units: Units


Days = Annotated[int, msgspec.Meta(ge=0, le=36_600)]


class Validity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many days after the business date on which it came in something may be spent; None: for ever.

    What a member has paid for never expires.
    """

    bonus_days: Days | None = None
    points_days: Days | None = None

    def last_day(self, purse: Purse, opened_on: str) -> str | None:
        """The last business date on which what comes in now pays (ISO 8601); None: there is none."""
        days = {Purse.BONUS: self.bonus_days, Purse.POINTS: self.points_days}.get(purse)
        return None if days is None else (date.fromisoformat(opened_on) + timedelta(days)).isoformat()


class Programme(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that the chain decides about cards, and a till only carries out."""

    version: str
    currency: Currency
    card_kinds: tuple[CardKind, ...]
    load: LoadRules = LoadRules()
    charge_max_units: Units = UNITS_MAX
    spending_order: SpendingOrder = SpendingOrder.PRINCIPAL_FIRST
    earning: EarningRule | None = None
    redeeming: RedeemingRate | None = None
    validity: Validity = Validity()
    floor_limit: FloorLimit | None = None
    """None: a till lets nothing go that is not placed with it."""
    promotions: Annotated[tuple[Promotion, ...], msgspec.Meta(max_length=PROMOTIONS_MAX)] = ()

    def __post_init__(self) -> None:
        """Raises ValueError: these are settings, and they come from a file."""
        names = {promotion.name for promotion in self.promotions}
        if len(names) < len(self.promotions):
            raise ValueError("two promotions have one name, and would share what they may give")

    def promotion(self, name: str) -> Promotion | None:
        """The promotion of this name."""
        return next((one for one in self.promotions if one.name == name), None)

    def in_spending_order(self, slices: Iterable[Slice], business_date: str, asset: Asset = Asset.MONEY) -> list[Slice]:
        """The slices of an asset that may be spent today at once, in the order in which they pay; at most PARTS_MAX."""
        first = Purse.PRINCIPAL if self.spending_order is SpendingOrder.PRINCIPAL_FIRST else Purse.BONUS
        usable = [one for one in slices if one.key.purse in asset.purses and one.spendable_on(business_date)]
        return sorted(usable, key=lambda one: (*_age(one), one.key.purse is not first))[:PARTS_MAX]


def _age(one: Slice) -> tuple[str, str, str, int, int]:
    ref = RecordRef.parse(one.key.lot)
    assert ref is not None, "a lot is named by the record that opened it"
    return one.lot.expires_on or "9999-12-31", one.lot.opened_on, ref.keeper, ref.epoch, ref.sequence
