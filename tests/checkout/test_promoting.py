"""Promotions: who gets one, what it gives, what that takes of its quota, and that only a void brings that back."""

import dataclasses

import msgspec
import pytest

from checkout.load import load
from checkout.promoting import QuotaNeed, quota_needs, quotas
from checkout.requests import BookView, LetGo, Load, Original, Sale, Tender, Undo
from checkout.results import Done
from checkout.sale import sale
from checkout.slip_facts import Promoted
from checkout.sold import Paid, PaidWith
from checkout.undo import refund, void
from ledger.cards import Card
from ledger.ids import LotId, OperationId, Place, RecordRef, quota_of
from ledger.judging import Posted, Refusal, Refused, judge
from ledger.slices import Lot, Purse, Slice, SliceKey
from ledger.transactions import Leg, Side, Transaction, TransactionKind
from loyalty.evaluation import Item
from loyalty.programme import FloorLimit
from loyalty.promotions import Limit, Occasion, Promotion
from loyalty.reasons import Reason
from tests.chains.company import ALICE, BOB, POINTS_TOO, swiped

RECORD = RecordRef(Place("07-2"), 1, 31)
TODAY = "2026-11-22"
GIFT = Promotion("first-100", "開幕禮", Occasion.LOAD, 300_00, 20_00, limited_by=Limit.NUMBER)
EXTRA = Promotion("autumn", "秋日加點", Occasion.SALE, 50_00, 40, limited_by=Limit.SUM)
ALWAYS = Promotion("thanks", "感謝", Occasion.LOAD, 500_00, 5_00)


def quota(promotion: Promotion, units: int, lot: str = "hq/1/9", expires_on: str | None = None) -> Slice:
    return Slice(Lot(SliceKey(quota_of(promotion.name), Purse.QUOTA, LotId(lot)), "hq", TODAY, expires_on), units)


def view(*slices: Slice, doubted: bool = False) -> BookView:
    return BookView(RECORD, "07", TODAY, (), quotas=slices, clock_doubted=doubted)


def loaded(units: int, seen: BookView, *promotions: Promotion, who: Card = ALICE) -> Done:
    request = Load(OperationId("operation-1"), swiped(who), units, Tender.CASH, "C01")
    done = load(request, seen, msgspec.structs.replace(POINTS_TOO, promotions=promotions))
    assert isinstance(done, Done)
    return done


def sold(units: int, seen: BookView, *promotions: Promotion, who: Card = ALICE) -> Done:
    paid = (Paid(PaidWith.CASH, units),)
    request = Sale(OperationId("operation-1"), swiped(who), (Item("tea", units),), paid, "C01")
    done = sale(request, seen, msgspec.structs.replace(POINTS_TOO, promotions=promotions))
    assert isinstance(done, Done)
    return done


def posts(done: Done, seen: BookView) -> Posted | Refused:
    lots = {one.key: one for one in seen.quotas}
    return judge(
        done.transaction, {key: one.units for key, one in lots.items()}, {key: one.lot for key, one in lots.items()}
    )


def test_a_load_gets_its_bonus_on_top_and_uses_one_of_so_many() -> None:
    seen = view(quota(GIFT, 3))
    done = loaded(300_00, seen, GIFT)
    assert (done.facts.principal, done.facts.bonus, done.facts.bonus_after) == (300_00, 20_00, 20_00)
    assert done.facts.promotions == (Promoted("first-100", "開幕禮", 20_00, 1),)
    used = [leg for leg in done.transaction.legs if leg.purse is Purse.QUOTA]
    key = seen.quotas[0].key
    assert used == [Leg(*key, Side.HELD, -1), Leg(*key, Side.SPENT, 1)]
    assert done.reasons[-1] == Reason("promotion.first-100", 1, 1)
    assert posts(done, seen) == Posted({key: 2, **{lot.key: _held(done, lot.key) for lot in done.transaction.opens}})


