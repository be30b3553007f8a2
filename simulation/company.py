"""A company to simulate: its programme, its placement policy, its cards, and the odds of its days."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

import msgspec
from stdnum import luhn

from hq_server.valuing import Placement
from ledger.amounts import Currency
from ledger.cards import Card, CardFault, CardKind, CardNumber, CardScheme
from loyalty.earning import EarningRule, RedeemingRate
from loyalty.programme import BonusTier, FloorLimit, LoadRules, Programme, Validity
from loyalty.promotions import Limit, Occasion, Promotion
from terminal.modes import ModeName

MEMBER = CardKind("member", "6222", 16)
PROGRAMME = Programme(
    version="2026-11",
    currency=Currency("TWD", minor_digits=2, shown_digits=0, charge_step=100),
    card_kinds=(MEMBER,),
    load=LoadRules(min_units=100, max_units=500_000, bonus=(BonusTier(100_000, 15_000), BonusTier(50_000, 6_000))),
    charge_max_units=300_000,
    earning=EarningRule("base", points=3, per_units=1_000),
    redeeming=RedeemingRate(points=7, units=100),
    validity=Validity(bonus_days=0, points_days=0),
    promotions=(
        Promotion("gift", "Gift", Occasion.LOAD, 40_000, 2_000, limited_by=Limit.NUMBER),
        Promotion("extra", "Extra", Occasion.SALE, 10_000, 40, limited_by=Limit.SUM),
    ),
    floor_limit=FloorLimit(tuple(ModeName), sale_units=40_000, card_day_units=45_000, till_day_units=50_000),
)
"""Bonus tiers, 3 points for every 10.00, and 7 of them pay 1.00; promotions that will soon have nothing to give; up to
400.00 may be let go at once. Bonus and points expire with their business date, so that many do in each run."""
FUNDED_TIMES = 12
"""So often each promotion may be given."""


class Company(msgspec.Struct, frozen=True):
    """What is simulated, beside its faults."""

    programme: Programme = PROGRAMME
    placement: Placement = Placement()
    members: int = 12
    """Who has a card; few, so that they meet at several tills."""
    customers_a_day: int = 14
    """At one till."""


def scheme(programme: Programme, chance: Random) -> CardScheme:
    """The chain's card secrets, from the seed."""
    return CardScheme(programme.card_kinds, chance.randbytes(32), {1: chance.randbytes(32)})


class Member(NamedTuple):
    """Somebody with a card: as books know it, and what its stripe says."""

    card: Card
    track2: str


def members(scheme: CardScheme, count: int) -> list[Member]:
    """So many, with cards of the first kind that holds money."""
    kind = next(kind for kind in scheme.kinds if kind.stored_value)
    numbers = [_number(scheme, kind, serial) for serial in range(1, count + 1)]
    return [Member(scheme.card(number), scheme.track2(number)) for number in numbers]


def _number(scheme: CardScheme, kind: CardKind, serial: int) -> CardNumber:
    body = kind.prefix + str(serial).zfill(kind.length - len(kind.prefix) - 1)
    number = scheme.parse_number(body + luhn.calc_check_digit(body))
    assert not isinstance(number, CardFault), f"{kind.name} is no kind of this chain's"
    return number
