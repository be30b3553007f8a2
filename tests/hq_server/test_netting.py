"""Netting: what refunds could not take back is taken from what lies at HQ, purely decided, and by HQ's own record."""

from collections import Counter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hq_server.conservation import Unexplained
from hq_server.netting import net
from hq_server.placement import Ahead
from hq_server.storage import vault
from hq_server.valuing import Placement, Rules
from ledger.ids import HEADQUARTERS, LotId, OperationId, Place
from ledger.judging import Posted, judge
from ledger.slices import Asset, Lot, Purse, Slice, SliceKey
from ledger.transactions import Leg, Side, Transaction, TransactionKind
from protocol.bodies import LotOpened, Netted, Recall
from protocol.records import RecordKind, SignedRecord
from tests.hq_server.forger import ALICE, DATE, Keeper, part
from tests.hq_server.office import PROGRAMME, Office

LOTS = [SliceKey(ALICE, Purse.POINTS, LotId(f"07-2/1/{number}")) for number in range(2, 7)]
YESTERDAY = "2026-11-21"
EVERYTHING_HOME = Ahead(0, 0, 0)
RULES = Rules(PROGRAMME, Placement(EVERYTHING_HOME, EVERYTHING_HOME, EVERYTHING_HOME))
few = st.integers(0, 5)
sums = st.dictionaries(st.sampled_from(LOTS), st.integers(1, 9))


def at_hq(units: dict[SliceKey, int]) -> list[Slice]:
    return [Slice(Lot(key, "07", DATE), number) for key, number in units.items()]


def moved(legs: tuple[Leg, ...], side: Side) -> Counter[SliceKey]:
    return Counter({leg.key: leg.units for leg in legs if leg.side is side})


@given(owed=sums, spent=sums, held=sums)
def test_a_netting_keeps_the_rules_of_the_book_and_takes_no_more_than_is_owed(
    owed: dict[SliceKey, int], spent: dict[SliceKey, int], held: dict[SliceKey, int]
) -> None:
    legs = net(owed, spent, at_hq(held))
    if legs:
        lots = tuple(Lot(key, "07", DATE) for key in sorted({leg.key for leg in legs}))
        transaction = Transaction(TransactionKind.NETTING, OperationId("netted/hq/1/9"), legs, carries=lots)
        assert isinstance(judge(transaction, held, {}), Posted)
    paid = moved(legs, Side.OWED)
    assert all(0 < paid[lot] <= owed.get(lot, 0) for lot in paid)
    assert -moved(legs, Side.HELD).total() == paid.total()
    assert all(paid[lot] >= min(units, held.get(lot, 0)) for lot, units in owed.items()), "a lot pays its own debt"
    left = sum(held.values()) - paid.total()
    could_be_paid = sum(
        min(units - paid[lot], max(spent.get(lot, 0) - swapped(legs, lot), 0)) for lot, units in owed.items()
    )
    assert not (left and could_be_paid), "something could still pay, and something spent is still owed"


def swapped(legs: tuple[Leg, ...], lot: SliceKey) -> int:
    """How much of what was spent of a lot others have paid for."""
    return max(-moved(legs, Side.SPENT)[lot], 0)


@pytest.fixture
def office() -> Office:
    return Office(rules=RULES)


@pytest.fixture
def till(office: Office) -> Keeper:
    keeper = Keeper(Place("07-2"))
    office.enrol(keeper)
    keeper.open()
    return keeper


def leg(lot: LotId, side: Side, units: int) -> Leg:
    return Leg(ALICE, Purse.POINTS, lot, side, units)


def terms(lot: LotId, expires_on: str | None = None) -> LotOpened:
    return LotOpened(ALICE, Purse.POINTS, lot, "07", DATE, expires_on)


def earn(till: Keeper, units: int, expires_on: str | None = None) -> LotId:
    lot = till.next_lot()
    opens = (terms(lot, expires_on),)
    till.move((leg(lot, Side.ISSUED, -units), leg(lot, Side.HELD, units)), kind=TransactionKind.SALE, opens=opens)
    return lot


def redeem(till: Keeper, lot: LotId, units: int) -> None:
    till.move((leg(lot, Side.HELD, -units), leg(lot, Side.SPENT, units)), kind=TransactionKind.SALE)


