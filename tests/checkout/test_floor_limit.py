"""The floor limit: what may be let go at the store's own risk, who has to agree, and what comes back first."""

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkout.requests import BookView, Elsewhere, LetGo, PresentedCard, Sale, Undo
from checkout.results import Decline, Declined, Done
from checkout.sale import sale
from checkout.sold import Paid, PaidWith, at_risk
from checkout.undo import refund, void
from ledger.ids import OperationId
from ledger.slices import Purse
from loyalty.earning import EarningRule, RedeemingRate
from loyalty.evaluation import Item
from loyalty.programme import PARTS_MAX, FloorLimit, Programme
from loyalty.reasons import Reason
from tests.chains.company import ALICE, POINTS_ONLY, PROGRAMME, TWD, card, keyed, swiped
from tests.checkout.counter import Book, original_of

STORED, POINTS, CASH, RISK = PaidWith.STORED_VALUE, PaidWith.POINTS, PaidWith.CASH, PaidWith.STORE_RISK
FLOOR = FloorLimit(("transfer",), sale_units=300_00, card_day_units=500_00, till_day_units=800_00)
RULES = msgspec.structs.replace(
    PROGRAMME,
    earning=EarningRule("base", points=1, per_units=100),
    redeeming=RedeemingRate(points=1, units=1),
    floor_limit=FLOOR,
)
SWIPED = swiped(ALICE)


@pytest.fixture
def book() -> Book:
    book = Book()
    book.put("9", Purse.PRINCIPAL, 60_00)
    book.put("9", Purse.BONUS, 10_00)
    return book


def view_of(book: Book, **more: object) -> BookView:
    seen = {"mode": "transfer", "let_go": LetGo(0, 0), **more}
    return msgspec.structs.replace(book.view(), **seen)


def bill(agreed: int = 0, presented: PresentedCard = SWIPED, *others: Paid, units: int = 100_00) -> Sale:
    """100.00 from the card, which has 70.00."""
    paid = (Paid(STORED, units), *others)
    items = (Item("tea", sum(part.units for part in paid)),)
    return Sale(OperationId("operation-1"), presented, items, paid, "C01", floor_limit=agreed)


def ask(request: Sale, view: BookView, programme: Programme = RULES) -> Done | Declined:
    return sale(request, view, programme)


def test_the_first_answer_is_a_no_that_says_how_much_may_be_let_go(book: Book) -> None:
    answer = ask(bill(), view_of(book))
    assert isinstance(answer, Declined)
    assert (answer.decline, answer.floor_limit) == (Decline.NOT_ENOUGH_HERE, 30_00)
    assert answer.reasons[-9:] == (
        Reason("floor_limit_mode", 1, 1),
        Reason("floor_limit_reported", 1, 1),
        Reason("floor_limit_clock", 1, 1),
        Reason("floor_limit_lots", 0, 0),
        Reason("floor_limit_sale", 300_00, 30_00),
        Reason("floor_limit_card", 500_00, 30_00),
        Reason("floor_limit_till", 800_00, 30_00),
        Reason("floor_limit_agreed", 0, 30_00),
        Reason("spendable_here", 70_00, 100_00),
    )


def test_whoever_agrees_lets_the_missing_part_go_and_the_card_pays_what_lies_here(book: Book) -> None:
    done = book.post(ask(bill(30_00), view_of(book)))
    assert done.sold is not None
    assert done.sold.paid == done.facts.paid == (Paid(STORED, 70_00), Paid(RISK, 30_00))
    assert (book.total(Purse.PRINCIPAL), book.total(Purse.BONUS)) == (0, 0)
    assert (done.facts.principal, done.facts.bonus, done.facts.amount) == (60_00, 10_00, 100_00)
    assert sum(leg.units for leg in done.transaction.legs if leg.side == "spent") == 70_00


def test_a_card_that_has_nothing_here_may_have_all_of_it_let_go_and_no_leg_touches_it() -> None:
    done = Book().post(ask(bill(100_00), view_of(Book())))
    assert done.sold is not None
    assert done.sold.paid == (Paid(RISK, 100_00),)
    assert done.transaction.legs == ()
    assert done.facts.points_in == 0


