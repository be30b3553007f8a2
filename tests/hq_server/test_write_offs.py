"""A lost till is written off by two people, and its late records are posted as ever: nothing counts twice."""

from collections.abc import Iterator

import pytest

from hq_server.recovery import Cause
from hq_server.storage import write_offs
from hq_server.write_offs import Decided
from ledger.ids import ChainId
from ledger.slices import Purse
from ledger.transactions import Leg, Side
from protocol import write_offs as wire
from protocol.bodies import LotOpened, Transfer
from protocol.conversation import NotDrawn
from tests.hq_server.forger import ALICE, BOB, DATE, Keeper, part
from tests.hq_server.losing import ANN, BEN, LossOffice, drawn, funded
from tests.hq_server.office import STAMP, Office


@pytest.fixture
def office() -> Iterator[LossOffice]:
    office = LossOffice()
    yield office
    office.store.close()


@pytest.fixture
def lost(office: LossOffice) -> Keeper:
    """Till 07-2 has loaded 100 for Alice, which HQ knows; then its machine was replaced."""
    keeper = funded(office, Keeper(), 100)
    office.replace(keeper)
    return keeper


# Who decides


def test_a_till_that_is_in_use_is_not_written_off(office: LossOffice) -> None:
    keeper = funded(office, Keeper(), 100)
    assert [office.decide(keeper, by) for by in (ANN, BEN)] == [Decided.STILL_OPEN] * 2
    assert (office.view(keeper).is_open, office.view(keeper).write_off, office.written()) == (True, None, [])
    office.revoke(keeper)
    assert not office.view(keeper).is_open
    assert office.write_off(keeper).money == 100


def test_a_till_that_nobody_knows_is_none(office: LossOffice, lost: Keeper) -> None:
    assert office.store.write_off(ChainId(lost.place, 3), ANN, STAMP)[0] is Decided.KEEPER_UNKNOWN
    assert office.decide(Keeper("08-1"), ANN) is Decided.KEEPER_UNKNOWN


def test_the_same_person_is_one_however_often(office: LossOffice, lost: Keeper) -> None:
    assert [office.decide(lost, by) for by in (ANN, ANN, f" {ANN.upper()}")] == [Decided.SECOND_PERSON_WANTED] * 3
    view = office.lost(lost)
    assert (view.proposed_by, view.agreed_by, view.is_done, view.money) == (ANN, None, False, 0)
    assert (office.written(), office.at("hq", ALICE), office.at("07-2", ALICE)) == ([], 0, 100)
    assert office.decide(lost, BEN) is Decided.AGREED
    assert office.decide(lost, ANN) is Decided.ALREADY, "and it is done once"
    (said,) = office.written()
    assert (said.keeper, said.epoch, said.posted, said.by) == ("07-2", 1, 2, (ANN, BEN))
    assert said.parts == (wire.WrittenOffPart(ALICE, "principal", "07-2/1/2", "07", DATE, None, 100),)


def test_a_till_whose_chain_forked_is_lost_too(office: LossOffice) -> None:
    keeper = funded(office, Keeper(), 100)
    copy = keeper.copy()
    keeper.load(ALICE, 1)
    office.receive(keeper)
    copy.load(ALICE, 2)
    assert office.take(copy.batch()) is not None
    assert office.write_off(keeper).money == 101


def test_while_hq_recovers_nothing_is_written_off_and_what_was_begun_goes_on_after_it(
    office: LossOffice, lost: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_offs, "ACCOUNTS_READ_MAX", 1)
    office.decide(lost, ANN)
    assert office.decide(lost, BEN) is Decided.AGREED
    office.store.recover(Cause.PERSON, 0, STAMP)
    office.post(lost)
    assert office.written() == [], "its first step was to read"
    other = funded(office, Keeper("09-1", seed=3))
    office.revoke(other)
    assert office.decide(other, ANN) is Decided.RECOVERING
    for by in (ANN, BEN):
        office.store.end_recovery(by, STAMP)
    assert (lost.place, 1) in office.store.unposted()
    office.post(lost)
    assert office.at("hq", ALICE) == 100
    assert (lost.place, 1) not in office.store.unposted()


