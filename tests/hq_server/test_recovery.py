"""HQ was put back from a copy: it gives nothing out before it knows again what it had given, and to whom."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from hq_server.recovery import Cause, Ended, RecoveryView
from hq_server.storage.sqlite import HqStore
from ledger.ids import HEADQUARTERS, ChainId
from ledger.journal_sqlite import BookUnusable
from offline_queue.marker_file import MarkerFile
from protocol.acknowledgements import Acknowledgement
from protocol.bodies import (
    Block,
    Lead,
    NewEpoch,
    Opened,
    Predecessor,
    Readopted,
    Recall,
    Reclaimed,
    Recovered,
    Revoke,
    Roster,
    RunAs,
    Taken,
    Transfer,
    Unblock,
)
from protocol.conversation import NoDraw, NotDrawn
from protocol.records import RecordKind, SignedRecord
from tests.hq_server.forger import ALICE, BOB, Keeper, part
from tests.hq_server.office import HQ_KEY, HQ_RAW_KEY, NOON_MS, NOTHING_PLACED, STAMP, Office

CARD, ANN, BEN = "c0" * 12, "ann", "ben"


class Restorable(Office):
    """HQ's book in a file with a marker beside it. Nothing is placed ahead."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.copy_made = folder / "copy"
        self.start()

    def start(self, *, marker: bool = True) -> None:
        """HQ starts on what its disk has."""
        kept = MarkerFile(self.folder / "hq.head") if marker else None
        self.store = HqStore.open(self.folder / "hq.db", HQ_KEY.sign, NOTHING_PLACED, marker=kept)
        self.store.begin(HQ_RAW_KEY, "0.1.0", STAMP)

    def copy(self) -> None:
        """Somebody makes a copy of HQ's book; HQ rests meanwhile."""
        self.store.mark()  # as the store's thread does behind each call
        self.store.close()
        shutil.copytree(self.folder, self.copy_made, ignore=shutil.ignore_patterns("copy", "hq.head"))
        self.start()

    def restore(self, *, marker: bool = True) -> None:
        """The copy is put in the book's place; the marker stays where it is."""
        self.store.mark()
        self.store.close()
        for file in self.copy_made.iterdir():
            shutil.copy(file, self.folder / file.name)
        self.start(marker=marker)

    @property
    def recovery(self) -> RecoveryView:
        view = self.store.recovery()
        assert view is not None, "there is a recovery"
        return view

    def own(self, epoch: int, kind: RecordKind) -> list[SignedRecord]:
        """Records of one kind in HQ's own chain."""
        return [signed for signed in self.store.records(HEADQUARTERS, epoch) if signed.open().kind is kind]

    def adopt(self, keeper: Keeper) -> None:
        """A keeper carries out all that HQ orders it in its new epoch, and says so."""
        for signed in self.directives(keeper, after=0):
            keeper.apply(signed)
        self.receive(keeper)

    def adopt_old(self, keeper: Keeper) -> None:
        """A keeper carries out what HQ has ordered it since it last did; HQ is not told in time."""
        done = sum(signed.open().kind is RecordKind.APPLIED for signed in keeper.chain)
        for signed in self.directives(keeper, after=done):
            keeper.apply(signed)

    def end(self, by: str = ANN) -> Ended:
        return self.store.end_recovery(by, STAMP)[0]

    def said_to(self, keeper: Keeper) -> Acknowledgement:
        return self.store.acknowledgement(keeper.place, keeper.epoch, NOON_MS)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Restorable]:
    office = Restorable(tmp_path)
    yield office
    office.store.close()


@pytest.fixture
def till(office: Restorable) -> Keeper:
    """Till 07-2, enrolled; it has loaded 100 for Alice and given them to HQ."""
    return funded(office, "07-2", 7)


@pytest.fixture
def other(office: Restorable) -> Keeper:
    """Till 08-1, enrolled, with nothing."""
    return enrolled(office, "08-1", 8)


def enrolled(office: Restorable, place: str, seed: int) -> Keeper:
    keeper = Keeper(place, seed=seed)
    office.enrol(keeper)
    keeper.open()
    office.adopt(keeper)
    return keeper


