"""How HQ comes to know that it may have lost something, and who says when it gives out again."""

import pytest

from hq_server.recovery import Cause, Ended
from hq_server.storage.drawing import Short
from ledger.ids import ChainId
from ledger.journal_sqlite import BookUnusable
from offline_queue.marker_file import MarkerFile
from protocol.bodies import NewEpoch, Opened, Predecessor, Transfer
from protocol.conversation import NoDraw, NotDrawn
from protocol.records import RecordKind
from protocol.recoveries import Recovered
from tests.hq_server.forger import ALICE, Keeper
from tests.hq_server.office import STAMP
from tests.hq_server.recovery.restorable import ANN, BEN, Restorable, drawn


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
    assert isinstance(office.draw(till, 1, 1, operation_id="operation-3"), NotDrawn | Short), (
        "and no more than there is"
    )


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


def test_what_lies_at_hq_lies_there_in_all_its_epochs(office: Restorable, till: Keeper) -> None:
    office.store.recover(Cause.PERSON, 0, STAMP)
    office.store.recover(Cause.PERSON, 4, STAMP)
    assert office.store.own_head().ref.epoch == 5
    office.adopt(till)
    assert office.end() is Ended.ENDED
    given = drawn(office, till, 100, "operation-1").open()
    assert (given.epoch, office.at("hq", ALICE)) == (5, 0)
    assert isinstance(office.orders(till, after=1)[0], Transfer)
