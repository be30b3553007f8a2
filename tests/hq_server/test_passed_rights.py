"""Rights that tills of a store have passed to each other without HQ: it posts what they did, and knows who has what."""

import pytest

from hq_server.recovery import Cause
from hq_server.storage.fetching import RightElsewhere
from hq_server.views import WaitView
from ledger.ids import ChainId, LotId
from protocol.bodies import Lead, Relay
from protocol.records import RecordKind, SignedRecord
from protocol.rights import Entrust, GiveRight, RightPassed
from tests.hq_server.forger import ALICE, Keeper
from tests.hq_server.lead_shop import ADDRESS, Shop
from tests.hq_server.office import NOTHING_PLACED, STAMP, Office

LOT = LotId("07-2/1/2")


class Sold(Shop):
    """Till 2 has sold to Alice for 100; till 1 leads, and everybody has heard so."""

    def __init__(self) -> None:
        super().__init__(Office(rules=NOTHING_PLACED))
        self.name()
        self.two.load(ALICE, 300)
        self.sale = self.two.sell(ALICE, LOT, 100, earned=5)
        self.obey()

    def obey(self, *keepers: Keeper) -> None:
        """They carry out what HQ has ordered and they did not yet, and HQ hears of it."""
        for keeper in keepers or (self.one, self.two, self.three):
            done = sum(record.open().kind is RecordKind.APPLIED for record in keeper.chain)
            for directive in self.office.directives(keeper, 0)[done:]:
                keeper.apply(directive)
            self.office.receive(keeper)

    def receive(self, *keepers: Keeper) -> None:
        for keeper in keepers:
            self.office.receive(keeper)

    def holder(self) -> str:
        told = self.office.fetch(self.other, self.sale, "who-has-it")
        assert isinstance(told, RightElsewhere), told
        return told.holder.keeper

    def reasons(self) -> list[str]:
        return [line.reason for line in self.office.suspense()]

    def pass_on(self) -> tuple[SignedRecord, SignedRecord]:
        """From the seller to the lead, and from there to till 3, where half is refunded."""
        first = self.two.pass_right(self.sale, to="07-1")
        self.one.take_right(first)
        second = self.one.pass_right(self.sale, to="07-3", moves=2)
        self.three.take_right(second)
        self.three.refund(self.sale, 50)
        return first, second


@pytest.fixture
def sold() -> Sold:
    return Sold()


def test_who_has_it_hq_knows_when_it_has_heard_all_of_them_in_whichever_order(sold: Sold) -> None:
    _, second = sold.pass_on()
    sold.receive(sold.three)
    assert sold.office.waiting() == [WaitView(str(sold.three.chain[-2].open().ref), str(second.open().ref))]
    assert sold.holder() == "07-2"
    sold.receive(sold.one)
    assert len(sold.office.waiting()) == 2
    sold.receive(sold.two)
    assert (sold.office.waiting(), sold.reasons()) == ([], [])
    assert sold.holder() == "07-3"
    sold.office.assert_conserved()


def test_a_giver_that_waits_itself_keeps_its_taker_waiting(sold: Sold) -> None:
    sold.pass_on()
    sold.receive(sold.one, sold.three)
    assert len(sold.office.waiting()) == 2
    sold.receive(sold.two)
    assert (sold.office.waiting(), sold.reasons(), sold.holder()) == ([], [], "07-3")


def test_whoever_it_was_passed_to_has_it_though_it_did_not_arrive(sold: Sold) -> None:
    sold.two.pass_right(sold.sale, to="07-1")
    sold.receive(sold.two)
    assert sold.holder() == "07-1"
    assert not any(isinstance(order, Relay) for order in sold.office.orders(sold.one)), "the LAN brings it"


