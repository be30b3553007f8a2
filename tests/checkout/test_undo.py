"""Refund and void: exactly the original's share, in any number of steps, and never more than the original."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkout.load import load
from checkout.requests import Load, Original, Sale, Tender, Undo
from checkout.results import Decline, Declined, Done
from checkout.sale import sale
from checkout.sharing import Left, share_out
from checkout.sold import Paid, PaidWith
from checkout.undo import refund, void
from ledger.ids import OperationId
from ledger.slices import Purse
from ledger.transactions import Side
from loyalty.earning import EarningRule, RedeemingRate
from loyalty.evaluation import Item
from tests.chains.company import ALICE, PROGRAMME, TWD, swiped
from tests.checkout.counter import Book, original_of

RULES = msgspec.structs.replace(
    PROGRAMME, earning=EarningRule("base", points=1, per_units=100), redeeming=RedeemingRate(points=3, units=2)
)
STORED, POINTS, CASH = PaidWith.STORED_VALUE, PaidWith.POINTS, PaidWith.CASH


def filled() -> Book:
    book = Book()
    book.put("9", Purse.PRINCIPAL, 70_01)
    book.put("9", Purse.BONUS, 10_03)
    book.put("10", Purse.PRINCIPAL, 500_00)
    book.put("11", Purse.POINTS, 10_000)
    book.put("12", Purse.POINTS, 5_000)
    return book


def test_no_half_coin_is_given_back_where_there_are_none() -> None:
    """TWD: 560.55 on the card and the rest in cash cannot be paid; with points for the odd cents it can."""
    rules = msgspec.structs.replace(RULES, currency=TWD, redeeming=RedeemingRate(points=1, units=1))
    book = filled()
    goods = (Item("goods", 600_00),)

    def ask(*paid: Paid) -> Done | Declined:
        return sale(Sale(OperationId("sale-0001"), swiped(ALICE), goods, paid, "C01"), book.view(), rules)

    odd = ask(Paid(STORED, 560_55), Paid(CASH, 39_45))
    assert isinstance(odd, Declined)
    assert odd.decline is Decline.NOT_CHARGEABLE
    before = dict(book.held)
    sold = book.post(ask(Paid(STORED, 560_55), Paid(POINTS, 9_45), Paid(CASH, 30_00)))
    undone: list[Done] = []
    for units in (100_00, 333_00, 166_00, 1_00):
        undone.append(book.post(refund(undo(units), book.view(original_of(sold, book, *undone)), rules)))
        assert all(part.units % 100 == 0 for part in undone[-1].facts.paid if part.tender is CASH)
    assert {key: units for key, units in book.held.items() if units} == before


def sell(book: Book, *paid: tuple[PaidWith, int]) -> Done:
    parts = tuple(Paid(tender, units) for tender, units in paid if units)
    price = sum(part.units for part in parts)
    request = Sale(OperationId("sale-0001"), swiped(ALICE), (Item("goods", price),), parts, "C01")
    return book.post(sale(request, book.view(), RULES))


def undo(units: int) -> Undo:
    return Undo(OperationId("undo-0001"), "07-2-000001", units, "C02")


def refunded(book: Book, sold: Done, units: int, *earlier: Done) -> Done | Declined:
    return refund(undo(units), book.view(original_of(sold, book, *earlier)), RULES)


amounts = st.integers(0, 90_00)


@given(amounts, amounts, amounts, st.lists(st.integers(1, 100_00), max_size=8))
def test_buy_and_refund_all_in_any_steps_is_as_if_nothing_was_bought(
    money: int, points: int, cash: int, steps: list[int]
) -> None:
    if not money + points + cash:
        return
    book = filled()
    before = dict(book.held)
    sold = sell(book, (STORED, money), (POINTS, points), (CASH, cash))
    undone: list[Done] = []
    for step in [*steps, money + points + cash]:
        left = original_of(sold, book, *undone).left
        if left:
            undone.append(book.post(refunded(book, sold, min(step, left), *undone)))
    assert {key: units for key, units in book.held.items() if units} == before
    assert book.owed() == 0
    assert {side for (_, side), units in book.sides.items() if units} == set()
    back: dict[PaidWith, int] = {}
    for done in undone:
        for part in done.facts.paid:
            back[part.tender] = back.get(part.tender, 0) + part.units
    assert back == {tender: units for tender, units in ((STORED, money), (POINTS, points), (CASH, cash)) if units}


parts = st.builds(lambda steps, step: Left(steps * step, step), st.integers(0, 10**6), st.sampled_from((1, 1, 100)))


@given(st.lists(parts, min_size=1, max_size=6), st.integers(0, 10**7))
def test_shares_add_up_in_whole_coins_and_none_is_more_than_is_left(left: list[Left], coins: int) -> None:
    whole = sum(part.units for part in left)
    for units in {min(coins * 100, whole // 100 * 100), whole}:
        shares = share_out(units, left)
        assert sum(shares) == units
        assert all(0 <= share <= part.units for share, part in zip(shares, left, strict=True))
        assert all(share % part.step == 0 for share, part in zip(shares, left, strict=True))
    assert share_out(whole, left) == [part.units for part in left]


def test_shares_are_in_proportion_and_what_is_no_whole_coin_goes_back_on_the_card() -> None:
    assert share_out(50_00, [Left(66_67), Left(33_33)]) == [33_34, 16_66]
    assert share_out(50_00, [Left(70_50), Left(30_00, 100)]) == [36_00, 14_00]
    assert share_out(100_00, [Left(55), Left(100_00, 100)]) == [0, 100_00]


def test_a_refund_restores_lots_in_the_reverse_of_the_order_in_which_they_paid() -> None:
    book = filled()
    sold = sell(book, (STORED, 100_00))
    assert [leg.lot for leg in sold.transaction.legs if leg.side is Side.SPENT] == ["07-2/1/9", "07-2/1/9", "07-2/1/10"]
    first = book.post(refunded(book, sold, 25_00))
    back = [(leg.lot, leg.purse, leg.units) for leg in first.transaction.legs if leg.side is Side.HELD]
    assert back[:2] == [("07-2/1/10", Purse.PRINCIPAL, 19_96), ("07-2/1/9", Purse.BONUS, 5_04)]


def test_points_that_were_earned_and_spent_since_are_owed_and_never_below_zero() -> None:
    book = filled()
    sold = sell(book, (CASH, 90_00))
    everything = book.total(Purse.POINTS)
    spent = sell(book, (POINTS, everything * 2 // 3))
    assert spent.facts.points_after == 0
    done = book.post(refund(undo(90_00), book.view(original_of(sold, book)), RULES))
    assert (done.facts.points_out, done.facts.points_owed) == (0, 90)
    assert book.owed() == 90


def test_more_than_is_left_is_never_refunded() -> None:
    book = filled()
    sold = sell(book, (STORED, 60_00))
    first = book.post(refunded(book, sold, 59_99))
    for units in (2, 60_00):
        answer = refunded(book, sold, units, first)
        assert isinstance(answer, Declined)
        assert answer.decline is Decline.MORE_THAN_LEFT
    second = book.post(refunded(book, sold, 1, first))
    answer = refunded(book, sold, 1, first, second)
    assert isinstance(answer, Declined)
    assert answer.decline is Decline.MORE_THAN_LEFT


def test_nothing_and_less_than_nothing_are_not_refunded() -> None:
    book = filled()
    sold = sell(book, (STORED, 60_00))
    for units in (0, -1):
        answer = refunded(book, sold, units)
        assert isinstance(answer, Declined)
        assert answer.decline is Decline.NOT_CHARGEABLE


def test_a_slip_that_this_till_does_not_know_is_neither_refunded_nor_voided() -> None:
    for use_case in (refund, void):
        answer = use_case(undo(100), filled().view(), RULES)
        assert isinstance(answer, Declined)
        assert answer.decline is Decline.ORIGINAL_UNKNOWN


def voided(book: Book, original: Original, units: int | None = None) -> Done | Declined:
    return void(undo(original.total if units is None else units), book.view(original), RULES)


def test_a_void_undoes_a_sale_whole_and_a_second_one_is_refused() -> None:
    book = filled()
    before = dict(book.held)
    sold = sell(book, (STORED, 60_00), (POINTS, 7_77))
    first = book.post(voided(book, original_of(sold, book)))
    assert {key: units for key, units in book.held.items() if units} == before
    answer = voided(book, original_of(sold, book, first))
    assert isinstance(answer, Declined)
    assert answer.decline is Decline.ALREADY_UNDONE


def test_a_sale_is_voided_on_its_own_business_date_only_and_whole() -> None:
    book = filled()
    sold = sell(book, (STORED, 60_00))
    late = voided(book, original_of(sold, book, on="2026-11-21"))
    part = voided(book, original_of(sold, book), 59_00)
    refund_first = book.post(refunded(book, sold, 1_00))
    after = voided(book, original_of(sold, book, refund_first))
    declines = [answer.decline for answer in (late, part, after) if isinstance(answer, Declined)]
    assert declines == [Decline.DAY_IS_OVER, Decline.MORE_THAN_LEFT, Decline.ALREADY_UNDONE]


def loaded(book: Book) -> Done:
    request = Load(OperationId("load-0001"), swiped(ALICE), 500_00, Tender.CASH, "C01")
    return book.post(load(request, book.view(), RULES))


def test_a_load_is_voided_with_its_bonus_while_all_of_it_is_here() -> None:
    book = filled()
    before = dict(book.held)
    brought = loaded(book)
    done = book.post(voided(book, original_of(brought, book)))
    assert {key: units for key, units in book.held.items() if units} == before
    assert (done.facts.principal, done.facts.bonus) == (500_00, 60_55)


def test_a_load_of_which_something_was_spent_is_not_voided_and_no_load_is_refunded() -> None:
    book = Book()
    brought = loaded(book)
    original = original_of(brought, book)
    answer = refund(undo(500_00), book.view(original), RULES)
    assert isinstance(answer, Declined)
    assert answer.decline is Decline.ORIGINAL_UNKNOWN
    sell(book, (STORED, 1))
    answer = voided(book, original)
    assert isinstance(answer, Declined)
    assert answer.decline is Decline.LOAD_WAS_USED


def test_a_hundred_purchases_and_refunds_leave_nothing_behind() -> None:
    book = filled()
    before = dict(book.held)
    for price in range(1, 101):
        sold = sell(book, (STORED, price * 7), (POINTS, price * 3), (CASH, price))
        first = book.post(refunded(book, sold, price))
        book.post(refunded(book, sold, price * 10, first))
    assert {key: units for key, units in book.held.items() if units} == before


@pytest.mark.parametrize("use_case", [refund, void])
def test_what_is_undone_names_its_original_on_slip_and_record(use_case: object) -> None:
    book = filled()
    sold = sell(book, (STORED, 60_00))
    original = original_of(sold, book)
    done = refund(undo(60_00), book.view(original), RULES) if use_case is refund else voided(book, original)
    assert isinstance(done, Done)
    assert done.facts.original == "07-2-000001"
    assert done.undone is not None
    assert (done.undone.original, done.undone.units) == (str(original.record), 60_00)


def test_two_refunds_never_give_the_same_cent_twice() -> None:
    book = filled()
    sold = sell(book, (STORED, 33_33), (POINTS, 33_33), (CASH, 33_34))
    undone: list[Done] = []
    while (left := original_of(sold, book, *undone).left) > 0:
        undone.append(book.post(refunded(book, sold, min(left, 7_77), *undone)))
    assert sum(done.facts.amount for done in undone) == 100_00
    assert sum(part.units for done in undone for part in done.facts.paid if part.tender is CASH) == 33_34
