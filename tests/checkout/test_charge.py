"""A charge, the short way to sell: who may pay, from which lots, and what slip and reasons say."""

import msgspec
import pytest

from checkout.requests import BookView, Elsewhere, Entry, PresentedCard, Sale
from checkout.results import Decline, Declined, Done
from checkout.sale import sale
from checkout.slip_facts import SlipFacts, SlipKind
from checkout.sold import Paid, PaidWith, Sold
from ledger.ids import LotId, OperationId, Place, RecordRef
from ledger.judging import Posted, judge
from ledger.slices import Lot, Purse, Slice, SliceKey
from ledger.transactions import Leg, Side
from loyalty.evaluation import Item
from loyalty.programme import Programme
from loyalty.reasons import Reason
from tests.chains.company import ALICE, POINTS_ONLY, PROGRAMME, TWD, card, keyed, swiped

TODAY, AT = "2026-11-22", 1_795_320_000_000
OLD_LOT, NEW_LOT = LotId("07-2/1/9"), LotId("07-2/1/10")


def slice_of(lot: LotId, purse: Purse, units: int, expires_on: str | None = None) -> Slice:
    return Slice(Lot(SliceKey(ALICE.account, purse, lot), "07", "2026-11-01", expires_on), units)


PRINCIPAL, BONUS = slice_of(OLD_LOT, Purse.PRINCIPAL, 7_001), slice_of(OLD_LOT, Purse.BONUS, 1_003)
SECOND = slice_of(NEW_LOT, Purse.PRINCIPAL, 50_000)
SLICES = SECOND, BONUS, PRINCIPAL


def view(*slices: Slice) -> BookView:
    return BookView(RecordRef(Place("07-2"), 1, 31), "07", TODAY, slices)


ALICE_SWIPED = swiped(ALICE)


def ask(units: int, presented: PresentedCard = ALICE_SWIPED, programme: Programme = PROGRAMME) -> Done | Declined:
    request = Sale.charge(OperationId("operation-1"), presented, units, "C01", "20261122-0815")
    return sale(request, view(*SLICES), programme)


def test_a_charge_over_three_slices_takes_each_to_the_cent() -> None:
    answer = ask(8_011)
    assert isinstance(answer, Done)
    assert answer.transaction.legs == (
        *(Leg(*PRINCIPAL.key, Side.HELD, -7_001), Leg(*PRINCIPAL.key, Side.SPENT, 7_001)),
        *(Leg(*BONUS.key, Side.HELD, -1_003), Leg(*BONUS.key, Side.SPENT, 1_003)),
        *(Leg(*SECOND.key, Side.HELD, -7), Leg(*SECOND.key, Side.SPENT, 7)),
    )
    assert answer.facts == SlipFacts(
        kind=SlipKind.SALE,
        card=ALICE.masked,
        keyed=False,
        amount=8_011,
        principal=7_008,
        bonus=1_003,
        principal_after=49_993,
        bonus_after=0,
        points_after=0,
        cashier="C01",
        pos_ref="20261122-0815",
        paid=(Paid(PaidWith.STORED_VALUE, 8_011),),
    )
    assert answer.sold == Sold((Item("", 8_011),), answer.facts.paid)


def test_the_book_takes_what_a_charge_makes() -> None:
    answer = ask(58_004)
    assert isinstance(answer, Done)
    held = {one.key: one.units for one in SLICES}
    known = {one.key: one.lot for one in SLICES}
    assert judge(answer.transaction, held, known) == Posted(dict.fromkeys(held, 0))


def test_the_reasons_are_every_rule_that_was_asked_with_its_bound() -> None:
    answer = ask(100)
    assert answer.reasons == (
        Reason("not_blocked", 1, 1),
        Reason("charge_step", 1, 100),
        Reason("parts", 100, 100),
        Reason("card_present", 1, 1),
        Reason("stored_value", 1, 1),
        Reason("charge_max", 300_000, 100),
        Reason("spendable_here", 58_004, 100),
    )