def test_hq_calls_it_home_from_whoever_has_it_by_then(sold: Sold) -> None:
    missing = sold.office.fetch(sold.other, sold.sale)
    assert isinstance(missing, RightElsewhere)
    assert sold.office.store.call_right(missing, STAMP)
    first, second = sold.pass_on()
    sold.obey(sold.two, sold.one, sold.three)
    assert sold.holder() == "07-3", "the seller had nothing to give any more"
    again = sold.office.fetch(sold.other, sold.sale)
    assert isinstance(again, RightElsewhere)
    assert sold.office.store.call_right(again, STAMP)
    assert sold.office.orders(sold.three)[-1] == GiveRight(str(sold.sale.open().ref))
    sold.three.apply(sold.office.directives(sold.three, 0)[-1])
    undone = sold.three.chain[-2]
    given = sold.three.give_right(sold.sale, undone, moves=3)
    sold.receive(sold.three)
    told = sold.office.fetch(sold.other, sold.sale)
    assert isinstance(told, SignedRecord)
    assert sold.office.orders(sold.other)[-1] == Entrust("operation-1", sold.three.raw_key, given)
    assert sold.reasons() == []
    assert first != second


def test_what_no_line_brings_any_more_hq_relays_once(sold: Sold) -> None:
    passed = sold.two.pass_right(sold.sale, to="07-1")
    sold.receive(sold.two)
    sold.name(Lead(sold.three.place, ADDRESS))
    sold.obey()
    relayed = [order for order in sold.office.orders(sold.one) if isinstance(order, Relay)]
    assert relayed == [Relay(sold.two.raw_key, passed)]
    sold.one.take_right(passed)
    sold.receive(sold.one)
    assert (sold.holder(), sold.reasons()) == ("07-1", [])


def test_a_promise_waits_for_who_has_it_and_is_served_when_that_one_gives_it(sold: Sold) -> None:
    sold.other.promise("07-2-000002", 50)
    sold.receive(sold.other)
    assert sold.office.orders(sold.two)[-1] == GiveRight(str(sold.sale.open().ref))
    sold.pass_on()
    sold.receive(sold.two, sold.one, sold.three)
    for till in (sold.one, sold.three):
        assert GiveRight(str(sold.sale.open().ref)) in sold.office.orders(till), "whoever has it by what HQ knows"


@pytest.mark.parametrize("lie", ["to hq", "twice", "not theirs", "of another", "forged", "more is left"])
def test_what_no_honest_till_says_is_set_aside_and_moves_nothing(sold: Sold, lie: str) -> None:
    if lie == "to hq":
        sold.two.pass_right(sold.sale, to="hq")
    elif lie == "not theirs":
        sold.three.pass_right(sold.sale, to="07-1")
    elif lie == "more is left":
        sold.two.refund(sold.sale, 10)
        sold.two.pass_right(sold.sale, to="07-1")
    elif lie == "forged":
        passed = Keeper("07-2", seed=99).pass_right(sold.sale, to="07-1")
        sold.one.take_right(passed)
    else:
        passed = sold.two.pass_right(sold.sale, to="07-1")
        sold.one.take_right(passed)
        (sold.one if lie == "twice" else sold.three).take_right(passed)
    sold.receive(sold.two, sold.one, sold.three)
    assert len(sold.reasons()) == 1
    assert sold.holder() == ("07-1" if lie in {"twice", "of another"} else "07-2")


def test_a_lost_tills_word_stands_where_its_neighbour_has_heard_it(sold: Sold) -> None:
    sold.receive(sold.two)
    sold.revoke(sold.two)
    sold.pass_on()
    sold.receive(sold.one, sold.three)
    assert (sold.holder(), sold.reasons()) == ("07-3", [])


def test_a_lost_tills_word_takes_it_from_nobody_else(sold: Sold) -> None:
    sold.two.pass_right(sold.sale, to="07-1")
    sold.receive(sold.two)
    sold.revoke(sold.two)
    stolen = sold.two.pass_right(sold.sale, to="07-3", moves=9)
    sold.three.take_right(stolen)
    sold.receive(sold.three)
    assert (sold.holder(), sold.reasons()) == ("07-1", ["giver_fenced"])


def test_an_hq_that_was_put_back_hears_of_all_moves_again(sold: Sold) -> None:
    sold.office.store.recover(Cause.PERSON, 0, STAMP)
    first, second = sold.pass_on()
    sold.receive(sold.three, sold.two, sold.one)
    assert (sold.office.waiting(), sold.reasons()) == ([], [])
    assert second.open().body_as(RightPassed).right.moves == first.open().body_as(RightPassed).right.moves + 1
    assert ChainId(sold.three.place, 1).store == "07"
