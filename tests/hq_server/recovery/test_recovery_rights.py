"""HQ was put back from a copy: it learns again who has which right to undo a sale, whoever comes home first."""

import pytest

from hq_server.recovery import Cause, Ended
from hq_server.storage.fetching import RightElsewhere
from hq_server.views import Stands
from ledger.ids import ChainId
from protocol.bodies import Directive
from protocol.conversation import NoDraw, NotDrawn
from protocol.records import RecordKind, SignedRecord
from protocol.recoveries import Readopted
from protocol.rights import Entrust, GiveRight
from tests.hq_server.forger import ALICE, Keeper
from tests.hq_server.office import STAMP
from tests.hq_server.recovery.restorable import Restorable, enrolled


class Sold:
    """Till 07-2 has sold Alice something; the right to undo it goes to 08-1 and on to 09-1."""

    def __init__(self, office: Restorable) -> None:
        self.office = office
        self.maker = enrolled(office, "07-2", 7)
        self.other, self.third = enrolled(office, "08-1", 8), enrolled(office, "09-1", 5)
        self.maker.load(ALICE, 300)
        self.sale = self.maker.sell(ALICE, self.maker.loaded[0], 100)
        office.receive(self.maker)
        self.undone: list[SignedRecord] = []
        self.moves = 0

    def give(self, keeper: Keeper) -> None:
        """It undoes something, and gives what is left."""
        self.moves += 1
        self.undone.append(keeper.refund(self.sale, 10))
        keeper.give_right(self.sale, *self.undone, moves=self.moves)
        self.office.receive(keeper)

    def entrust(self, keeper: Keeper, operation: str = "operation-1") -> SignedRecord:
        directive = self.office.fetch(keeper, self.sale, operation)
        assert isinstance(directive, SignedRecord), directive
        return directive

    def holder(self, asks: Keeper) -> ChainId:
        told = self.office.fetch(asks, self.sale, "who-has-it")
        assert isinstance(told, RightElsewhere), told
        return told.holder

    def end(self, *silent: Keeper) -> None:
        """All of them but the silent ones come home."""
        for keeper in (self.maker, self.other, self.third):
            if keeper not in silent:
                self.office.adopt(keeper)
        assert self.office.end() is Ended.ENDED


@pytest.fixture
def sold(office: Restorable) -> Sold:
    return Sold(office)


def test_hq_stands_by_a_right_that_it_entrusted_and_forgot(office: Restorable, sold: Sold) -> None:
    sold.give(sold.maker)
    office.copy()
    directive = sold.entrust(sold.other)
    sold.other.apply(directive)
    office.restore()
    office.adopt(sold.other)
    (readopted,) = office.own(2, RecordKind.READOPTED)
    assert readopted.open().body_as(Readopted).directive == directive
    sold.end(sold.other)
    assert sold.holder(sold.third) == ChainId(sold.other.place, 1)
    assert not office.suspense()


def test_while_it_recovers_hq_entrusts_nothing_and_calls_nothing_home(office: Restorable, sold: Sold) -> None:
    missing = office.fetch(sold.third, sold.sale)
    assert isinstance(missing, RightElsewhere)
    office.store.recover(Cause.PERSON, 0, STAMP)
    told = office.fetch(sold.third, sold.sale)
    assert isinstance(told, NotDrawn)
    assert told.code is NoDraw.RECOVERING
    assert not office.store.call_right(missing, STAMP)


@pytest.mark.parametrize("first", ["maker", "other", "third"])
def test_it_matters_not_who_comes_home_first(office: Restorable, sold: Sold, first: str) -> None:
    office.copy()
    sold.give(sold.maker)
    sold.other.apply(sold.entrust(sold.other))
    sold.give(sold.other)
    sold.third.apply(sold.entrust(sold.third))
    sold.undone.append(sold.third.refund(sold.sale, 10))
    office.receive(sold.third)
    office.restore()
    office.adopt(getattr(sold, first))
    sold.end(getattr(sold, first))
    assert not office.suspense()
    assert sold.holder(sold.maker) == ChainId(sold.third.place, 1)
    sold.give(sold.third)
    sold.entrust(sold.other, "operation-2")
    assert not office.suspense()
    office.assert_conserved()


def test_a_right_that_came_back_to_its_maker_is_there(office: Restorable, sold: Sold) -> None:
    office.copy()
    sold.give(sold.maker)
    sold.other.apply(sold.entrust(sold.other))
    sold.give(sold.other)
    sold.maker.apply(sold.entrust(sold.maker))
    sold.give(sold.maker)
    office.restore()
    office.adopt(sold.other)
    sold.end(sold.other)
    assert not office.suspense()
    assert isinstance(sold.entrust(sold.third), SignedRecord)