def refund_owing(till: Keeper, lot: LotId, units: int) -> None:
    """A refund that finds nothing of what the sale brought."""
    till.move((leg(lot, Side.ISSUED, units), leg(lot, Side.OWED, -units)), kind=TransactionKind.REFUND)


def give_home(till: Keeper, lot: LotId, units: int, expires_on: str | None = None) -> None:
    till.give(ALICE, msgspec.structs.replace(part(lot, units, Purse.POINTS), expires_on=expires_on))


def points(office: Office) -> dict[str, int]:
    return {one.place: one.points for one in office.store.showing(lambda showing: showing.balances(ALICE))}


def owed(office: Office) -> int:
    return office.store.showing(lambda showing: showing.debts.total(ALICE)).get(Purse.POINTS, 0)


def nettings(office: Office) -> list[Netted]:
    records = [signed.open() for signed in office.store.records(HEADQUARTERS, 1)]
    return [record.body_as(Netted) for record in records if record.kind is RecordKind.NETTED]


def test_what_a_refund_did_not_find_is_taken_from_the_same_lot_at_hq(office: Office, till: Keeper) -> None:
    lot = earn(till, 90)
    give_home(till, lot, 90)
    refund_owing(till, lot, 30)
    office.receive(till)
    assert points(office) == {HEADQUARTERS: 60}
    assert owed(office) == 0
    legs = leg(lot, Side.HELD, -30), leg(lot, Side.OWED, 30)
    assert nettings(office) == [Netted(ALICE, legs, (terms(lot),))]
    office.assert_conserved()
    page = office.store.showing(lambda showing: showing.lots.page())
    assert [(one.issued, one.held, one.owed) for one in page.purses if one.purse == Purse.POINTS] == [(60, 60, 0)]
    assert page.unexplained == []


def test_points_that_were_spent_are_owed_until_others_come_home(office: Office, till: Keeper) -> None:
    lot = earn(till, 90)
    redeem(till, lot, 90)
    refund_owing(till, lot, 90)
    office.receive(till)
    assert (owed(office), nettings(office)) == (90, [])
    later = earn(till, 40)
    office.receive(till)
    assert office.orders(till)[-1] == Recall(ALICE, Asset.POINTS, 0), "what is owed is wanted at HQ"
    give_home(till, later, 40)
    office.receive(till)
    assert (owed(office), points(office)) == (50, {})
    last = earn(till, 70)
    give_home(till, last, 70)
    office.receive(till)
    assert (owed(office), points(office)) == (0, {HEADQUARTERS: 20})
    office.assert_conserved()
    assert office.store.showing(lambda showing: showing.lots.page()).unexplained == []


def test_a_debt_whose_lot_lies_elsewhere_waits_for_it_and_takes_nothing_else(office: Office, till: Keeper) -> None:
    other = Keeper(Place("12-1"), seed=8)
    office.enrol(other)
    other.open()
    lot = earn(till, 90)
    give_home(till, lot, 90)
    office.receive(till)
    drawn = office.draw(other, 90, asset=Asset.POINTS)
    assert isinstance(drawn, SignedRecord)
    other.apply(drawn)
    refund_owing(till, lot, 90)
    others = earn(till, 50)
    give_home(till, others, 50)
    office.receive(other)
    office.receive(till)
    assert (owed(office), points(office)) == (90, {"12-1": 90, HEADQUARTERS: 50})
    assert office.orders(other)[-1] == Recall(ALICE, Asset.POINTS, 0)
    give_home(other, lot, 90)
    office.receive(other)
    assert (owed(office), points(office)) == (0, {HEADQUARTERS: 50})
    office.assert_conserved()