def test_no_machine_ever_keeps_again_what_was_written_off(office: LossOffice, lost: Keeper) -> None:
    office.write_off(lost)
    office.enrol(Keeper())
    assert office.store.keeping(lambda keepers: keepers.key_of(lost.place, 3)) == lost.raw_key, "the next epoch"
    assert not office.store.keeping(lambda keepers: keepers.is_open(lost.place, 1))
    assert office.at("07-2", ALICE) == 0


# What comes back


def test_what_lay_there_is_at_hq_again_and_counts_there_only(office: LossOffice, lost: Keeper) -> None:
    other = funded(office, Keeper("08-1", seed=8))
    assert isinstance(office.draw(other, 60, 60), NotDrawn), "nobody is asked for what a lost till has"
    view = office.write_off(lost)
    assert (view.money, view.paid_money, view.is_done) == (100, 0, True)
    assert (office.at("hq", ALICE), office.at("07-2", ALICE), office.balance(ALICE)) == (100, 0, 100)
    shares = office.store.look(ALICE, ChainId(other.place, 1))[0]
    assert [(one.place, one.principal) for one in shares] == [("hq", 100)], "tills are told the same"
    assert office.view(lost).money == 0
    other.apply(drawn(office, other, 60))
    office.receive(other)
    assert (office.at("08-1", ALICE), office.money()) == (60, 100)
    assert office.mirror(lost.place), "the mirror of its place is as it was"
    office.assert_adds_up(lost)


def test_points_and_several_lots_of_several_members_come_back_each_by_itself(office: LossOffice) -> None:
    keeper = Keeper()
    office.enrol(keeper)
    keeper.open()
    lot = keeper.next_lot()
    purses = (Purse.PRINCIPAL, Purse.BONUS, Purse.POINTS)
    opens = tuple(LotOpened(ALICE, purse, lot, "07", DATE, "2027-11-22") for purse in purses)
    legs = [Leg(ALICE, purse, lot, side, sign * units) for purse, units in zip(purses, (50, 5, 7), strict=True)
            for side, sign in ((Side.HELD, 1), (Side.ISSUED, -1))]  # fmt: skip
    keeper.move(tuple(legs), opens=opens)
    keeper.load(ALICE, 30)
    keeper.load(BOB, 20)
    office.receive(keeper)
    office.revoke(keeper)
    view = office.write_off(keeper)
    assert (view.money, view.points) == (105, 7)
    assert office.parts() == {
        ("principal", lot): 50, ("bonus", lot): 5, ("points", lot): 7,
        ("principal", keeper.loaded[0]): 30, ("principal", keeper.loaded[1]): 20,
    }  # fmt: skip
    assert {one.expires_on for one in office.written()[0].parts} == {None, "2027-11-22"}
    assert (office.money(ALICE), office.money(BOB)) == (85, 20)
    office.assert_adds_up(keeper)


def test_what_comes_back_is_placed_where_its_member_is_expected() -> None:
    office, keeper, other = Office(), Keeper(), Keeper("08-1", seed=8)
    office.enrol(keeper, other)
    for till in (keeper, other):
        till.open()
        till.load(ALICE, 100)
        office.receive(till)
    office.store.keeping(lambda keepers: keepers.revoke(keeper.place, 1, STAMP))
    for by in (ANN, BEN):
        office.store.write_off(ChainId(keeper.place, 1), by, STAMP)
    given = [order for order in office.orders(other) if isinstance(order, Transfer)]
    assert [one.units for order in given for one in order.parts] == [100]
    office.store.close()


def test_what_hq_gave_and_it_never_took_comes_back_too(office: LossOffice) -> None:
    keeper = funded(office, Keeper(), 100)
    keeper.give(ALICE, part(keeper.loaded[0], 100))
    office.receive(keeper)
    given = drawn(office, keeper, 40)
    office.replace(keeper)
    assert (office.money(), office.view(keeper).money) == (100, 40)
    assert office.write_off(keeper).money == 40
    assert (office.at("hq", ALICE), office.money(), office.view(keeper).money) == (100, 100, 0)
    office.assert_adds_up(keeper)
    keeper.apply(given)
    office.receive(keeper)
    assert (office.at("07-2", ALICE), office.money(), office.paid(keeper)) == (0, 100, 0), "it was taken after all"
    keeper.charge(ALICE, keeper.loaded[0], 15)
    office.receive(keeper)
    assert (office.money(), office.paid(keeper)) == (100, 15)
    office.assert_adds_up(keeper)


