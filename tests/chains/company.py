"""A small chain of shops: its currency, its cards, its programme, and the people who carry its cards."""

import msgspec
from stdnum import luhn

from checkout.requests import Entry, PresentedCard
from ledger.amounts import Currency
from ledger.cards import Card, CardKind, CardNumber, CardScheme
from loyalty.earning import EarningRule, RedeemingRate
from loyalty.programme import BonusTier, LoadRules, Programme

CNY = Currency("CNY")
TWD = Currency("TWD", minor_digits=2, shown_digits=0, charge_step=100)

MEMBER = CardKind("member", "6222", 16)
POINTS_ONLY = CardKind("points", "622288", 16, stored_value=False)
LONG = CardKind("long", "622299", 19)

SCHEME = CardScheme((MEMBER, POINTS_ONLY, LONG), token_key=bytes(range(32)), stripe_keys={1: bytes([1]) * 32})
PROGRAMME = Programme(
    version="2026-11",
    currency=CNY,
    card_kinds=SCHEME.kinds,
    load=LoadRules(min_units=100, max_units=500_000, bonus=(BonusTier(100_000, 15_000), BonusTier(50_000, 6_055))),
    charge_max_units=300_000,
)

POINTS_TOO = msgspec.structs.replace(
    PROGRAMME,
    earning=EarningRule("base", points=3, per_units=1_000, excluded_groups=("tobacco",)),
    redeeming=RedeemingRate(points=7, units=100),
)
"""The same with points: 3 for every 10.00, and 7 of them pay 1.00."""


def number(serial: int, kind: CardKind = MEMBER) -> CardNumber:
    """The chain's card of this kind with this serial number, its check digit right."""
    body = kind.prefix + str(serial).zfill(kind.length - len(kind.prefix) - 1)
    return CardNumber(body + luhn.calc_check_digit(body))


def card(serial: int, kind: CardKind = MEMBER) -> Card:
    return SCHEME.card(number(serial, kind))


def swiped(one: Card) -> PresentedCard:
    return PresentedCard(one, Entry.SWIPED)


def keyed(one: Card) -> PresentedCard:
    return PresentedCard(one, Entry.KEYED)


ALICE, BOB, CAROL = card(417), card(418), card(419)
MEMBERS = (ALICE, BOB, CAROL)


def units(amount: str) -> int:
    """`12.50` -> 1250."""
    parsed = CNY.parse(amount)
    assert parsed is not None, amount
    return parsed