def _held(done: Done, key: SliceKey) -> int:
    return sum(leg.units for leg in done.transaction.legs if leg.key == key and leg.side is Side.HELD)


def test_the_bonus_of_a_tier_and_that_of_promotions_come_together_in_one_lot() -> None:
    done = loaded(500_00, view(quota(GIFT, 1)), GIFT, ALWAYS)
    assert done.facts.bonus == 60_55 + 20_00 + 5_00
    assert [one.name for one in done.facts.promotions] == ["first-100", "thanks"]
    assert len([lot for lot in done.transaction.opens if lot.key.purse is Purse.BONUS]) == 1
    assert Reason("load_bonus", 500_00, 60_55) in done.reasons
    assert done.reasons[-1] == Reason("promotion.thanks", 0, 0)


def test_a_purchase_gets_points_on_top_and_uses_as_many_of_a_sum() -> None:
    seen = view(quota(EXTRA, 100))
    done = sold(50_00, seen, EXTRA)
    assert (done.facts.points_in, done.facts.points_after) == (15 + 40, 15 + 40)
    assert isinstance(posts(done, seen), Posted)
    assert sum(leg.units for leg in done.transaction.legs if leg.purse is Purse.QUOTA and leg.side is Side.SPENT) == 40


@pytest.mark.parametrize(
    ("units", "seen", "promotion", "who"),
    [
        (299_99, view(quota(GIFT, 3)), GIFT, ALICE),
        (300_00, view(quota(GIFT, 3)), msgspec.structs.replace(GIFT, since="2026-11-23"), ALICE),
        (300_00, view(quota(GIFT, 3)), msgspec.structs.replace(GIFT, until="2026-11-21"), ALICE),
        (300_00, view(quota(GIFT, 3)), msgspec.structs.replace(GIFT, card_kinds=("gold",)), ALICE),
        (300_00, view(quota(GIFT, 3), doubted=True), msgspec.structs.replace(GIFT, until="2026-12-31"), ALICE),
        (300_00, view(quota(GIFT, 3)), msgspec.structs.replace(EXTRA, from_units=1), ALICE),
    ],
    ids=["too little", "before its days", "behind its days", "another kind", "which day is it", "another occasion"],
)
def test_whom_it_is_not_for_gets_nothing_and_hears_nothing_of_it(
    units: int, seen: BookView, promotion: Promotion, who: Card
) -> None:
    done = loaded(units, seen, promotion, who=who)
    assert done.facts.promotions == ()
    assert not [reason for reason in done.reasons if reason.rule.startswith("promotion.")]
    assert {leg.purse for leg in done.transaction.legs} == {Purse.PRINCIPAL}


@pytest.mark.parametrize(("let_go", "gets"), [(0, 40), (10_00, 40), (10_01, 0), (60_00, 0)])
def test_what_the_store_lets_go_at_its_own_risk_counts_for_nothing(let_go: int, gets: int) -> None:
    floor = FloorLimit(("transfer",), sale_units=60_00, card_day_units=60_00, till_day_units=60_00)
    seen = msgspec.structs.replace(view(quota(EXTRA, 100)), mode="transfer", let_go=LetGo(0, 0))
    paid = tuple(
        Paid(tender, units)
        for tender, units in ((PaidWith.STORED_VALUE, let_go), (PaidWith.CASH, 60_00 - let_go))
        if units
    )
    request = Sale(OperationId("operation-1"), swiped(ALICE), (Item("tea", 60_00),), paid, "C01", floor_limit=let_go)
    done = sale(request, seen, msgspec.structs.replace(POINTS_TOO, promotions=(EXTRA,), floor_limit=floor))
    assert isinstance(done, Done)
    assert sum(one.units for one in done.facts.promotions) == gets


def test_what_has_no_days_is_given_while_nobody_knows_the_day() -> None:
    assert loaded(300_00, view(quota(GIFT, 1), doubted=True), GIFT).facts.bonus == 20_00