NO_COINS = msgspec.structs.replace(PROGRAMME, currency=TWD)
STRICT = msgspec.structs.replace(PROGRAMME, charge_max_units=1_000)


@pytest.mark.parametrize(
    ("units", "presented", "programme", "decline"),
    [
        (58_005, swiped(ALICE), PROGRAMME, Decline.NOT_ENOUGH_HERE),
        (300_001, swiped(ALICE), PROGRAMME, Decline.ABOVE_CHARGE_LIMIT),
        (1_001, swiped(ALICE), STRICT, Decline.ABOVE_CHARGE_LIMIT),
        (0, swiped(ALICE), PROGRAMME, Decline.NOT_CHARGEABLE),
        (-5, swiped(ALICE), PROGRAMME, Decline.NOT_CHARGEABLE),
        (150, swiped(ALICE), NO_COINS, Decline.NOT_CHARGEABLE),
        (10**13, swiped(ALICE), PROGRAMME, Decline.NOT_CHARGEABLE),
        (100, keyed(ALICE), PROGRAMME, Decline.SWIPE_NEEDED),
        (100, swiped(card(1, POINTS_ONLY)), PROGRAMME, Decline.NO_STORED_VALUE),
        (100, keyed(card(1, POINTS_ONLY)), PROGRAMME, Decline.SWIPE_NEEDED),
        (300_001, swiped(card(1, POINTS_ONLY)), PROGRAMME, Decline.NO_STORED_VALUE),
    ],
)
def test_a_charge_is_declined_by_the_first_rule_that_says_no(
    units: int, presented: PresentedCard, programme: Programme, decline: Decline
) -> None:
    answer = ask(units, presented, programme)
    assert isinstance(answer, Declined)
    assert answer.decline is decline


def test_the_last_reason_of_a_decline_is_the_rule_that_said_it() -> None:
    assert ask(58_005).reasons[-1] == Reason("spendable_here", 58_004, 58_005)
    assert ask(300_001).reasons[-1] == Reason("charge_max", 300_000, 300_001)
    assert ask(100, keyed(ALICE)).reasons[-1] == Reason("card_present", 1, 0)


def seen(
    units: int,
    elsewhere: Elsewhere | None = None,
    presented: PresentedCard = ALICE_SWIPED,
    programme: Programme = PROGRAMME,
    *,
    blocked: bool = False,
) -> Done | Declined:
    """The same with what the till knows beside its book; 58 004 units lie here."""
    request = Sale.charge(OperationId("operation-1"), presented, units, "C01")
    view_of = msgspec.structs.replace(view(*SLICES), elsewhere=elsewhere, blocked=blocked)
    return sale(request, view_of, programme)


@pytest.mark.parametrize(
    ("elsewhere", "decline"),
    [
        (None, Decline.NOT_ENOUGH_HERE),
        (Elsewhere(0, AT), Decline.NOT_ENOUGH_HERE),
        (Elsewhere(1, AT), Decline.LIES_ELSEWHERE),
        (Elsewhere(1_000, AT), Decline.LIES_ELSEWHERE),
        (Elsewhere(0, AT, for_this=True), Decline.NOT_ENOUGH),
        (Elsewhere(999, AT, for_this=True), Decline.NOT_ENOUGH),
        (Elsewhere(1_000, AT, for_this=True), Decline.LIES_ELSEWHERE),
        (Elsewhere(10**9, AT, for_this=True), Decline.LIES_ELSEWHERE),
    ],
)
def test_a_shortfall_is_named_by_what_hq_has_said_of_other_places(
    elsewhere: Elsewhere | None, decline: Decline
) -> None:
    """1 000 are missing here. Old news may be wrong, so that it never says that the card has too little."""
    answer = seen(59_004, elsewhere)
    assert isinstance(answer, Declined)
    assert answer.decline is decline
    assert answer.reasons[-1] == Reason("spendable_here", 58_004, 59_004)
    told = [reason for reason in answer.reasons if reason.rule == "elsewhere"]
    assert told == ([] if elsewhere is None else [Reason("elsewhere", 0, elsewhere.units)])


