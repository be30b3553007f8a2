"""Sale: split payment, points that are earned and spent, and what is declined, to the cent."""

import msgspec
import pytest

from checkout.requests import Entry, PresentedCard, Sale
from checkout.results import Decline, Declined, Done
from checkout.sale import sale
from checkout.sold import Paid, PaidWith, Sold
from ledger.ids import OperationId
from ledger.slices import Purse
from ledger.transactions import Side
from loyalty.earning import EarningRule, RedeemingRate
from loyalty.evaluation import Item
from loyalty.programme import Programme, Validity
from tests.chains.company import ALICE, POINTS_ONLY, PROGRAMME, card, keyed, swiped
from tests.checkout.counter import Book

RULES = msgspec.structs.replace(
    PROGRAMME, earning=EarningRule("base", points=1, per_units=100), redeeming=RedeemingRate(points=1, units=1)
)
TEA, POT = Item("tea", 12_37), Item("pot", 80_00)
STORED, POINTS, CASH = PaidWith.STORED_VALUE, PaidWith.POINTS, PaidWith.CASH
SWIPED = swiped(ALICE)


def of(*paid: tuple[PaidWith, int], items: tuple[Item, ...] = (TEA, POT), presented: PresentedCard = SWIPED) -> Sale:
    parts = tuple(Paid(tender, units) for tender, units in paid)
    return Sale(OperationId("operation-1"), presented, items, parts, "C01", "POS-7")


@pytest.fixture
def book() -> Book:
    book = Book()
    book.put("9", Purse.PRINCIPAL, 70_01)
    book.put("9", Purse.BONUS, 10_03)
    book.put("10", Purse.PRINCIPAL, 500_00)
    book.put("11", Purse.POINTS, 1_000)
    book.put("12", Purse.POINTS, 400)
    return book


def ask(request: Sale, book: Book, programme: Programme = RULES) -> Done | Declined:
    return sale(request, book.view(), programme)


def test_a_bill_of_12_37_is_paid_wholly_in_points_and_earns_none(book: Book) -> None:
    done = book.post(ask(of((POINTS, 12_37), items=(TEA,)), book))
    assert (done.facts.points_out, done.facts.points_in, done.facts.points_after) == (1_237, 0, 163)
    assert book.total(Purse.POINTS) == 163
    assert done.sold == Sold((TEA,), (Paid(POINTS, 12_37, points=1_237),))


def test_a_split_payment_takes_each_part_from_where_it_lies_and_earns_on_what_was_paid_in_money(book: Book) -> None:
    done = book.post(ask(of((STORED, 75_00), (POINTS, 10_00), (CASH, 7_37)), book))
    assert (done.facts.principal, done.facts.bonus) == (70_01, 4_99)
    assert (done.facts.points_out, done.facts.points_in) == (1_000, 82)
    assert book.total(Purse.POINTS) == 1_400 - 1_000 + 82
    assert book.total(Purse.PRINCIPAL) + book.total(Purse.BONUS) == 580_04 - 75_00


def test_what_a_sale_earns_is_a_lot_of_its_own_and_usable_in_the_next_sale(book: Book) -> None:
    done = book.post(ask(of((CASH, 92_37)), book))
    assert [lot.key.purse for lot in done.transaction.opens] == [Purse.POINTS]
    assert [lot.key.lot for lot in done.transaction.opens] == ["07-2/1/31"]
    again = Sale(OperationId("operation-2"), SWIPED, (Item("all", 14_92),), (Paid(POINTS, 14_92),), "C01")
    book.post(ask(again, book))
    assert book.total(Purse.POINTS) == 0


def test_a_keyed_card_earns_when_the_shop_takes_the_money_and_pays_nothing_itself(book: Book) -> None:
    for entry in (Entry.KEYED, Entry.PHONE):
        earning = ask(of((CASH, 92_37), presented=PresentedCard(ALICE, entry)), book)
        assert isinstance(earning, Done)
        assert earning.facts.keyed
        for part in ((STORED, 92_37), (POINTS, 92_37)):
            answer = ask(of(part, presented=PresentedCard(ALICE, entry)), book)
            assert isinstance(answer, Declined)
            assert answer.decline is Decline.SWIPE_NEEDED


NO_REDEEMING = msgspec.structs.replace(RULES, redeeming=None)
STRICT = msgspec.structs.replace(RULES, charge_max_units=10_00)
SALES: list[tuple[Sale, Programme, Decline]] = [
    (of((CASH, 92_36)), RULES, Decline.PARTS_DIFFER),
    (of((CASH, 92_38)), RULES, Decline.PARTS_DIFFER),
    (of((CASH, 93_00), (STORED, -63)), RULES, Decline.PARTS_DIFFER),
    (of(), RULES, Decline.PARTS_DIFFER),
    (of(items=()), RULES, Decline.NOT_CHARGEABLE),
    (of((POINTS, 14_01), (CASH, 78_36)), RULES, Decline.NOT_ENOUGH_POINTS),
    (of((POINTS, 92_37)), NO_REDEEMING, Decline.NO_POINTS),
    (of((STORED, 92_37)), STRICT, Decline.ABOVE_CHARGE_LIMIT),
    (of((STORED, 600_00), items=(Item("all", 600_00),)), RULES, Decline.NOT_ENOUGH_HERE),
    (of((STORED, 92_37), presented=swiped(card(1, POINTS_ONLY))), RULES, Decline.NO_STORED_VALUE),
    (of((POINTS, 92_37), presented=keyed(ALICE)), NO_REDEEMING, Decline.SWIPE_NEEDED),
]


@pytest.mark.parametrize(("request_", "programme", "decline"), SALES)
def test_a_sale_is_declined_by_the_first_rule_that_says_no(
    request_: Sale, programme: Programme, decline: Decline, book: Book
) -> None:
    answer = ask(request_, book, programme)
    assert isinstance(answer, Declined)
    assert answer.decline is decline


def test_a_part_below_zero_is_no_part(book: Book) -> None:
    """It would add to the card what another part takes."""
    answer = ask(of((CASH, 192_37), (STORED, -100_00)), book)
    assert isinstance(answer, Declined)
    assert answer.decline is Decline.PARTS_DIFFER


def test_a_sale_of_which_the_card_pays_and_earns_nothing_is_still_the_members_sale(book: Book) -> None:
    before = dict(book.held)
    done = book.post(ask(of((CASH, 92_37)), book, msgspec.structs.replace(RULES, earning=None)))
    assert (done.transaction.legs, book.held) == ((), before)
    assert done.sold == Sold((TEA, POT), (Paid(CASH, 92_37),))


def test_every_leg_of_a_sale_balances_within_its_lot(book: Book) -> None:
    done = book.post(ask(of((STORED, 75_00), (POINTS, 10_00), (CASH, 7_37)), book))
    assert done.transaction.imbalance() == {}
    assert {leg.side for leg in done.transaction.legs} == {Side.HELD, Side.SPENT, Side.ISSUED}


def test_points_that_a_sale_brings_have_their_last_day(book: Book) -> None:
    programme = msgspec.structs.replace(RULES, validity=Validity(points_days=365))
    done = book.post(ask(of((CASH, 92_37)), book, programme))
    assert [(lot.opened_on, lot.expires_on) for lot in done.transaction.opens] == [("2026-11-22", "2027-11-22")]