def test_what_other_tills_had_given_it_and_it_never_took_comes_back_too(office: LossOffice, lost: Keeper) -> None:
    giver = funded(office, Keeper("07-3", seed=3), 50)
    early = giver.give(ALICE, part(giver.loaded[0], 30), to="07-2")
    office.receive(giver)
    assert office.write_off(lost).money == 130
    assert (office.at("hq", ALICE), office.money()) == (130, 150)
    late = giver.give(ALICE, part(giver.loaded[0], 20), to="07-2")
    office.receive(giver)
    assert (office.lost(lost).money, office.at("hq", ALICE), office.money()) == (150, 150, 150)
    office.assert_adds_up(lost)
    for given in (early, late):
        lost.take(given)
    office.receive(lost)
    assert (office.suspense(), office.paid(lost), office.money()) == ([], 0, 150)
    office.assert_adds_up(lost)


def test_what_it_had_given_to_others_stays_theirs(office: LossOffice, lost: Keeper) -> None:
    taker = funded(office, Keeper("07-3", seed=3))
    given = lost.give(ALICE, part(lost.loaded[0], 30), to="07-3")
    office.receive(lost)
    assert office.write_off(lost).money == 70
    assert (office.at("hq", ALICE), office.money()) == (70, 100)
    taker.take(given)
    office.receive(taker)
    assert (office.at("07-3", ALICE), office.money(), office.paid(lost)) == (30, 100, 0)
    office.assert_adds_up(lost)


# Late records


def test_a_late_sale_is_posted_and_the_company_pays_it(office: LossOffice, lost: Keeper) -> None:
    office.write_off(lost)
    lost.charge(ALICE, lost.loaded[0], 35)
    office.receive(lost)
    assert office.suspense() == []
    assert (office.money(), office.paid(lost), office.lost(lost).money) == (100, 35, 100)
    (sums,) = (one for one in office.store.showing(lambda s: s.lots.page()).purses if one.purse == "principal")
    assert (sums.issued, sums.risk, sums.held, sums.spent) == (100, 35, 100, 35)
    office.assert_adds_up(lost)


def test_a_late_load_comes_back_without_people(office: LossOffice, lost: Keeper) -> None:
    office.write_off(lost)
    lost.load(ALICE, 50)
    lost.charge(ALICE, lost.loaded[1], 20)
    office.receive(lost)
    first, second = office.written()
    assert (second.posted, second.by, first.posted) == (4, first.by, 2)
    assert [(one.lot, one.units) for one in second.parts] == [(lost.loaded[1], 30)]
    assert (office.at("hq", ALICE), office.money(), office.paid(lost)) == (130, 130, 0), (
        "what it spent itself is none's"
    )
    office.assert_adds_up(lost)


def test_what_late_records_bring_waits_until_all_that_hq_holds_of_them_is_posted(
    office: LossOffice, lost: Keeper
) -> None:
    giver = Keeper("07-3", seed=3)
    office.enrol(giver)
    office.write_off(lost)
    lost.load(ALICE, 50)
    giver.open()
    giver.load(BOB, 5)
    lost.take(giver.give(BOB, part(giver.loaded[0], 5), to="07-2"))
    lost.charge(ALICE, lost.loaded[1], 20)
    office.receive(lost)
    assert office.waiting() != []
    assert (len(office.written()), office.at("07-2", ALICE)) == (1, 50), "it counts where it lies"
    office.receive(giver)
    office.post(lost)
    assert (office.at("07-2", ALICE), office.at("hq", ALICE), office.paid(lost)) == (0, 130, 0)
    assert office.money(BOB) == 5
    office.assert_adds_up(lost)


def test_a_late_return_to_hq_is_not_paid_twice(office: LossOffice, lost: Keeper) -> None:
    office.write_off(lost)
    lost.charge(ALICE, lost.loaded[0], 10)
    lost.give(ALICE, part(lost.loaded[0], 60))
    office.receive(lost)
    assert office.written()[1].parts[0].units == -60
    assert office.written()[1].posted == 4
    assert (office.at("hq", ALICE), office.lost(lost).money, office.paid(lost)) == (100, 40, 10)
    office.assert_adds_up(lost)


