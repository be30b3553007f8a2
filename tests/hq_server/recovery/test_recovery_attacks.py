"""Attacks on HQ's recovery, by tills, by people and by chance: none of them gets anywhere."""

import pytest

from hq_server.recovery import Cause, Ended
from hq_server.storage.drawing import Short
from ledger.slices import Purse
from protocol.bodies import (
    Block,
    LotOpened,
    NewEpoch,
    Recall,
    RunAs,
    Unblock,
)
from protocol.records import RecordKind
from protocol.replaying import posting_of
from tests.hq_server.forger import ALICE, DATE, Keeper, held, issued, part
from tests.hq_server.office import STAMP, draw_of
from tests.hq_server.recovery.restorable import CARD, Restorable, drawn, enrolled, forged


@pytest.mark.usefixtures("till")
def test_an_order_that_hq_never_signed_moves_nothing(office: Restorable, other: Keeper) -> None:
    drawn(office, other, 30, "operation-1")
    assert office.store.recovery() is None
    other.apply(forged(other, NewEpoch()))
    office.receive(other)
    assert office.own(1, RecordKind.RECLAIMED) == [], "HQ took value back because of a record that nobody signed"


@pytest.mark.usefixtures("till")
def test_what_hq_signs_because_of_it_is_understood(office: Restorable, other: Keeper) -> None:
    drawn(office, other, 30, "operation-1")
    other.apply(forged(other, NewEpoch()))
    office.receive(other)
    for signed in office.own(1, RecordKind.RECLAIMED):
        assert posting_of(signed.open()) is not None, "raises: HQ's own chain can never be replayed again"


@pytest.mark.usefixtures("till")
def test_a_till_cannot_have_hq_say_everything_again_as_often_as_it_likes(office: Restorable, other: Keeper) -> None:
    for number in range(20):
        office.block(f"{number:024x}")
    before = len(office.directives(other, after=0))
    for _ in range(6):
        other.apply(forged(other, Unblock(()), number=0, hq_epoch=0))
        other.apply(forged(other, NewEpoch(), hq_epoch=9))
    office.receive(other)
    grew = len(office.directives(other, after=0)) - before
    assert grew <= 20, f"12 unsigned records, posted in one commit, made HQ sign {grew} directives"


def test_who_brings_an_order_to_somebody_else_has_not_carried_out_its_own(
    office: Restorable, till: Keeper, other: Keeper
) -> None:
    """Both are HQ's own words; till 08-1 has 07-2's."""
    office.copy()
    drawn(office, till, 30, "operation-1")
    office.restore()
    (new_epoch,) = office.directives(till, after=0)
    other.apply(new_epoch)
    office.receive(other)
    assert office.recovery.silent_total == 2, "neither is home"
    office.adopt(other)
    assert [one.keeper for one in office.recovery.silent] == ["07-2"]


@pytest.mark.usefixtures("till")
def test_behind_the_new_epoch_no_order_of_an_earlier_one_counts(
    office: Restorable, till: Keeper, other: Keeper
) -> None:
    """Till 08-1 keeps a lost order back, says that it is home, lets all be given to 07-2, and brings it then."""
    office.copy()
    kept_back = drawn(office, other, 100, "operation-1")
    office.restore()
    office.adopt(other)
    office.adopt(till)
    assert office.end() is Ended.ENDED, "all are home"
    drawn(office, till, 100, "operation-2")
    other.apply(kept_back)
    office.receive(other)
    assert (office.at("08-1", ALICE), office.owed(ALICE)) == (0, 0), "100 were given twice with every keeper home"


def test_a_card_that_is_blocked_during_the_recovery_stays_so(office: Restorable, till: Keeper, other: Keeper) -> None:
    office.copy()
    office.block(CARD)
    office.store.keeping(lambda keepers: keepers.unblock(CARD, STAMP))
    office.adopt_old(other)  # carries out both; HQ is lost before it hears
    office.restore()
    office.adopt(till)
    office.block(CARD)  # stolen now: this is the last word, in the new epoch
    office.adopt(other)
    assert office.store.keeping(lambda keepers: keepers.blocks.has(CARD)), "an Unblock of the lost epoch undid it"