@pytest.mark.parametrize("agreed", [29_99, 30_01, 10**12])
def test_an_agreement_to_another_sum_is_none_and_the_right_one_is_offered(agreed: int, book: Book) -> None:
    """Nobody can know what is missing here who was not told, so nobody agrees unseen."""
    answer = ask(bill(agreed), view_of(book))
    assert isinstance(answer, Declined)
    assert answer.floor_limit == 30_00


def test_what_came_meanwhile_is_paid_by_the_card_whatever_was_agreed(book: Book) -> None:
    book.put("10", Purse.PRINCIPAL, 30_00)
    done = book.post(ask(bill(30_00), view_of(book)))
    assert done.facts.paid == (Paid(STORED, 100_00),)


NEVER: list[tuple[str, Callable[[Book], BookView], PresentedCard, Programme]] = [
    ("off", view_of, SWIPED, msgspec.structs.replace(RULES, floor_limit=None)),
    ("another mode", lambda book: view_of(book, mode="real_time"), SWIPED, RULES),
    ("the clock is in doubt", lambda book: view_of(book, clock_doubted=True), SWIPED, RULES),
    ("HQ takes no records of this till's", lambda book: view_of(book, let_go=None), SWIPED, RULES),
    ("HQ has said that there is less", lambda book: view_of(book, elsewhere=Elsewhere(29_99, 0)), SWIPED, RULES),
    ("lost", lambda book: view_of(book, blocked=True), SWIPED, RULES),
    ("keyed", view_of, keyed(ALICE), RULES),
    ("no such card", view_of, swiped(card(1, POINTS_ONLY)), RULES),
    ("too much", view_of, SWIPED, msgspec.structs.replace(RULES, floor_limit=FloorLimit(("transfer",), 29_99, 90, 90))),
    ("this card's day is full", lambda book: view_of(book, let_go=LetGo(470_01, 470_01)), SWIPED, RULES),
    ("this till's day is full", lambda book: view_of(book, let_go=LetGo(0, 770_01)), SWIPED, RULES),
    ("zero", view_of, SWIPED, msgspec.structs.replace(RULES, floor_limit=FloorLimit(("transfer",), 0, 0, 0))),
]


@pytest.mark.parametrize(("why", "view", "presented", "programme"), NEVER, ids=[why for why, *_ in NEVER])
def test_nothing_is_offered_and_no_agreement_helps(
    why: str, view: Callable[[Book], BookView], presented: PresentedCard, programme: Programme, book: Book
) -> None:
    for agreed in (0, 30_00):
        answer = ask(bill(agreed, presented), view(book), programme)
        assert isinstance(answer, Declined), why
        assert answer.floor_limit == 0


def test_money_that_lies_here_in_more_lots_than_a_record_takes_pays_in_a_second_sale() -> None:
    book = Book()
    for lot in range(PARTS_MAX + 1):
        book.put(str(lot + 1), Purse.PRINCIPAL, 1_00)
    answer = ask(bill(units=201_00), view_of(book))
    assert isinstance(answer, Declined)
    assert answer.floor_limit == 0
    assert answer.reasons[-2] == Reason("floor_limit_lots", 0, 1_00)


LIMITS = [
    (view_of, True),
    (lambda book: view_of(book, let_go=LetGo(470_00, 770_00)), True),
    (lambda book: view_of(book, elsewhere=Elsewhere(30_00, 0)), True),
]


@pytest.mark.parametrize(("view", "offered"), LIMITS)
def test_up_to_each_limit_it_is_offered(view: Callable[[Book], BookView], *, offered: bool, book: Book) -> None:
    answer = ask(bill(), view(book))
    assert isinstance(answer, Declined)
    assert (answer.floor_limit == 30_00) is offered


def test_nobody_may_name_the_stores_risk_as_a_tender(book: Book) -> None:
    answer = ask(bill(0, SWIPED, Paid(RISK, 1_00)), view_of(book))
    assert isinstance(answer, Declined)
    assert answer.decline is Decline.PARTS_DIFFER


