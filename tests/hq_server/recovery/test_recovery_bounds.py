"""HQ's recovery within bounds: no storm, no debt of a member's, no marker that lies, one person under one name."""

from functools import partial
from pathlib import Path

import pytest

from hq_server.placement import NOTHING_AHEAD, Ahead
from hq_server.recovery import Cause, Ended
from hq_server.storage.drawing import Short
from hq_server.storage.keepers import Keepers
from hq_server.valuing import Placement
from ledger.ids import ChainId
from ledger.journal_sqlite import BookUnusable
from ledger.slices import Asset
from offline_queue.marker_file import MarkerFile
from protocol.bodies import (
    Lead,
    NewEpoch,
    Roster,
    Unblock,
)
from tests.hq_server.forger import ALICE, Keeper
from tests.hq_server.office import STAMP, Office, draw_of
from tests.hq_server.recovery.restorable import CARD, Restorable, drawn, enrolled, forged, funded


def test_one_roster_is_enough_for_a_till_that_missed_many() -> None:
    office = Office()
    tills = [Keeper(f"07-{number}", seed=number) for number in range(1, 11)]
    office.enrol(*tills)
    for number in range(30):
        lead = tills[number % 2]
        office.store.keeping(partial(_name, lead))
    office.store.recover(Cause.PERSON, 0, STAMP)
    for keeper in tills:
        keeper.open()
        for signed in office.directives(keeper, after=0)[:1]:
            keeper.apply(signed)
        office.receive(keeper)
    rosters = sum(isinstance(order, Roster) for keeper in tills for order in office.orders(keeper, after=0))
    assert rosters <= 10 * 10, f"{rosters} rosters for ten tills: missed x tills x tills"


def _name(keeper: Keeper, keepers: Keepers) -> None:
    keepers.lead("07", _lead(keeper), STAMP)


def _lead(keeper: Keeper) -> Lead:
    return Lead(keeper.place, "http://127.0.0.1:8472")


def test_no_member_bears_what_hq_owes(tmp_path: Path) -> None:
    """Given twice by two people's word: the debt stays for ever, and nothing is ever placed ahead for the member."""
    office = Restorable(tmp_path)
    till, other = funded(office, "07-2", 7), enrolled(office, "08-1", 8)
    office.copy()
    other.apply(drawn(office, other, 100, "operation-1"))
    office.restore()
    office.adopt(till)
    office.end("ann")
    office.end("ben")
    till.apply(drawn(office, till, 100, "operation-2"))
    till.charge(ALICE, till.loaded[0], 100)
    office.receive(till)
    office.adopt(other)
    other.charge(ALICE, till.loaded[0], 100)
    office.receive(other)
    assert office.owed(ALICE) == 100
    till.load(ALICE, 500)  # the member goes on, with money of its own
    office.receive(till)
    much = Ahead(1000, 1000, 2)
    office.store._placing._rules = Placement(much, much, much)
    stands = office.store._placing._stands(ALICE, Asset.MONEY)
    office.store.close()
    assert any(stand.ahead != NOTHING_AHEAD for stand in stands), "its money is called home, now and always"


def test_a_recovery_that_came_to_nothing_leaves_the_marker_true(tmp_path: Path) -> None:
    office = Restorable(tmp_path)
    office.store.mark()
    office.store.close()
    office.start()
    office.store.keeping(lambda keepers: keepers.block(CARD, STAMP))  # no till: nothing is added
    till = Keeper("07-2")
    office.enrol(till)  # one record
    office.store.mark()
    with pytest.raises(Exception, match="NOT NULL"):
        office.store.recover(None, 0, STAMP)  # type: ignore[arg-type]  # as a full disk would
    for _ in range(office.store._marking._marked[1]):
        office.store.keeping(lambda keepers: keepers.order(till.place, 1, Unblock((CARD,)), STAMP))
    office.store.mark()
    mark, head = MarkerFile(tmp_path / "hq.head").read(), office.store.own_head()
    office.store.close()
    assert mark is not None
    assert mark.sequence == head.ref.sequence


def test_nothing_is_called_home_for_a_draw_that_began_before(office: Restorable, till: Keeper, other: Keeper) -> None:
    other.apply(drawn(office, other, 100, "operation-1"))
    assert office.take(other.batch()) is None
    office.store.recover(Cause.PERSON, 0, STAMP)
    office.adopt(other)
    office.adopt(till)
    office.store._connection.execute("update recoveries set ended_at_ms = 1")  # so that nothing was settled
    short = office.draw(till, 50, 50, operation_id="operation-2")
    assert isinstance(short, Short)
    office.store.recover(Cause.PERSON, 0, STAMP)
    office.store.recall(draw_of(50, 50, operation_id="operation-2"), short.holders, STAMP)
    assert office.orders(other, after=1) == []


@pytest.mark.usefixtures("till")
def test_one_person_is_one_however_it_is_typed(office: Restorable) -> None:
    office.store.recover(Cause.PERSON, 0, STAMP)
    office.end("Ann")
    assert office.end("ann ") is Ended.SECOND_PERSON_WANTED


def test_what_the_page_counts_is_of_this_recovery(office: Restorable, till: Keeper, other: Keeper) -> None:
    office.copy()
    other.apply(drawn(office, other, 30, "operation-1"))
    office.restore()
    office.adopt(other)
    office.adopt(till)
    office.end()
    office.store.recover(Cause.PERSON, 0, STAMP)
    assert office.recovery.readopted == 0


@pytest.mark.usefixtures("till")
def test_hq_goes_on_though_a_till_names_a_number_that_no_book_holds(office: Restorable, other: Keeper) -> None:
    lead = enrolled(office, "08-2", 82)
    office.store.keeping(lambda keepers: keepers.lead("08", _lead(lead), STAMP))
    other.apply(forged(other, NewEpoch(), number=2**63, hq_epoch=1))
    office.receive(other)
    office.store.keeping(lambda keepers: keepers.to_hand_on(ChainId(lead.place, 1)))


def test_hq_does_not_start_where_its_marker_cannot_be_written(office: Restorable) -> None:
    """Each start would recover, and no end of it would be remembered."""
    office.store.mark()
    office.store.close()
    (office.folder / "hq.head").unlink()
    (office.folder / "hq.head").mkdir()
    with pytest.raises(BookUnusable, match="cannot write its marker"):
        office.start()
    office.store.close()
    (office.folder / "hq.head").rmdir()
    office.start()