def funded(office: Restorable, place: str, seed: int, units: int = 100) -> Keeper:
    keeper = enrolled(office, place, seed)
    keeper.load(ALICE, units)
    keeper.give(ALICE, part(keeper.loaded[0], units))
    office.receive(keeper)
    return keeper


def drawn(office: Restorable, keeper: Keeper, units: int, operation: str) -> SignedRecord:
    """HQ gives a keeper something of Alice's."""
    given = office.draw(keeper, units, units, operation_id=operation)
    assert isinstance(given, SignedRecord), given
    return given


def test_a_copy_that_was_put_back_begins_another_epoch_and_gives_nothing_out(office: Restorable, till: Keeper) -> None:
    office.copy()
    before = office.store.own_head()
    drawn(office, till, 30, "operation-1")
    office.restore()
    assert office.store.own_head().ref.epoch == 2
    opened = office.own(2, RecordKind.OPENED)[0].open().body_as(Opened)
    assert opened.after == Predecessor(str(before.ref), before.hash)
    assert office.orders(till, after=0) == [NewEpoch()]
    told = office.draw(till, 10, 10, operation_id="operation-2")
    assert isinstance(told, NotDrawn)
    assert told.code is NoDraw.RECOVERING
    assert (office.recovery.why, office.recovery.home, office.recovery.silent_total) == (Cause.MARKER, 0, 1)
    assert office.recovery.silent[0].heard_at_ms is None


def test_a_book_that_its_marker_knows_or_that_is_new_is_the_latest(office: Restorable, till: Keeper) -> None:
    office.copy()
    office.store.close()
    office.start()
    assert office.store.recovery() is None
    assert office.store.own_head().ref.epoch == 1
    assert office.at("hq", ALICE) == 100, "and what lies there may be given"
    drawn(office, till, 10, "operation-1")


def test_a_book_without_its_marker_may_be_any_copy(office: Restorable) -> None:
    office.store.close()
    (office.folder / "hq.head").unlink(missing_ok=True)
    office.start()
    assert office.recovery.why is Cause.NO_MARKER
    office.store.mark()
    office.store.close()
    office.start()
    assert office.store.own_head().ref.epoch == 2, "one recovery is enough for one loss"


def test_an_empty_book_is_not_taken_for_the_lost_one(office: Restorable) -> None:
    office.store.mark()
    office.store.close()
    for file in office.folder.glob("hq.db*"):
        file.unlink()
    with pytest.raises(BookUnusable, match="its latest copy"):
        office.start()
    assert MarkerFile(office.folder / "hq.head").read() is not None


@pytest.mark.usefixtures("till")
def test_hq_stands_by_what_it_gave_and_forgot(office: Restorable, other: Keeper) -> None:
    office.copy()
    given = drawn(office, other, 30, "operation-1")
    other.apply(given)
    office.receive(other)
    office.restore()
    assert office.at("hq", ALICE) == 100, "as it was when the copy was made"
    office.adopt(other)
    assert (office.at("hq", ALICE), office.at("08-1", ALICE)) == (70, 30)
    (readopted,) = office.own(2, RecordKind.READOPTED)
    assert readopted.open().body_as(Readopted).directive == given
    assert not office.suspense()
    office.assert_conserved()
    assert (office.recovery.home, office.recovery.readopted, office.recovery.silent_total) == (1, 1, 1)


@pytest.mark.usefixtures("till")
def test_what_was_told_twice_is_given_once(office: Restorable, other: Keeper) -> None:
    """A directive may come back once more: a till that lies carries it out in two records."""
    office.copy()
    given = drawn(office, other, 30, "operation-1")
    other.apply(given)
    other.apply(given)
    office.restore()
    office.adopt(other)
    assert (office.at("hq", ALICE), office.at("08-1", ALICE)) == (70, 30)
    assert [line.reason for line in office.suspense()] == ["operation_repeated"]
    office.assert_conserved()


