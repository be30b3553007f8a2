"""Load: one lot, principal and bonus apart, and bounds that the programme sets."""

import msgspec
import pytest

from checkout.load import load
from checkout.requests import BookView, Elsewhere, Entry, Load, PresentedCard, Tender
from checkout.results import Decline, Declined, Done
from checkout.slip_facts import SlipFacts, SlipKind
from ledger.amounts import UNITS_MAX
from ledger.ids import LotId, OperationId, Place, RecordRef
from ledger.judging import Posted, judge
from ledger.slices import Lot, Purse, Slice, SliceKey
from ledger.transactions import Leg, Side
from loyalty.programme import LoadRules, Programme, Validity
from loyalty.reasons import Reason
from tests.chains.company import ALICE, POINTS_ONLY, PROGRAMME, TWD, card, keyed, swiped

LOT = LotId("07-2/1/31")
PRINCIPAL, BONUS = (SliceKey(ALICE.account, purse, LOT) for purse in (Purse.PRINCIPAL, Purse.BONUS))
BEFORE = Slice(Lot(SliceKey(ALICE.account, Purse.PRINCIPAL, LotId("07-2/1/9")), "12", "2026-11-01"), 70)
VIEW = BookView(RecordRef(Place("07-2"), 1, 31), "07", "2026-11-22", (BEFORE,))


ALICE_SWIPED = swiped(ALICE)


def ask(units: int, presented: PresentedCard = ALICE_SWIPED, programme: Programme = PROGRAMME) -> Done | Declined:
    return load(Load(OperationId("operation-1"), presented, units, Tender.CASH, "C01"), VIEW, programme)


def test_a_load_opens_a_lot_named_by_its_record_with_principal_and_bonus_apart() -> None:
    answer = ask(50_000)
    assert isinstance(answer, Done)
    assert answer.transaction.opens == (Lot(PRINCIPAL, "07", "2026-11-22"), Lot(BONUS, "07", "2026-11-22"))
    assert answer.transaction.legs == (
        *(Leg(*PRINCIPAL, Side.ISSUED, -50_000), Leg(*PRINCIPAL, Side.HELD, 50_000)),
        *(Leg(*BONUS, Side.ISSUED, -6_055), Leg(*BONUS, Side.HELD, 6_055)),
    )
    assert answer.facts == SlipFacts(
        kind=SlipKind.LOAD,
        card=ALICE.masked,
        keyed=False,
        amount=50_000,
        principal=50_000,
        bonus=6_055,
        principal_after=50_070,
        bonus_after=6_055,
        points_after=0,
        cashier="C01",
        tender="cash",
    )
    assert answer.reasons[-1] == Reason("load_bonus", 50_000, 6_055)


def test_the_bonus_of_a_load_has_its_last_day_and_what_was_paid_for_has_none() -> None:
    answer = ask(50_000, programme=msgspec.structs.replace(PROGRAMME, validity=Validity(bonus_days=30)))
    assert isinstance(answer, Done)
    assert answer.transaction.opens == (
        Lot(PRINCIPAL, "07", "2026-11-22"),
        Lot(BONUS, "07", "2026-11-22", "2026-12-22"),
    )


def test_a_load_without_bonus_opens_no_empty_lot() -> None:
    answer = ask(49_999)
    assert isinstance(answer, Done)
    assert [lot.key for lot in answer.transaction.opens] == [PRINCIPAL]
    assert len(answer.transaction.legs) == 2


def test_the_book_takes_what_a_load_makes() -> None:
    answer = ask(50_000)
    assert isinstance(answer, Done)
    assert judge(answer.transaction, {}, {}) == Posted({PRINCIPAL: 50_000, BONUS: 6_055})


def test_a_keyed_card_may_load_and_the_slip_says_so() -> None:
    answer = ask(100, keyed(ALICE))
    assert isinstance(answer, Done)
    assert answer.facts.keyed


def test_who_is_found_by_a_phone_number_may_load_and_the_slip_does_not_say_that_a_card_was_swiped() -> None:
    answer = ask(100, PresentedCard(ALICE, Entry.PHONE))
    assert isinstance(answer, Done)
    assert answer.facts.keyed
    swiped_too = ask(100)
    assert isinstance(swiped_too, Done)
    assert answer.transaction == swiped_too.transaction


@pytest.mark.parametrize("units", [0, 100, 500_001])
@pytest.mark.parametrize("entry", Entry)
def test_a_blocked_card_is_refused_before_anything_else(units: int, entry: Entry) -> None:
    request = Load(OperationId("operation-1"), PresentedCard(ALICE, entry), units, Tender.CASH, "C01")
    answer = load(request, msgspec.structs.replace(VIEW, blocked=True), PROGRAMME)
    assert answer == Declined(Decline.CARD_BLOCKED, (Reason("not_blocked", 1, 0),))


def test_what_lies_elsewhere_is_no_matter_to_a_load() -> None:
    request = Load(OperationId("operation-1"), ALICE_SWIPED, 50_000, Tender.CASH, "C01")
    view = msgspec.structs.replace(VIEW, elsewhere=Elsewhere(5, 0, for_this=True))
    assert load(request, view, PROGRAMME) == ask(50_000)


NO_COINS = msgspec.structs.replace(PROGRAMME, currency=TWD)
UNBOUNDED = msgspec.structs.replace(PROGRAMME, load=LoadRules())


@pytest.mark.parametrize(
    ("units", "presented", "programme", "decline", "rule"),
    [
        (99, swiped(ALICE), PROGRAMME, Decline.BELOW_LOAD_MINIMUM, Reason("load_min", 100, 99)),
        (500_001, swiped(ALICE), PROGRAMME, Decline.ABOVE_LOAD_LIMIT, Reason("load_max", 500_000, 500_001)),
        (0, swiped(ALICE), PROGRAMME, Decline.NOT_CHARGEABLE, Reason("charge_step", 1, 0)),
        (-100, swiped(ALICE), PROGRAMME, Decline.NOT_CHARGEABLE, Reason("charge_step", 1, -100)),
        (150, swiped(ALICE), NO_COINS, Decline.NOT_CHARGEABLE, Reason("charge_step", 100, 150)),
        (UNITS_MAX + 1, swiped(ALICE), UNBOUNDED, Decline.NOT_CHARGEABLE, Reason("charge_step", 1, UNITS_MAX + 1)),
        (0, swiped(card(1, POINTS_ONLY)), PROGRAMME, Decline.NO_STORED_VALUE, Reason("stored_value", 1, 0)),
    ],
)
def test_a_load_is_declined_by_the_first_rule_that_says_no(
    units: int, presented: PresentedCard, programme: Programme, decline: Decline, rule: Reason
) -> None:
    answer = ask(units, presented, programme)
    assert isinstance(answer, Declined)
    assert (answer.decline, answer.reasons[-1]) == (decline, rule)


@pytest.mark.parametrize("units", [100, 500_000])
def test_the_bounds_themselves_are_allowed(units: int) -> None:
    assert isinstance(ask(units), Done)