def test_a_card_without_points_gets_none() -> None:
    no_points = dataclasses.replace(ALICE, kind=msgspec.structs.replace(ALICE.kind, points=False))
    assert sold(50_00, view(quota(EXTRA, 100)), EXTRA, who=no_points).facts.promotions == ()


@pytest.mark.parametrize(
    ("promotion", "here"),
    [
        (GIFT, ()),
        (EXTRA, (quota(EXTRA, 39),)),
        (GIFT, (quota(GIFT, 5, expires_on="2026-11-21"),)),
        (GIFT, (quota(EXTRA, 5),)),
    ],
    ids=["nothing", "too little", "too late", "another's"],
)
def test_where_its_quota_does_not_lie_nothing_is_given_and_the_reasons_say_so(
    promotion: Promotion, here: tuple[Slice, ...]
) -> None:
    seen = view(*here)
    done = loaded(300_00, seen, promotion) if promotion is GIFT else sold(50_00, seen, promotion)
    assert done.facts.promotions == ()
    last = done.reasons[-1]
    assert (last.rule, last.limit) == (f"promotion.{promotion.name}", promotion.uses)
    assert last.seen < last.limit
    assert not [leg for leg in done.transaction.legs if leg.purse is Purse.QUOTA]


def test_what_ends_first_is_used_first_and_one_gift_may_come_from_two_lots() -> None:
    late, soon = quota(EXTRA, 30, "hq/1/9"), quota(EXTRA, 30, "hq/1/12", "2026-11-30")
    done = sold(50_00, view(late, soon), EXTRA)
    used = {leg.lot: leg.units for leg in done.transaction.legs if leg.purse is Purse.QUOTA and leg.side is Side.SPENT}
    assert used == {"hq/1/12": 30, "hq/1/9": 10}


def test_what_is_missing_is_named_so_that_it_can_be_drawn() -> None:
    rules = msgspec.structs.replace(POINTS_TOO, promotions=(GIFT, EXTRA, ALWAYS))
    assert quotas(rules) == (quota_of("first-100"), quota_of("autumn"))
    request = Load(OperationId("operation-1"), swiped(ALICE), 500_00, Tender.CASH, "C01")
    assert list(quota_needs(request, view(), rules)) == [QuotaNeed(quota_of("first-100"), 1)]
    assert list(quota_needs(request, view(quota(GIFT, 1)), rules)) == []
    buys = Sale(OperationId("operation-1"), swiped(ALICE), (Item("tea", 50_00),), (Paid(PaidWith.CASH, 50_00),), "C01")
    assert list(quota_needs(buys, view(quota(EXTRA, 15)), rules)) == [QuotaNeed(quota_of("autumn"), 25)]


def original_of(done: Done, kind: TransactionKind, paid: tuple[Paid, ...], units: int) -> Original:
    legs = done.transaction.legs
    return Original(
        record=RECORD,
        receipt_number="07-2-000001",
        kind=kind,
        business_date=TODAY,
        account=ALICE.account,
        card=ALICE.masked,
        total=units,
        paid=paid,
        spent=tuple(leg for leg in legs if leg.side is Side.SPENT and leg.purse is not Purse.QUOTA),
        issued=tuple(leg for leg in legs if leg.side is Side.ISSUED),
        used=tuple(leg for leg in legs if leg.side is Side.SPENT and leg.purse is Purse.QUOTA),
    )


def undoing(done: Done, original: Original) -> tuple[BookView, Undo]:
    here = tuple(Slice(lot, _held(done, lot.key)) for lot in done.transaction.opens)
    seen = BookView(RECORD.next(), "07", TODAY, here, original=original)
    return seen, Undo(OperationId("operation-2"), "07-2-000001", original.total, "C01")