def test_hq_stands_only_by_its_own_word_to_this_keeper(office: Restorable, till: Keeper, other: Keeper) -> None:
    office.copy()
    given = drawn(office, other, 30, "operation-1")
    office.restore()
    till.apply(given)
    forged = SignedRecord(given.content, bytes(64))
    other.apply(forged)
    office.adopt(till)
    office.adopt(other)
    assert office.at("hq", ALICE) == 100
    assert office.own(2, RecordKind.READOPTED) == []
    assert sorted(line.reason for line in office.suspense()) == ["giver_differs", "not_understood"]


def test_what_was_given_and_will_not_arrive_any_more_is_at_hq_again(
    office: Restorable, till: Keeper, other: Keeper
) -> None:
    given, carried_out = drawn(office, other, 30, "operation-1"), drawn(office, till, 5, "operation-2")
    office.copy()
    till.apply(carried_out)
    office.restore(marker=False)
    office.store.recover(Cause.PERSON, 0, STAMP)
    office.adopt(other)
    office.adopt(till)
    assert (office.at("hq", ALICE), office.at("07-2", ALICE)) == (95, 5)
    (reclaimed,) = office.own(2, RecordKind.RECLAIMED)
    assert reclaimed.open().body_as(Reclaimed).directive == given
    office.assert_conserved()
    other.apply(given)
    office.receive(other)
    assert (office.at("hq", ALICE), office.at("08-1", ALICE)) == (95, 0), "whoever takes it all the same has nothing"
    assert [line.reason for line in office.suspense()] == ["giver_set_aside"]


def test_what_hq_forgot_to_have_is_waited_for_until_its_giver_is_heard(office: Restorable, other: Keeper) -> None:
    """Till 07-2 loads and gives after the copy; HQ gives it on to 08-1, which comes back first."""
    till = enrolled(office, "07-2", 7)
    office.copy()
    till.load(ALICE, 100)
    till.give(ALICE, part(till.loaded[0], 100))
    office.receive(till)
    other.apply(drawn(office, other, 30, "operation-1"))
    office.receive(other)
    office.restore()
    office.adopt(other)
    assert [str(line.giver).startswith("hq/1/") for line in office.waiting()] == [True]
    assert (office.at("08-1", ALICE), office.recovery.waits, office.recovery.home) == (0, 1, 0)
    office.adopt(till)
    assert (office.at("hq", ALICE), office.at("08-1", ALICE), office.recovery.waits) == (70, 30, 0)
    assert office.recovery.silent_total == 0
    office.assert_conserved()


def test_a_card_that_was_lost_or_found_meanwhile_is_what_the_last_word_says(
    office: Restorable, till: Keeper, other: Keeper
) -> None:
    office.copy()
    office.block(CARD)
    office.block("c1" * 12)
    office.adopt_old(other)
    office.store.keeping(lambda keepers: keepers.unblock(CARD, STAMP))
    office.adopt_old(till)
    office.restore()
    office.adopt(till)
    office.adopt(other)
    refused = office.store.showing(lambda showing: [line.card for line in showing.refused.show().lines])
    assert refused == ["c1" * 12], "an older word that comes later is none"
    assert office.end() is Ended.ENDED
    said = [Block(("c1" * 12,)), Unblock((CARD,))]
    assert office.orders(till, after=1) == office.orders(other, after=1) == said


def test_how_a_store_is_run_and_led_is_what_hq_said_last(office: Restorable, till: Keeper, other: Keeper) -> None:
    office.copy()
    lead = Lead(till.place, "http://127.0.0.1:8472")
    office.store.keeping(lambda keepers: keepers.run("07", "real_time", STAMP))
    office.store.keeping(lambda keepers: keepers.lead("07", lead, STAMP))
    office.adopt_old(till)
    office.restore()
    office.adopt(till)
    office.adopt(other)
    assert office.end() is Ended.ENDED
    roster, mode = office.orders(till, after=1)
    assert isinstance(roster, Roster)
    assert (roster.lead, mode) == (lead, RunAs("real_time"))