@pytest.mark.usefixtures("till")
def test_a_block_that_was_asked_for_although_the_card_was_blocked_holds(office: Restorable, other: Keeper) -> None:
    office.block(CARD)
    office.adopt_old(other)
    office.receive(other)
    office.copy()
    office.store.keeping(lambda keepers: keepers.unblock(CARD, STAMP))
    office.adopt_old(other)
    office.restore()
    assert not office.store.keeping(lambda keepers: keepers.block(CARD, STAMP)), "refused already, people are told"
    office.adopt(other)
    assert office.store.keeping(lambda keepers: keepers.blocks.has(CARD))


def test_the_way_a_store_is_run_is_what_people_said_last(office: Restorable, till: Keeper, other: Keeper) -> None:
    office.copy()
    office.store.keeping(lambda keepers: keepers.run("08", "real_time", STAMP))
    office.adopt_old(other)
    office.restore()
    office.store.keeping(lambda keepers: keepers.run("08", "transfer", STAMP))
    office.adopt(other)
    office.adopt(till)
    assert office.end() is Ended.ENDED
    modes = [order for order in office.orders(other, after=0) if isinstance(order, RunAs)]
    assert modes[-1] == RunAs("transfer")


def test_a_lost_word_that_comes_after_the_end_is_said_to_all(office: Restorable, till: Keeper, other: Keeper) -> None:
    office.copy()
    office.block(CARD)
    office.adopt_old(other)
    office.restore()
    office.adopt(till)
    office.end("ann")
    office.end("ben")
    office.adopt(other)
    assert office.store.keeping(lambda keepers: keepers.blocks.has(CARD)), "HQ's own list has it"
    assert Block((CARD,)) in office.orders(till, after=0), "and no other till ever hears of it"


def test_an_older_word_after_the_end_does_not_win(office: Restorable, till: Keeper, other: Keeper) -> None:
    office.copy()
    office.block(CARD)
    office.adopt_old(other)  # hears of the block only
    office.store.keeping(lambda keepers: keepers.unblock(CARD, STAMP))
    office.adopt_old(till)  # hears of both
    office.restore()
    office.adopt(till)
    office.end("ann")
    office.end("ben")
    office.adopt(other)
    assert not office.store.keeping(lambda keepers: keepers.blocks.has(CARD)), "found, and refused again by HQ alone"


def test_what_was_called_home_in_an_earlier_epoch_is_called_home_again(
    office: Restorable, till: Keeper, other: Keeper
) -> None:
    other.apply(drawn(office, other, 100, "operation-1"))
    office.receive(other)
    assert isinstance(office.orders(other, after=0)[-1], Recall), (
        "nothing is to lie ahead; 08-1 is off, and does nothing"
    )
    office.store.recover(Cause.PERSON, 0, STAMP)
    office.adopt(other)
    office.adopt(till)
    assert office.end() is Ended.ENDED
    office.store.settle(STAMP)
    short = office.draw(till, 50, 50, operation_id="operation-3")
    assert isinstance(short, Short)
    office.store.recall(draw_of(50, 50, operation_id="operation-3"), short.holders, STAMP)
    recalls = [order for order in office.orders(other, after=0) if isinstance(order, Recall)]
    assert recalls != [], "100 lie at 08-1, it will never carry out the old recall, and HQ never asks again"


def test_a_draw_is_not_answered_with_an_order_that_nobody_may_carry_out(office: Restorable, till: Keeper) -> None:
    given = drawn(office, till, 30, "operation-1")  # the line is cut: it never arrives
    office.store.recover(Cause.PERSON, 0, STAMP)
    office.adopt(till)
    assert office.own(2, RecordKind.RECLAIMED) != []
    assert office.end() is Ended.ENDED
    again = office.draw(till, 30, 30, operation_id="operation-1")
    assert again != given, "HQ has that back, and the till refuses it as older_hq"