def test_what_lies_elsewhere_is_no_matter_where_enough_lies_here() -> None:
    answer = seen(58_004, Elsewhere(10**9, AT, for_this=True))
    assert isinstance(answer, Done)
    assert answer == seen(58_004)


@pytest.mark.parametrize("units", [0, 100, 10**13])
@pytest.mark.parametrize("presented", [swiped(ALICE), keyed(ALICE), swiped(card(1, POINTS_ONLY))])
def test_a_blocked_card_is_refused_before_anything_else(units: int, presented: PresentedCard) -> None:
    answer = seen(units, Elsewhere(10**9, AT), presented, blocked=True)
    assert answer == Declined(Decline.CARD_BLOCKED, (Reason("not_blocked", 1, 0),))


@pytest.mark.parametrize("elsewhere", [None, Elsewhere(10**9, AT)])
@pytest.mark.parametrize("units", [1, 58_004, 58_005])
def test_who_is_found_by_a_phone_number_may_not_spend(units: int, elsewhere: Elsewhere | None) -> None:
    answer = seen(units, elsewhere, PresentedCard(ALICE, Entry.PHONE))
    assert isinstance(answer, Declined)
    assert answer.decline is Decline.SWIPE_NEEDED
    assert answer.reasons[-1] == Reason("card_present", 1, 0)


@pytest.mark.parametrize(
    ("units", "programme", "decline"),
    [
        (300_001, PROGRAMME, Decline.ABOVE_CHARGE_LIMIT),
        (0, PROGRAMME, Decline.NOT_CHARGEABLE),
        (150, NO_COINS, Decline.NOT_CHARGEABLE),
    ],
)
def test_what_could_not_be_charged_anyway_is_not_said_to_lie_elsewhere(
    units: int, programme: Programme, decline: Decline
) -> None:
    """Or a till would draw for it."""
    answer = seen(units, Elsewhere(10**9, AT), programme=programme)
    assert isinstance(answer, Declined)
    assert answer.decline is decline
    assert "elsewhere" not in {reason.rule for reason in answer.reasons}


def test_what_has_expired_is_not_spent_and_is_still_shown_as_held() -> None:
    expired = slice_of(OLD_LOT, Purse.BONUS, 500, "2026-11-21")
    request = Sale.charge(OperationId("operation-1"), swiped(ALICE), 50_001, "C01")
    answer = sale(request, view(SECOND, expired), PROGRAMME)
    assert isinstance(answer, Declined)
    request = Sale.charge(OperationId("operation-1"), swiped(ALICE), 50_000, "C01")
    answer = sale(request, view(SECOND, expired), PROGRAMME)
    assert isinstance(answer, Done)
    assert (answer.facts.principal_after, answer.facts.bonus_after) == (0, 500)


def test_points_are_not_money() -> None:
    points = slice_of(OLD_LOT, Purse.POINTS, 10_000)
    request = Sale.charge(OperationId("operation-1"), swiped(ALICE), 1, "C01")
    assert isinstance(sale(request, view(points), PROGRAMME), Declined)


def test_the_same_request_over_the_same_book_is_decided_the_same() -> None:
    assert ask(8_011) == ask(8_011)


def test_the_sum_of_two_charges_leaves_what_one_would() -> None:
    """No cent is made or lost at the borders of lots."""
    for first in range(1, 58_004, 997):
        one = ask(first)
        assert isinstance(one, Done)
        rest = [
            msgspec.structs.replace(s, units=s.units + one.transaction.held_changes().get(s.key, 0)) for s in SLICES
        ]
        left = [s for s in rest if s.units]
        request = Sale.charge(OperationId("operation-2"), swiped(ALICE), 58_004 - first, "C01")
        other = sale(request, view(*left), PROGRAMME)
        assert isinstance(other, Done)
        assert (other.facts.principal_after, other.facts.bonus_after) == (0, 0)
        assert one.facts.principal + other.facts.principal == 57_001