def test_a_till_that_was_revoked_meanwhile_stays_so(office: Restorable, till: Keeper) -> None:
    office.copy()
    office.store.keeping(lambda keepers: keepers.revoke(till.place, 1, STAMP))
    till.apply(office.directives(till)[-1])
    office.restore()
    office.receive(till)
    assert office.view(till).fences == ("revoked",)
    assert office.recovery.silent_total == 0, "nothing is given to it, so nobody has to wait for it"


def test_what_a_till_was_not_told_before_it_is_told_anew(office: Restorable, till: Keeper) -> None:
    office.block(CARD)
    office.store.keeping(lambda keepers: keepers.run("07", "real_time", STAMP))
    office.store.recover(Cause.PERSON, 0, STAMP)
    office.adopt(till)
    assert office.orders(till, after=1) == [Block((CARD,)), RunAs("real_time")]


def test_it_ends_when_all_have_been_heard_and_one_person_says_so(office: Restorable, till: Keeper) -> None:
    assert office.end() is Ended.NOT_RECOVERING
    office.copy()
    till.apply(drawn(office, till, 30, "operation-1"))
    office.restore()
    office.adopt(till)
    assert office.end() is Ended.ENDED
    (recovered,) = office.own(2, RecordKind.RECOVERED)
    assert recovered.open().body_as(Recovered) == Recovered((ANN,), (), 0)
    assert office.store.recovery() is None
    drawn(office, till, 70, "operation-2")
    assert isinstance(office.draw(till, 1, 1, operation_id="operation-3"), NotDrawn), "and no more than there is"


def test_two_people_go_on_without_a_silent_till(office: Restorable, till: Keeper, other: Keeper) -> None:
    office.copy()
    other.apply(drawn(office, other, 30, "operation-1"))
    office.restore()
    office.adopt(till)
    assert [office.end(ANN), office.end(ANN)] == [Ended.SECOND_PERSON_WANTED] * 2
    assert office.recovery.agreed_by == ANN
    assert isinstance(office.draw(till, 1, 1, operation_id="operation-2"), NotDrawn), "one is not enough"
    assert office.end(BEN) is Ended.ENDED
    (recovered,) = office.own(2, RecordKind.RECOVERED)
    assert recovered.open().body_as(Recovered) == Recovered((ANN, BEN), ("08-1/1",), 1)
    drawn(office, till, 60, "operation-3")
    office.adopt(other)
    assert (office.at("hq", ALICE), office.at("08-1", ALICE)) == (10, 30), "it comes late, and there was enough"
    office.assert_conserved()


def test_what_was_given_twice_because_two_people_said_so_waits_in_sight(
    office: Restorable, till: Keeper, other: Keeper
) -> None:
    office.copy()
    other.apply(drawn(office, other, 100, "operation-1"))
    office.restore()
    office.adopt(till)
    office.end(ANN)
    office.end(BEN)
    drawn(office, till, 60, "operation-2")
    office.adopt(other)
    assert [line.record for line in office.waiting()] == [str(other.chain[-2].open().ref)]
    office.assert_conserved()


def test_what_comes_home_meanwhile_stays(office: Restorable, till: Keeper) -> None:
    till.load(ALICE, 10)
    till.give(ALICE, part(till.loaded[1], 10))
    office.store.recover(Cause.PERSON, 0, STAMP)
    office.receive(till)
    assert office.at("hq", ALICE) == 110
    (taken,) = office.own(2, RecordKind.TAKEN)
    assert taken.open().body_as(Taken).given == till.chain[-1]


def test_nothing_is_placed_or_called_home_before_the_end() -> None:
    office = Office()
    till = Keeper("07-2")
    office.enrol(till)
    till.open()
    till.load(BOB, 500_000)
    office.store.recover(Cause.PERSON, 0, STAMP)
    for signed in office.directives(till, after=0):
        till.apply(signed)
    office.receive(till)
    assert office.orders(till, after=1) == []
    assert office.store.end_recovery(ANN, STAMP)[0] is Ended.ENDED
    office.store.settle(STAMP)
    (recall,) = office.orders(till, after=1)
    assert isinstance(recall, Recall), "more lies there than should"