def test_a_late_return_of_what_had_not_been_written_off_comes_home_as_ever(office: LossOffice, lost: Keeper) -> None:
    office.write_off(lost)
    lost.load(ALICE, 50)
    lost.give(ALICE, part(lost.loaded[1], 50))
    office.receive(lost)
    assert len(office.written()) == 1
    assert (office.at("hq", ALICE), office.money(), office.paid(lost)) == (150, 150, 0)
    office.assert_adds_up(lost)


def test_what_another_till_took_of_it_the_company_has_paid(office: LossOffice, lost: Keeper) -> None:
    taker = funded(office, Keeper("07-3", seed=3))
    given = lost.give(ALICE, part(lost.loaded[0], 25), to="07-3")
    taker.take(given)
    office.receive(taker)
    assert office.waiting() != [], "the giver's record is not here yet"
    office.write_off(lost)
    office.receive(lost)
    assert (office.at("07-3", ALICE), office.at("hq", ALICE), office.paid(lost)) == (25, 100, 25)
    assert (office.waiting(), office.suspense()) == ([], [])
    office.assert_adds_up(lost)
    taker.give(ALICE, part(lost.loaded[0], 25))
    office.receive(taker)
    assert (office.money(), office.paid(lost)) == (125, 25), "once"


def test_a_till_that_turns_up_again_and_adopts_hqs_epoch_gives_back_what_it_never_took(office: LossOffice) -> None:
    keeper = funded(office, Keeper(), 100)
    keeper.give(ALICE, part(keeper.loaded[0], 100))
    office.receive(keeper)
    drawn(office, keeper, 40)
    office.replace(keeper)
    office.write_off(keeper)
    office.store.recover(Cause.PERSON, 0, STAMP)
    (order,) = office.store.keeping(lambda keepers: keepers.directives(keeper.place, 1))
    keeper.apply(order)
    office.receive(keeper)
    assert (office.at("hq", ALICE), office.money(), office.lost(keeper).money) == (100, 100, 0), "it is HQ's own again"
    office.assert_adds_up(keeper)


def test_nothing_is_held_of_a_revoked_till_that_was_not_before(office: LossOffice) -> None:
    keeper = funded(office, Keeper(), 100)
    office.revoke(keeper)
    office.write_off(keeper)
    keeper.charge(ALICE, keeper.loaded[0], 35)
    assert office.take(keeper.batch()) is not None
    office.post(keeper)
    assert (office.money(), office.paid(keeper)) == (100, 0)


def test_a_late_refund_leaves_a_debt_that_the_lot_pays_when_it_comes_back(office: LossOffice) -> None:
    """Of 7 points that a sale brought, 5 went to another till: its late refund owes those."""
    keeper, other = Keeper(), Keeper("07-3", seed=3)
    office.enrol(keeper, other)
    keeper.open()
    other.open()
    lot = keeper.next_lot()
    in_lot = (ALICE, Purse.POINTS, lot)
    opens = (LotOpened(ALICE, Purse.POINTS, lot, "07", DATE, None),)
    keeper.move((Leg(*in_lot, Side.HELD, 7), Leg(*in_lot, Side.ISSUED, -7)), opens=opens, kind="sale")
    given = keeper.give(ALICE, part(lot, 5, Purse.POINTS), to="07-3")
    office.receive(keeper)
    office.replace(keeper)
    assert office.write_off(keeper).points == 2
    keeper.move((Leg(*in_lot, Side.HELD, -2), Leg(*in_lot, Side.OWED, -5), Leg(*in_lot, Side.ISSUED, 7)), kind="refund")
    office.receive(keeper)
    assert office.lost(keeper).paid_points == 2, "they came back at HQ, and were taken back there"
    other.take(given)
    other.give(ALICE, part(lot, 5, Purse.POINTS))
    office.receive(other)
    (points,) = (one.points for one in office.store.showing(lambda showing: showing.balances(ALICE)))
    assert (points, office.store.showing(lambda showing: showing.debts.total(ALICE))) == (2, {}), (
        "what was paid, no more"
    )
    office.assert_adds_up(keeper)
