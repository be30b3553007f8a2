"""Earning and redeeming: what a purchase brings in points, and what points are worth. Rules as data."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from ledger.amounts import Count


class Rounding(StrEnum):
    """What becomes of a part of a point."""

    DOWN = "down"
    HALF_UP = "half_up"
    UP = "up"


class EarningRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For every `per_units` that a member pays there are `points`, once for the whole purchase.

    `card_kinds` empty: every kind that carries points. `excluded_groups` are groups of goods that bring none. What is
    paid with points earns only when `on_points_paid` says so.
    """

    name: str
    points: Count
    per_units: Count
    rounding: Rounding = Rounding.DOWN
    card_kinds: tuple[str, ...] = ()
    excluded_groups: tuple[str, ...] = ()
    on_points_paid: bool = False
    since: str = ""
    """The first business date on which it holds (ISO 8601); empty: always."""

    def points_for(self, units: int) -> int:
        """What `units` bring, a part of a point rounded as the rule says."""
        whole, part = divmod(units * self.points, self.per_units)
        match self.rounding:
            case Rounding.DOWN:
                return whole
            case Rounding.HALF_UP:
                return whole + (part * 2 >= self.per_units)
            case Rounding.UP:
                return whole + (part > 0)


class RedeemingRate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """So many points pay for so many units of money."""

    points: Count
    units: Count

    def points_for(self, units: int) -> int:
        """The points that pay for `units`: a part of a point is a whole one, as the shop gives no change in points."""
        return -(-units * self.points // self.units)