def test_what_nobody_has_paid_earns_no_points(book: Book) -> None:
    done = book.post(ask(bill(30_00, SWIPED, Paid(CASH, 10_00)), view_of(book)))
    assert done.facts.points_in == 80


def test_a_refund_takes_the_stores_risk_back_before_anybody_gets_anything(book: Book) -> None:
    done = book.post(ask(bill(30_00, SWIPED, Paid(CASH, 20_00)), view_of(book)))
    receipt, undone = "07-2-000001", list[Done]()
    for units, paid, points in (
        (20_00, (Paid(RISK, 20_00),), 0),
        (19_00, (Paid(STORED, 7_00), Paid(RISK, 10_00), Paid(CASH, 2_00)), 9),
        (81_00, (Paid(STORED, 63_00), Paid(CASH, 18_00)), 81),
    ):
        original = original_of(done, book, *undone)
        view = book.view(original)
        back = book.post(refund(Undo(OperationId(f"back-{units}"), receipt, units, "C01"), view, RULES))
        assert back.undone is not None
        assert back.undone.paid == paid
        assert back.facts.points_out == points
        undone.append(back)
    assert (book.total(Purse.PRINCIPAL), book.total(Purse.BONUS), book.total(Purse.POINTS)) == (60_00, 10_00, 0)


def test_a_void_takes_all_of_it_back(book: Book) -> None:
    done = book.post(ask(bill(30_00), view_of(book)))
    original = original_of(done, book)
    back = book.post(void(Undo(OperationId("back-0001"), "07-2-000001", 100_00, "C01"), book.view(original), RULES))
    assert back.undone is not None
    assert at_risk(back.undone.paid) == 30_00
    assert (book.total(Purse.PRINCIPAL), book.total(Purse.BONUS), book.total(Purse.POINTS)) == (60_00, 10_00, 0)


amounts = st.integers(1, 400_00)


@given(
    here=st.integers(0, 300_00),
    points=st.integers(0, 50_00),
    cash=st.integers(0, 300),
    bears=st.integers(0, 300_00),
    shares=st.lists(st.integers(1, 99), max_size=5),
    whole=st.booleans(),
)
def test_however_it_comes_back_coins_are_whole_and_all_of_it_is_as_if_nobody_had_bought(
    here: int, points: int, cash: int, bears: int, shares: list[int], *, whole: bool
) -> None:
    rules = msgspec.structs.replace(RULES, currency=TWD) if whole else RULES
    step = rules.currency.charge_step
    book = Book()
    book.put("9", Purse.PRINCIPAL, here)
    book.put("12", Purse.POINTS, points)
    bears += -(here + bears + points) % step
    parts = {STORED: here + bears, POINTS: points, CASH: cash * step}
    paid = tuple(Paid(tender, units) for tender, units in parts.items() if units)
    if not paid or bears > FLOOR.sale_units:
        return
    request = Sale(
        OperationId("o"), SWIPED, (Item("", sum(one.units for one in paid)),), paid, "C01", floor_limit=bears
    )
    done = book.post(ask(request, view_of(book), rules))
    assert done.sold is not None
    assert at_risk(done.sold.paid) == bears
    undone: list[Done] = []
    for number, share in enumerate((*shares, 100)):
        original = original_of(done, book, *undone)
        units = original.left if share == 100 else original.left * share // 100 // step * step
        if not units:
            continue
        asked = Undo(OperationId(f"back-{number}"), "07-2-000001", units, "C01")
        back = book.post(refund(asked, book.view(original), rules))
        assert back.undone is not None
        assert sum(part.units for part in back.undone.paid) == units
        assert at_risk(back.undone.paid) == min(units, at_risk(original.paid))
        assert all(part.units % step == 0 for part in back.undone.paid if part.tender is CASH)
        undone.append(back)
    assert (book.total(Purse.PRINCIPAL), book.total(Purse.POINTS), book.owed()) == (here, points, 0)
