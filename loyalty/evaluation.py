"""Evaluation: what the programme makes of a purchase. Pure: the same purchase and programme give the same answer."""

from __future__ import annotations

import msgspec

from ledger.cards import CardKind
from loyalty.programme import Programme
from loyalty.reasons import Reason


class Item(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of a purchase: `units` is what is paid for all of it, discounts taken off. The POS's own words."""

    article: str
    units: int
    quantity: int = 1
    group: str = ""
    clerk: str = ""


class Basket(msgspec.Struct, frozen=True):
    """What is bought, and how much of its price is paid with points, and how much is not paid at all."""

    items: tuple[Item, ...]
    paid_in_points: int = 0
    unpaid: int = 0

    @property
    def total(self) -> int:
        """What all of it costs, in units."""
        return sum(item.units for item in self.items)


class Buyer(msgspec.Struct, frozen=True):
    """Who buys, as far as rules ask. `tier` is empty where it is not known: the base tier."""

    card_kind: CardKind
    tier: str = ""


class Evaluation(msgspec.Struct, frozen=True):
    """The points that a purchase earns, and the trail of rules that led there."""

    points: int
    trail: tuple[Reason, ...]


def evaluate(basket: Basket, buyer: Buyer, programme: Programme, now: str) -> Evaluation:
    """What `buyer` gets for `basket` on the business date `now` (ISO 8601)."""
    rule = programme.earning
    if rule is None or now < rule.since:
        return Evaluation(0, ())
    if not buyer.card_kind.points or (rule.card_kinds and buyer.card_kind.name not in rule.card_kinds):
        return Evaluation(0, (Reason("earning_card_kind", 1, 0),))
    eligible = sum(item.units for item in basket.items if item.group not in rule.excluded_groups)
    barren = basket.unpaid + (0 if rule.on_points_paid else basket.paid_in_points)
    eligible -= _share(eligible, barren, basket.total)
    points = rule.points_for(eligible)
    return Evaluation(
        points,
        (Reason("earning_eligible", basket.total, eligible), Reason(f"earning.{rule.name}", rule.per_units, points)),
    )


def _share(units: int, part: int, whole: int) -> int:
    """As much of `units` as `part` is of `whole`; an odd cent counts as earning nothing."""
    return -(-units * part // whole) if whole else 0