def test_what_has_expired_pays_as_much_of_others_debts_as_others_have_paid_of_its_own(
    office: Office, till: Keeper
) -> None:
    """Whoever brings back all that she has bought has nothing then, and owes nothing."""
    early = earn(till, 90, YESTERDAY)
    redeem(till, early, 42)
    refund_owing(till, early, 42)
    later = earn(till, 42)
    give_home(till, later, 42)
    give_home(till, early, 20, YESTERDAY)
    office.receive(till)
    assert (owed(office), points(office)) == (0, {HEADQUARTERS: 20, "07-2": 28}), "what is left of it pays for nothing"
    till.move((leg(early, Side.SPENT, -42), leg(early, Side.HELD, 42)), kind=TransactionKind.REFUND)
    refund_owing(till, later, 42)
    give_home(till, early, 70, YESTERDAY)
    office.receive(till)
    assert (owed(office), points(office)) == (0, {HEADQUARTERS: 48})
    office.assert_conserved()
    assert office.store.showing(lambda showing: showing.lots.page()).unexplained == []


def test_what_has_expired_pays_for_nothing_that_is_owed_of_others(office: Office, till: Keeper) -> None:
    lot = earn(till, 90)
    redeem(till, lot, 90)
    refund_owing(till, lot, 90)
    gone = earn(till, 50, YESTERDAY)
    give_home(till, gone, 50, YESTERDAY)
    office.receive(till)
    assert (owed(office), points(office), nettings(office)) == (90, {HEADQUARTERS: 50}, [])


def test_many_debts_are_netted_in_records_that_keep_their_bound(
    office: Office, till: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vault, "NETTED_LOTS_MAX", 2)
    for _ in range(5):
        lot = earn(till, 10)
        redeem(till, lot, 10)
        refund_owing(till, lot, 10)
    office.receive(till)
    for _ in range(3):
        give_home(till, earn(till, 20), 20)
    office.receive(till)
    assert (owed(office), points(office)) == (0, {HEADQUARTERS: 10})
    assert len(nettings(office)) >= 3
    assert all(len(one.legs) <= 8 for one in nettings(office))
    office.assert_conserved()


def test_only_hq_nets(office: Office, till: Keeper) -> None:
    lot = earn(till, 90)
    refund_owing(till, lot, 90)
    till.write(RecordKind.NETTED, Netted(ALICE, (leg(lot, Side.HELD, -90), leg(lot, Side.OWED, 90)), (terms(lot),)))
    office.receive(till)
    assert [line.reason for line in office.suspense()] == ["not_understood"]
    assert (owed(office), points(office)) == (90, {"07-2": 90})


def test_no_transaction_of_a_till_passes_for_a_netting(office: Office, till: Keeper) -> None:
    lot = earn(till, 90)
    refund_owing(till, lot, 90)
    till.move((leg(lot, Side.HELD, -90), leg(lot, Side.OWED, 90)), kind=TransactionKind.NETTING)
    office.receive(till)
    assert [line.reason for line in office.suspense()] == ["not_understood"]


def test_whoever_edits_the_debts_takes_more_than_is_owed_and_is_seen(office: Office, till: Keeper) -> None:
    lot = earn(till, 90)
    give_home(till, lot, 90)
    refund_owing(till, lot, 30)
    office.receive(till)
    office.store._connection.execute("insert into debts values (?, ?, ?, 5)", (ALICE, Purse.POINTS, lot))
    earn(till, 1)
    office.receive(till)
    assert points(office)[HEADQUARTERS] == 55
    (found,) = office.store.showing(lambda showing: showing.lots.page()).unexplained
    assert (found.lot, found.doubts) == (lot, (Unexplained.OWED_BELOW_ZERO,))


def test_a_netting_is_a_movement_on_hqs_page_and_none_that_a_till_is_told(office: Office, till: Keeper) -> None:
    lot = earn(till, 90)
    give_home(till, lot, 90)
    refund_owing(till, lot, 30)
    office.receive(till)
    shown = office.store.showing(lambda showing: showing.movements.last(ALICE))
    assert ("netting", HEADQUARTERS, -30) in [(one.kind, one.place, one.moved.points) for one in shown]
    told = office.store.showing(lambda showing: showing.movements.told(ALICE))
    assert {one.kind for one in told} <= {"sale", "refund"}
    line = office.store.showing(lambda showing: showing.chains.page(HEADQUARTERS, 1, None))
    assert line is not None
    assert [(one.summary.what, one.summary.account) for one in line.lines if one.kind == "netted"] == [
        ("netted", ALICE)
    ]
