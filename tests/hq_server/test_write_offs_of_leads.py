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


def test_what_its_taker_told_before_is_not_written_off(office: LossOffice) -> None:
    lead, taker = _lent(office)
    office.receive(taker)
    assert (office.suspense(), office.money()) == ([], 75)
    assert office.write_off(lead).money == 40
    assert (office.paid(lead), office.at("hq", ALICE), office.money()) == (0, 40, 75)
    office.assert_adds_up(lead)


def test_no_forged_gifts_of_a_stolen_key_cost_more_than_lay_there(office: LossOffice) -> None:
    lead, taker = _lent(office)
    office.write_off(lead)
    for units in (60, 60, 30, 30):
        taker.take(lead.give(ALICE, part("07-1/1/2", units), to="07-2"))
    office.receive(taker)
    assert (office.paid(lead), office.lost(lead).money, office.at("07-2", ALICE)) == (90, 100, 65)
    assert [line.reason for line in office.suspense()] == ["giver_fenced"] * 3
    office.assert_adds_up(lead)