def test_what_was_entrusted_and_will_not_arrive_any_more_is_at_hq_again(office: Restorable, sold: Sold) -> None:
    sold.give(sold.maker)
    directive = sold.entrust(sold.other)
    office.store.recover(Cause.PERSON, 0, STAMP)
    sold.end()
    again = sold.entrust(sold.third)
    sold.other.apply(directive)
    office.receive(sold.other)
    assert sold.holder(sold.other) == ChainId(sold.third.place, 1), "whoever carries it out all the same has nothing"
    assert again != directive


def test_a_till_whose_right_did_not_arrive_may_fetch_it_by_the_same_operation(office: Restorable, sold: Sold) -> None:
    sold.give(sold.maker)
    directive = sold.entrust(sold.other)
    office.store.recover(Cause.PERSON, 0, STAMP)
    sold.end()
    again = sold.entrust(sold.other)
    assert again.open().epoch == 2
    orders = [one.open().body_as(Directive).order for one in (directive, again)]
    assert orders[0] == orders[1]
    assert isinstance(orders[0], Entrust)


def test_a_call_that_was_not_carried_out_is_made_anew(office: Restorable, sold: Sold) -> None:
    missing = office.fetch(sold.third, sold.sale)
    assert isinstance(missing, RightElsewhere)
    assert office.store.call_right(missing, STAMP)
    office.store.recover(Cause.PERSON, 0, STAMP)
    sold.end()
    assert office.store.call_right(missing, STAMP)
    assert office.orders(sold.maker)[-1] == GiveRight(str(sold.sale.open().ref))


def test_what_a_till_carries_out_of_a_call_that_hq_forgot_counts(office: Restorable, sold: Sold) -> None:
    office.copy()
    missing = office.fetch(sold.third, sold.sale)
    assert isinstance(missing, RightElsewhere)
    assert office.store.call_right(missing, STAMP)
    office.adopt_old(sold.maker)
    sold.maker.give_right(sold.sale)
    office.restore()
    sold.end()
    assert len(office.own(2, RecordKind.READOPTED)) == 1
    assert isinstance(sold.entrust(sold.third), SignedRecord)


def test_a_till_that_lies_while_hq_recovers_gains_nothing(office: Restorable, sold: Sold) -> None:
    office.copy()
    sold.give(sold.maker)
    sold.other.apply(sold.entrust(sold.other))
    office.receive(sold.other)
    office.restore()
    office.adopt(sold.other)
    sold.undone.append(sold.other.refund(sold.sale, 10))
    sold.other.give_right(sold.sale, sold.undone[0], moves=1)
    sold.other.give_right(sold.sale, sold.undone[0], moves=2)
    sold.maker.give_right(sold.sale, moves=1)
    sold.end()
    reasons = [line.reason for line in office.suspense()]
    assert reasons == ["right_not_theirs", "right_differs", "right_differs"]
    assert sold.holder(sold.third) == ChainId(sold.other.place, 1)


def test_what_was_promised_is_brought_when_hq_gives_out_again(office: Restorable, sold: Sold) -> None:
    office.copy()
    sold.third.promise("07-2-000002", 60)
    office.receive(sold.third)
    office.restore()
    office.receive(sold.third)
    sold.maker.give_right(sold.sale)
    office.receive(sold.maker)
    assert entrusted_to(office, sold.third) == 0, "it gives nothing out yet"
    assert [one.stands for one in office.store.within(office.store.promises.all).lines] == [Stands.ON_ITS_WAY]
    sold.end()
    assert entrusted_to(office, sold.third) == 1


def test_what_came_back_from_whoever_had_promised_is_brought_again(office: Restorable, sold: Sold) -> None:
    sold.third.promise("07-2-000002", 60)
    sold.maker.give_right(sold.sale)
    office.receive(sold.third)
    office.receive(sold.maker)
    assert entrusted_to(office, sold.third) == 1
    office.store.recover(Cause.PERSON, 0, STAMP)
    for keeper in (sold.maker, sold.other):
        office.adopt(keeper)
    assert [office.end(by) for by in ("ann", "bob")] == [Ended.SECOND_PERSON_WANTED, Ended.ENDED]
    assert entrusted_to(office, sold.third) == 0
    office.adopt(sold.third)
    assert entrusted_to(office, sold.third) == 1, "it has not carried out the first, and never will"


def entrusted_to(office: Restorable, keeper: Keeper) -> int:
    """How often in this epoch of HQ's."""
    return sum(isinstance(one, Entrust) for one in office.orders(keeper))