@pytest.mark.usefixtures("till")
def test_nobody_waits_for_a_machine_whose_place_has_another_keeper(office: Restorable) -> None:
    """Its book was set aside and it was enrolled anew, as docs/operations.md says under "Old book"."""
    anew = Keeper("07-2", epoch=2, seed=17)
    office.enrol(anew)
    anew.open()
    for signed in office.directives(anew, after=0):
        anew.apply(signed)
    office.receive(anew)
    office.store.recover(Cause.PERSON, 0, STAMP)
    office.adopt(anew)
    silent = [f"{one.keeper}/{one.epoch}" for one in office.recovery.silent]
    assert silent == [], "and revoking 07-2 would revoke the key of the machine that works"


def test_what_a_forgotten_neighbour_gave_waits_until_it_is_paired_anew(office: Restorable, other: Keeper) -> None:
    office.copy()
    lead = enrolled(office, "08-2", 82)  # new in the store since the copy
    lead.load(ALICE, 100)
    given = lead.give(ALICE, part(lead.loaded[0], 100), to="08-1")
    office.receive(lead)
    other.take(given)
    other.charge(ALICE, lead.loaded[0], 40)
    office.receive(other)
    assert (office.at("08-1", ALICE), office.suspense()) == (60, [])
    office.restore()
    office.adopt(other)  # calls within a second, long before somebody has paired 08-2
    office.enrol(lead)
    office.receive(lead)
    office.post(other)
    assert office.suspense() == [], "all of it was honest"
    assert office.at("08-1", ALICE) == 60


@pytest.mark.usefixtures("till")
def test_a_till_that_rewrites_what_hq_has_forgotten_does_not_stop_another_ones_chain(
    office: Restorable, other: Keeper
) -> None:
    """The copy knows 09-1 up to its enrolment. It signs its load anew, with another store in the lot's terms."""
    liar = enrolled(office, "09-1", 9)
    office.copy()
    before = liar.copy()
    liar.load(ALICE, 50)
    liar.give(ALICE, part(liar.loaded[0], 50))
    office.receive(liar)
    given = drawn(office, other, 150, "operation-1")
    other.apply(given)
    office.restore()
    before.place, before.now_ms = liar.place, 2
    lot = before.next_lot()
    opens = (LotOpened(ALICE, Purse.PRINCIPAL, lot, "99", DATE, "2030-01-01"),)
    before.move((held(ALICE, lot, 50), issued(ALICE, lot, -50)), opens=opens)
    office.receive(before)
    office.adopt(other)  # AssertionError: HQ's own book refuses hq/2/...: LOT_DIFFERS
    office.assert_conserved()


@pytest.mark.usefixtures("other")
def test_hq_does_not_have_back_what_a_keeper_has_taken(office: Restorable, till: Keeper) -> None:
    """Two orders under one number, to two tills; the second leaves out the order before it, and lies about nothing."""
    third = enrolled(office, "09-1", 9)
    office.copy()
    drawn(office, till, 1, "operation-0")
    lost = drawn(office, till, 30, "operation-1")
    for signed in office.directives(till, after=1)[-2:]:
        till.apply(signed)
    office.restore(marker=False)
    drawn(office, third, 5, "operation-2")  # left out by 09-1
    again = drawn(office, third, 20, "operation-3")
    assert again.open().ref == lost.open().ref
    third.apply(again)
    office.receive(third)
    assert office.at("09-1", ALICE) == 20
    office.receive(till)  # HQ learns that it has lost something
    office.adopt(till)
    office.adopt(third)
    office.assert_conserved()
    assert office.suspense() == [], "that it has carried out the new epoch is set aside, and it counts as home"
    assert office.at("hq", ALICE) == 100 - 31 - 20, "5 are under way for ever"