def test_hq_hears_from_a_keeper_that_it_has_lost_something(office: Restorable, till: Keeper) -> None:
    office.copy()
    drawn(office, till, 30, "operation-1")
    said = office.said_to(till)
    office.restore(marker=False)
    assert office.store.recovery() is None, "nobody has said anything yet"
    assert office.store.hear_of_itself(said, STAMP) == [ChainId(till.place, 1)]
    assert (office.recovery.why, office.recovery.hq_epoch) == (Cause.KEEPER, 2)
    assert office.store.hear_of_itself(said, STAMP) == [], "it has another epoch by now"


def test_a_batch_that_is_gone_is_a_loss_too(office: Restorable, till: Keeper) -> None:
    office.copy()
    till.load(ALICE, 1)
    office.receive(till)
    said = office.said_to(till)
    office.restore(marker=False)
    assert office.store.hear_of_itself(said, STAMP)


def test_what_hq_said_and_has_is_no_loss(office: Restorable, till: Keeper) -> None:
    earlier = office.said_to(till)
    drawn(office, till, 30, "operation-1")
    assert office.store.hear_of_itself(earlier, STAMP) == []
    assert office.store.hear_of_itself(office.said_to(till), STAMP) == []


@pytest.mark.usefixtures("till")
def test_an_order_that_hq_does_not_know_is_a_loss(office: Restorable, other: Keeper) -> None:
    office.copy()
    other.apply(drawn(office, other, 30, "operation-1"))
    office.restore(marker=False)
    office.receive(other)
    assert (office.recovery.why, office.at("hq", ALICE), office.at("08-1", ALICE)) == (Cause.RECORD, 70, 30)
    office.assert_conserved()


def test_the_same_copy_put_back_again_begins_a_later_epoch(office: Restorable, till: Keeper) -> None:
    office.copy()
    drawn(office, till, 30, "operation-1")
    office.restore()
    office.adopt(till)
    said = office.said_to(till)
    office.restore()
    assert office.store.own_head().ref.epoch == 3, "the marker has seen the second"
    office.restore(marker=False)
    assert said.hq_epoch == 2
    office.store.hear_of_itself(said, STAMP)
    assert office.store.own_head().ref.epoch == 3, "and so has the till"


def test_two_orders_of_one_number_are_two(office: Restorable, till: Keeper, other: Keeper) -> None:
    """HQ does not know yet that it was put back, and gives under a number that it had given before."""
    office.copy()
    lost = drawn(office, other, 30, "operation-1")
    other.apply(lost)
    office.restore(marker=False)
    again = drawn(office, other, 20, "operation-2")
    assert again.open().ref == lost.open().ref
    office.receive(other)
    office.adopt(other)
    office.adopt(till)
    assert (office.at("hq", ALICE), office.at("08-1", ALICE)) == (70, 30)
    office.assert_conserved()


def test_what_lies_at_hq_lies_there_in_all_its_epochs(office: Restorable, till: Keeper) -> None:
    office.store.recover(Cause.PERSON, 0, STAMP)
    office.store.recover(Cause.PERSON, 4, STAMP)
    assert office.store.own_head().ref.epoch == 5
    office.adopt(till)
    assert office.end() is Ended.ENDED
    given = drawn(office, till, 100, "operation-1").open()
    assert (given.epoch, office.at("hq", ALICE)) == (5, 0)
    assert isinstance(office.orders(till, after=1)[0], Transfer)


def test_a_revoked_till_that_was_not_told_so_is_told_in_the_new_epoch(office: Restorable, till: Keeper) -> None:
    office.store.keeping(lambda keepers: keepers.revoke(till.place, 1, STAMP))
    office.store.recover(Cause.PERSON, 0, STAMP)
    assert office.orders(till, after=0) == [Revoke(office.said_to(till).held)]
    till.apply(office.directives(till, after=0)[0])
    office.store.recover(Cause.PERSON, 0, STAMP)
    assert office.orders(till, after=0) == [Revoke(office.said_to(till).held)], "its last record is not taken any more"
