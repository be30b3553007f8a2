"""HQ was put back from a copy: it knows again what it had given, and to whom, before it gives anything."""

import pytest

from hq_server.recovery import Cause, Ended
from protocol.bodies import Block, Lead, Recall, Revoke, Roster, RunAs, Taken, Unblock
from protocol.records import RecordKind, SignedRecord
from protocol.recoveries import Readopted, Reclaimed, Shortage
from tests.hq_server.forger import ALICE, BOB, Keeper, part
from tests.hq_server.office import NOON_MS, STAMP, Office
from tests.hq_server.recovery.restorable import ANN, BEN, CARD, Restorable, drawn, enrolled


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


def test_what_else_is_under_way_to_a_keeper_stays_so_when_hq_stands_by_what_it_gave_in_the_same_hour(
    office: Restorable, till: Keeper, other: Keeper
) -> None:
    till.now_ms = NOON_MS
    till.load(BOB, 10)
    till.give(BOB, part(till.loaded[-1], 10), to=other.place)
    office.receive(till)
    office.copy()
    other.apply(drawn(office, other, 30, "operation-1"))
    office.restore()
    office.adopt(other)
    assert office.at("08-1", ALICE) == 30
    office.assert_conserved()


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


def test_what_hq_gave_and_forgot_to_have_it_owes_until_its_giver_is_heard(office: Restorable, other: Keeper) -> None:
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
    assert (office.at("08-1", ALICE), office.owed(ALICE)) == (30, 30)
    (readopted,) = office.own(2, RecordKind.READOPTED)
    assert readopted.open().body_as(Readopted).short == (Shortage("principal", till.loaded[0], 30),)
    office.assert_conserved()
    office.adopt(till)
    assert (office.at("hq", ALICE), office.at("08-1", ALICE), office.recovery.silent_total) == (100, 30, 0)
    assert office.end() is Ended.ENDED
    assert (office.at("hq", ALICE), office.at("08-1", ALICE), office.owed(ALICE)) == (70, 30, 0)
    office.assert_conserved()


def test_the_same_units_may_have_gone_through_hq_twice(office: Restorable, till: Keeper, other: Keeper) -> None:
    """From HQ to 07-2, back, and on to 08-1, which comes home first: each chain tells its own half only."""
    office.copy()
    till.apply(drawn(office, till, 100, "operation-1"))
    till.give(ALICE, part(till.loaded[0], 100))
    office.receive(till)
    other.apply(drawn(office, other, 100, "operation-2"))
    office.receive(other)
    office.restore()
    office.adopt(other)
    office.adopt(till)
    assert office.end() is Ended.ENDED
    assert (office.at("hq", ALICE), office.at("07-2", ALICE), office.at("08-1", ALICE)) == (0, 0, 100)
    assert office.owed(ALICE) == 0
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


def test_what_was_given_twice_because_two_people_said_so_is_owed_in_sight_and_not_by_the_member(
    office: Restorable, till: Keeper, other: Keeper
) -> None:
    till.load(ALICE, 50)
    till.give(ALICE, part(till.loaded[1], 50))
    office.receive(till)
    office.copy()
    other.apply(drawn(office, other, 100, "operation-1"))
    office.restore()
    office.adopt(till)
    office.end("ann")
    office.end("ben")
    drawn(office, till, 60, "operation-2")
    office.adopt(other)
    assert (office.at("08-1", ALICE), office.owed(ALICE), office.at("hq", ALICE)) == (100, 60, 50)
    assert not office.waiting()
    assert not office.suspense()
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


def test_a_revoked_till_that_was_not_told_so_is_told_in_the_new_epoch(office: Restorable, till: Keeper) -> None:
    office.store.keeping(lambda keepers: keepers.revoke(till.place, 1, STAMP))
    office.store.recover(Cause.PERSON, 0, STAMP)
    assert office.orders(till, after=0) == [Revoke(office.said_to(till).held)]
    till.apply(office.directives(till, after=0)[0])
    office.store.recover(Cause.PERSON, 0, STAMP)
    assert office.orders(till, after=0) == [Revoke(office.said_to(till).held)], "its last record is not taken any more"


@pytest.mark.usefixtures("till")
def test_what_hq_has_back_by_one_recovery_it_does_not_have_back_again_by_the_next(
    office: Restorable, other: Keeper
) -> None:
    drawn(office, other, 30, "operation-1")  # and it never arrives
    office.store.recover(Cause.PERSON, 0, STAMP)
    office.adopt(other)
    assert (len(office.own(2, RecordKind.RECLAIMED)), office.at("hq", ALICE)) == (1, 100)
    office.store.recover(Cause.PERSON, 0, STAMP)
    assert [office.end(by) for by in (ANN, BEN)][1] is Ended.ENDED, "two go on without the tills"
    drawn(office, other, 20, "operation-2")
    office.adopt(other)  # it comes home while these are under way
    assert office.own(3, RecordKind.RECLAIMED) == []
    assert (office.at("hq", ALICE), office.at("08-1", ALICE)) == (80, 20)