def test_a_void_brings_back_what_was_used_and_a_refund_does_not() -> None:
    done = sold(50_00, view(quota(EXTRA, 100)), EXTRA)
    original = original_of(done, TransactionKind.SALE, (Paid(PaidWith.CASH, 50_00),), 50_00)
    seen, request = undoing(done, original)
    voided, refunded = void(request, seen, POINTS_TOO), refund(request, seen, POINTS_TOO)
    assert isinstance(voided, Done)
    assert isinstance(refunded, Done)
    back = [leg for leg in voided.transaction.legs if leg.purse is Purse.QUOTA]
    assert {(leg.side, leg.units) for leg in back} == {(Side.SPENT, -40), (Side.HELD, 40)}
    assert not [leg for leg in refunded.transaction.legs if leg.purse is Purse.QUOTA]
    for one in (voided, refunded):
        assert (
            sum(leg.units for leg in one.transaction.legs if leg.purse is Purse.POINTS and leg.side is Side.HELD) == -55
        )


def test_a_void_load_brings_back_what_was_used() -> None:
    done = loaded(300_00, view(quota(GIFT, 3)), GIFT)
    original = original_of(done, TransactionKind.LOAD, (Paid(PaidWith.CASH, 300_00),), 300_00)
    seen, request = undoing(done, original)
    voided = void(request, seen, POINTS_TOO)
    assert isinstance(voided, Done)
    assert Leg(quota_of("first-100"), Purse.QUOTA, LotId("hq/1/9"), Side.HELD, 1) in voided.transaction.legs


def quota_legs(falls: Side, rises: Side, key: SliceKey) -> tuple[Leg, Leg]:
    return Leg(*key, falls, -1), Leg(*key, rises, 1)


@pytest.mark.parametrize(
    "kind", [TransactionKind.LOAD, TransactionKind.SALE, TransactionKind.VOID, TransactionKind.REFUND]
)
def test_no_till_issues_a_quota(kind: TransactionKind) -> None:
    key = SliceKey(quota_of("first-100"), Purse.QUOTA, RECORD.lot)
    made = Transaction(
        kind, OperationId("operation-1"), quota_legs(Side.ISSUED, Side.HELD, key), (Lot(key, "07", TODAY),)
    )
    assert judge(made, {}, {}) == Refused(Refusal.WRONG_SIDE)


@pytest.mark.parametrize(
    ("key", "takes"),
    [
        (SliceKey(quota_of("first-100"), Purse.QUOTA, LotId("hq/1/9")), True),
        (SliceKey(BOB.account, Purse.QUOTA, LotId("hq/1/9")), False),
        (SliceKey(quota_of("first-100"), Purse.POINTS, LotId("hq/1/9")), False),
        (SliceKey(quota_of("first-100"), Purse.PRINCIPAL, LotId("hq/1/9")), False),
    ],
)
def test_quotas_lie_in_accounts_of_promotions_and_nothing_else_does(key: SliceKey, *, takes: bool) -> None:
    made = Transaction(TransactionKind.SALE, OperationId("operation-1"), quota_legs(Side.HELD, Side.SPENT, key))
    verdict = judge(made, {key: 1}, {key: Lot(key, "hq", TODAY)})
    assert verdict == (Posted({key: 0}) if takes else Refused(Refusal.WRONG_SIDE))


def test_a_refund_that_would_bring_a_quota_back_is_refused() -> None:
    key = SliceKey(quota_of("first-100"), Purse.QUOTA, LotId("hq/1/9"))
    made = Transaction(TransactionKind.REFUND, OperationId("operation-1"), quota_legs(Side.SPENT, Side.HELD, key))
    assert judge(made, {}, {key: Lot(key, "hq", TODAY)}) == Refused(Refusal.WRONG_SIDE)
    assert isinstance(
        judge(msgspec.structs.replace(made, kind=TransactionKind.VOID), {}, {key: Lot(key, "hq", TODAY)}), Posted
    )
