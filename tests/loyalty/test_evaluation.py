"""Evaluation: what a purchase earns, rule by rule, and that nothing but the rules decides."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.cards import CardKind
from loyalty.earning import EarningRule, RedeemingRate, Rounding
from loyalty.evaluation import Basket, Buyer, Item, evaluate
from loyalty.programme import Programme
from loyalty.reasons import Reason
from tests.chains.company import PROGRAMME

TODAY = "2026-11-22"
MEMBER = CardKind("member", "6222", 16)
ONE_PER_HUNDRED = EarningRule("base", points=1, per_units=10_000)


def programme(rule: EarningRule | None = ONE_PER_HUNDRED, **changes: object) -> Programme:
    if rule is not None:
        rule = msgspec.structs.replace(rule, **changes)
    return msgspec.structs.replace(PROGRAMME, earning=rule)


def earned(*items: Item, paid_in_points: int = 0, under: Programme | None = None, kind: CardKind = MEMBER) -> int:
    basket = Basket(items, paid_in_points)
    return evaluate(basket, Buyer(kind), programme() if under is None else under, TODAY).points


def test_a_programme_without_a_rule_gives_nothing_and_says_nothing() -> None:
    assert evaluate(Basket((Item("tea", 50_000),)), Buyer(MEMBER), programme(None), TODAY).trail == ()
    assert earned(Item("tea", 50_000), under=programme(None)) == 0


def test_the_rule_looks_at_the_whole_purchase_once() -> None:
    """Three lines of 99.99 earn what 299.97 earns, not three times nothing."""
    assert earned(Item("tea", 9_999), Item("cup", 9_999), Item("pot", 9_999)) == 2


@pytest.mark.parametrize(
    ("rounding", "units", "points"),
    [
        (Rounding.DOWN, 19_999, 1),
        (Rounding.HALF_UP, 14_999, 1),
        (Rounding.HALF_UP, 15_000, 2),
        (Rounding.UP, 10_001, 2),
        (Rounding.UP, 10_000, 1),
        (Rounding.DOWN, 0, 0),
        (Rounding.UP, 0, 0),
    ],
)
def test_a_part_of_a_point_is_rounded_as_the_rule_says(rounding: Rounding, units: int, points: int) -> None:
    assert earned(Item("tea", units), under=programme(rounding=rounding)) == points


def test_goods_of_an_excluded_group_earn_nothing_and_the_trail_says_so() -> None:
    rules = programme(excluded_groups=("tobacco",))
    basket = Basket((Item("tea", 30_000), Item("cigars", 70_000, group="tobacco")))
    answer = evaluate(basket, Buyer(MEMBER), rules, TODAY)
    assert answer.points == 3
    assert answer.trail == (Reason("earning_eligible", 100_000, 30_000), Reason("earning.base", 10_000, 3))


def test_what_is_paid_with_points_earns_nothing_unless_the_rule_says_so() -> None:
    assert earned(Item("tea", 50_000), paid_in_points=20_000) == 3
    assert earned(Item("tea", 50_000), paid_in_points=50_000) == 0
    assert earned(Item("tea", 50_000), paid_in_points=20_000, under=programme(on_points_paid=True)) == 5


def test_of_what_is_paid_with_points_the_excluded_goods_bear_their_share() -> None:
    """Half the price is paid with points, and half the goods earn: a quarter earns."""
    rules = programme(excluded_groups=("tobacco",))
    goods = Item("tea", 50_000), Item("cigars", 50_000, group="tobacco")
    assert earned(*goods, paid_in_points=50_000, under=rules) == 2


def test_a_kind_of_card_that_is_not_named_earns_nothing() -> None:
    assert earned(Item("tea", 50_000), under=programme(card_kinds=("gold",))) == 0
    assert earned(Item("tea", 50_000), under=programme(card_kinds=("gold", "member"))) == 5


def test_a_card_without_points_earns_nothing() -> None:
    assert earned(Item("tea", 50_000), kind=CardKind("gift", "6223", 16, points=False)) == 0


def test_a_rule_holds_from_its_first_day_on() -> None:
    assert earned(Item("tea", 50_000), under=programme(since="2026-11-23")) == 0
    assert earned(Item("tea", 50_000), under=programme(since="2026-11-22")) == 5


@given(st.lists(st.integers(0, 10**9), max_size=20), st.integers(0, 10**9))
def test_no_purchase_earns_on_more_than_was_paid_in_money(prices: list[int], in_points: int) -> None:
    items = tuple(Item(f"article {index}", units) for index, units in enumerate(prices))
    in_points = min(in_points, sum(prices))
    assert 0 <= earned(*items, paid_in_points=in_points) <= (sum(prices) - in_points) // 10_000


@given(st.integers(0, 10**12), st.integers(1, 10**6), st.integers(1, 10**6))
def test_points_that_pay_are_always_worth_at_least_the_price_and_never_a_point_more(
    units: int, points: int, worth: int
) -> None:
    rate = RedeemingRate(points, worth)
    needed = rate.points_for(units)
    assert needed * worth >= units * points
    assert units == 0 or (needed - 1) * worth < units * points


def test_twelve_thirty_seven_is_paid_to_the_cent() -> None:
    assert RedeemingRate(points=1, units=1).points_for(1_237) == 1_237
    assert RedeemingRate(points=100, units=100).points_for(1_237) == 1_237
    assert RedeemingRate(points=10, units=100).points_for(1_237) == 124
