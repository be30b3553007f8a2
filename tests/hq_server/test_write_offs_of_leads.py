"""What a lost lead had lent by records that only their takers bring: the company pays it, and members have the rest."""

from collections.abc import Iterator

import pytest

from tests.hq_server.forger import ALICE, Keeper, part
from tests.hq_server.losing import LossOffice, funded


@pytest.fixture
def office() -> Iterator[LossOffice]:
    office = LossOffice()
    yield office
    office.store.close()


def _lent(office: LossOffice) -> tuple[Keeper, Keeper]:
    """Lead 07-1 has loaded 100 for Alice, which HQ knows, and lent 60, which it does not; its key was revoked."""
    lead, taker = funded(office, Keeper("07-1"), 100), funded(office, Keeper("07-2", seed=8))
    taker.take(lead.give(ALICE, part("07-1/1/2", 60), to="07-2"))
    taker.charge(ALICE, lead.loaded[0], 25)
    office.revoke(lead)
    return lead, taker


def test_what_was_written_off_and_then_told_by_its_taker_the_company_has_paid(office: LossOffice) -> None:
    lead, taker = _lent(office)
    assert office.write_off(lead).money == 100
    assert (office.paid(lead), office.money()) == (0, 100)
    office.receive(taker)
    assert office.suspense() == []
    assert (office.paid(lead), office.at("07-2", ALICE), office.at("hq", ALICE), office.money()) == (60, 35, 100, 135)
    office.assert_adds_up(lead)
    assert office.audited() == []


def test_what_its_taker_told_before_is_not_written_off(office: LossOffice) -> None:
    lead, taker = _lent(office)
    office.receive(taker)
    assert (office.suspense(), office.money()) == ([], 75)
    assert office.write_off(lead).money == 40
    assert (office.paid(lead), office.at("hq", ALICE), office.money()) == (0, 40, 75)
    office.assert_adds_up(lead)
    assert office.audited() == []


def test_no_forged_gifts_of_a_stolen_key_cost_more_than_lay_there(office: LossOffice) -> None:
    lead, taker = _lent(office)
    office.write_off(lead)
    for units in (60, 60, 30, 30):
        taker.take(lead.give(ALICE, part("07-1/1/2", units), to="07-2"))
    office.receive(taker)
    assert (office.paid(lead), office.lost(lead).money, office.at("07-2", ALICE)) == (90, 100, 65)
    assert [line.reason for line in office.suspense()] == ["giver_fenced"] * 3
    office.assert_adds_up(lead)
    assert office.audited() == []


def test_a_gift_is_posted_once_however_often_its_taker_brings_it(office: LossOffice) -> None:
    lead, taker = funded(office, Keeper("07-1"), 100), funded(office, Keeper("07-2", seed=8))
    given = lead.give(ALICE, part("07-1/1/2", 30), to="07-2")
    taker.take(given)
    taker.take(given)
    office.revoke(lead)
    office.receive(taker)
    assert [(line.record, line.reason) for line in office.suspense()] == [("07-2/1/3", "operation_repeated")]
    assert (office.at("07-1", ALICE), office.at("07-2", ALICE)) == (70, 30)
    office.assert_adds_up()
    said = [one.partition(" (")[0] for one in office.audited()]
    assert said == [
        "07-2/1/3: operation taken/07-1/1/3 had its effect in 07-2/1/2",
        "07-2/1/3: it takes what 07-1/1/3 gives, and 07-2/1/2 has taken that",
    ], "it is the taker's doing, and not HQ's"


def test_its_taker_may_be_lost_too(office: LossOffice) -> None:
    """Another machine has its place; what the lost one had taken comes late, behind both write-offs."""
    lead, taker = _lent(office)
    office.replace(taker)
    office.write_off(lead)
    office.write_off(taker)
    office.receive(taker)
    assert (office.suspense(), office.paid(lead), office.paid(taker)) == ([], 60, 0)
    assert (office.at("07-2", ALICE), office.at("hq", ALICE)) == (0, 135), (
        "what came to it is written off with the rest"
    )
    office.assert_adds_up(lead, taker)
    assert office.audited() == []


def test_what_else_is_under_way_to_its_taker_still_is(office: LossOffice) -> None:
    """Of the same lot, given in the same hour: HQ's figures are of it, and so is the taker's write-off."""
    lead, taker = funded(office, Keeper("07-1"), 100), funded(office, Keeper("07-2", seed=8))
    lead.now_ms = office.now_ms
    lead.give(ALICE, part("07-1/1/2", 10))
    office.receive(lead)
    office.draw(taker, 10, 10)
    taker.take(lead.give(ALICE, part("07-1/1/2", 60), to="07-2"))
    office.revoke(lead)
    office.replace(taker)
    assert office.write_off(taker).money == 10
    office.receive(taker)
    assert office.store._connection.execute("select sum(units) from given_by_hour").get == 10
    assert (office.lost(taker).money, office.at("hq", ALICE)) == (70, 70)
    office.assert_adds_up(taker)
    assert office.audited() == []


def test_nobody_waits_for_a_gift_that_waits_for_its_own_taker(office: LossOffice) -> None:
    """No honest tills: what the lead took last, its taker gave behind what it took of the lead, and unheard."""
    lead, taker = funded(office, Keeper("07-1"), 100), funded(office, Keeper("07-2", seed=8), 40)
    later = lead.copy()
    later.load(ALICE, 1)
    taker.take(later.give(ALICE, part("07-1/1/2", 60), to="07-2"))
    lead.take(taker.give(ALICE, part("07-2/1/2", 40), to="07-1"))
    office.receive(lead)
    office.revoke(lead)
    office.receive(taker)
    assert office.waiting() == []
