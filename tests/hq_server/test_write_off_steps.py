"""A large place is written off in bounded commits: a restart goes on, and what comes meanwhile counts once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hq_server.storage import write_offs
from hq_server.write_offs import Decided
from ledger.ids import AccountId
from protocol import write_offs as wire
from protocol.records import RecordKind
from tests.hq_server.forger import ALICE, DATE, Keeper, part
from tests.hq_server.losing import ANN, BEN, LossOffice, drawn, funded
from tests.hq_server.office import STAMP


@pytest.fixture
def office() -> Iterator[LossOffice]:
    office = LossOffice()
    yield office
    office.store.close()


def test_a_large_place_is_written_off_in_bounded_steps_that_a_restart_continues(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ACCOUNTS_READ_MAX", "GIFTS_READ_MAX", "WRITTEN_OFF_PARTS_MAX"):
        monkeypatch.setattr(write_offs, name, 3)
    office, keeper = LossOffice(tmp_path / "hq.db"), Keeper()
    members = [AccountId(f"{number:02d}" * 12) for number in range(20)]
    office.enrol(keeper)
    keeper.open()
    for member in members:
        keeper.load(member, 10)
        keeper.load(member, 1)
    office.receive(keeper)
    office.replace(keeper)
    office.decide(keeper, ANN)
    office.decide(keeper, BEN)
    steps = 1
    while (keeper.place, 1) in office.store.unposted():
        step = office.store.post(keeper.place, 1, STAMP)
        assert len(step.accounts) <= 3
        office.assert_conserved()
        office.store.close()
        office = LossOffice(tmp_path / "hq.db")
        steps += 1
        assert steps < 100
    assert steps > 10
    assert all(len(said.parts) <= 3 for said in office.written())
    assert [office.money(member) for member in members] == [11] * 20
    assert (office.lost(keeper).money, office.lost(keeper).is_done) == (220, True)
    office.assert_adds_up(keeper)
    office.store.close()


def test_gifts_that_come_while_a_place_is_read_count_once(office: LossOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write_offs, "GIFTS_READ_MAX", 2)
    keeper = funded(office, Keeper(), 100)
    keeper.give(ALICE, part(keeper.loaded[0], 100))
    office.receive(keeper)
    gifts = [drawn(office, keeper, units) for units in (1, 2, 4, 8, 16)]
    office.replace(keeper)
    office.decide(keeper, ANN)
    assert office.decide(keeper, BEN) is Decided.AGREED
    for given in gifts[:4]:
        keeper.apply(given)
    assert office.take(keeper.batch()) is None
    office.post(keeper)
    assert (office.lost(keeper).money, office.at("hq", ALICE), office.paid(keeper)) == (31, 100, 0)
    keeper.apply(gifts[4])
    office.receive(keeper)
    assert (office.money(), office.paid(keeper)) == (100, 0)
    office.assert_adds_up(keeper)


def test_what_a_till_gives_while_a_place_is_read_counts_once(
    office: LossOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_offs, "GIFTS_READ_MAX", 1)
    keeper, giver = funded(office, Keeper(), 100), funded(office, Keeper("07-3", seed=3), 50)
    for units in (1, 2):
        giver.give(ALICE, part(giver.loaded[0], units), to="07-2")
    office.receive(giver)
    office.replace(keeper)
    office.decide(keeper, ANN)
    assert office.decide(keeper, BEN) is Decided.AGREED
    giver.give(ALICE, part(giver.loaded[0], 4), to="07-2")
    assert office.take(giver.batch()) is None
    office.store.post(giver.place, 1, STAMP)
    office.post(keeper)
    assert (office.lost(keeper).money, office.money()) == (107, 150)
    office.assert_adds_up(keeper)


def test_what_a_till_says_to_have_carried_out_twice_is_not_under_way(office: LossOffice) -> None:
    keeper = funded(office, Keeper(), 100)
    keeper.give(ALICE, part(keeper.loaded[0], 100))
    office.receive(keeper)
    gifts = [drawn(office, keeper, units) for units in (10, 20)]
    for given in (*gifts, gifts[0]):
        keeper.apply(given)
    office.receive(keeper)
    assert len(office.suspense()) == 1
    office.replace(keeper)
    assert office.write_off(keeper).money == 30
    assert office.money() == 100
    office.assert_adds_up(keeper)


def test_a_record_has_room_for_the_longest_names() -> None:
    longest = wire.WrittenOffPart("\U0001f4b4" * 64, "principal", "x" * 51, "x" * 8, DATE, DATE, -(10**12))
    body = wire.WrittenOff(
        Keeper().place, 2**62, 2**62, ("\U0001f4b4" * 64,) * 2, (longest,) * wire.WRITTEN_OFF_PARTS_MAX
    )
    Keeper().write(RecordKind.WRITTEN_OFF, body)
