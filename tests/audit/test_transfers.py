"""Value that moves between places: what an auditor sees of it when all is well, and what is only under way."""

from pathlib import Path

import pytest

from ledger.ids import HEADQUARTERS
from ledger.slices import Asset, Part
from offline_queue.auditing.audit import audit
from offline_queue.auditing.report import UnderWay, as_text
from protocol.bodies import Applied, Given, Recall, Taken, Why
from protocol.records import RecordKind
from protocol.transfers import transfer_of
from tests.audit.by_hand import MIA, A, B, Company
from tests.audit.halves import HQ_PUBLIC_KEY


@pytest.fixture
def company(tmp_path: Path) -> Company:
    """Mia loads 500 at till A; 300 of it go home, and 200 of those to till B, where she spends 50."""
    company = Company(tmp_path)
    lot = company.a.load(500).open().ref.lot
    company.a.do(RecordKind.GIVEN, Given(HEADQUARTERS, 1, company.a.transfer(300)))
    company.send(A)
    company.b.do(RecordKind.APPLIED, Applied(company.give(B, 200)))
    company.b.charge(lot, 50)
    company.send(B)
    return company


def test_what_went_home_and_on_to_another_till_is_clean_in_every_file_alone_and_in_all_together(
    company: Company,
) -> None:
    for keeper in (company.hq, company.a, company.b):
        assert company.found(keeper) == []
    report = company.report()
    assert report.found == ()
    assert report.notes == ()
    assert report.in_transit.seen == report.in_transit.unseen == UnderWay()
    totals = report.exports[0].totals["principal"]
    assert totals == {"issued": -500, "held": 450, "in_transit": 0, "spent": 50}


def test_what_was_given_and_not_yet_taken_is_a_total_and_no_fault(company: Company) -> None:
    company.give(B, 60)
    company.a.do(RecordKind.GIVEN, Given(HEADQUARTERS, 1, company.a.transfer(25)))
    report = company.report()
    assert report.exit_code == 0
    assert report.in_transit.seen == UnderWay(2, {"principal": 85})
    assert "in transit, given and not yet taken: 2 transfers, principal 85" in as_text(report)
    assert report.exports[0].totals["principal"]["in_transit"] == 60  # HQ has not heard of the other one


def test_of_what_went_to_a_place_whose_chain_is_not_there_nobody_can_say_whether_it_arrived(company: Company) -> None:
    report = company.report(company.a)
    assert report.exit_code == 0
    assert report.in_transit.seen == UnderWay()
    assert "given to places whose chains are not here: 1 transfer, principal 300" in as_text(report)


def test_an_export_that_was_made_before_value_moved_is_not_accused(company: Company) -> None:
    earlier = company.export()
    company.b.do(RecordKind.APPLIED, Applied(company.give(B, 40)))
    company.a.do(RecordKind.GIVEN, Given(HEADQUARTERS, 1, company.a.transfer(10)))
    company.send(A)
    company.send(B)
    assert audit([*earlier, *company.export(company.b)], HQ_PUBLIC_KEY).report.found == ()
    assert audit([*earlier, *company.export(company.hq)], HQ_PUBLIC_KEY).report.found == ()
    assert audit([*earlier, *company.export()], HQ_PUBLIC_KEY).report.found == ()


def test_a_transfer_of_several_lots_counts_with_all_of_them(company: Company) -> None:
    company.a.load(40)
    parts = [Part(one, one.units) for one in company.a.journal.slices(MIA)]
    company.a.do(RecordKind.GIVEN, Given(HEADQUARTERS, 1, transfer_of(Why.RETURN, "", MIA, parts)))
    report = company.report()
    assert report.found == ()
    assert report.in_transit.seen == UnderWay(1, {"principal": 240})


def test_a_recall_moves_nothing_by_itself(company: Company) -> None:
    company.b.do(RecordKind.APPLIED, Applied(company.order(B, Recall(MIA, Asset.MONEY, 0))))
    company.b.do(RecordKind.GIVEN, Given(HEADQUARTERS, 1, company.b.transfer(150)))
    company.send(B)
    assert company.found() == []
    assert company.report(company.hq).exports[0].totals["principal"]["in_transit"] == 0


def test_a_till_that_takes_from_another_till_is_posted_when_the_giver_is(company: Company) -> None:
    given = company.a.do(RecordKind.GIVEN, Given(B, 1, company.a.transfer(70, Why.GRANT)))
    company.b.do(RecordKind.TAKEN, Taken(given))
    company.send(A)
    company.send(B)
    assert company.found() == []
    assert company.found(company.hq) == []


def test_a_record_whose_giver_is_not_posted_waits_and_the_report_says_for_whom(company: Company) -> None:
    given = company.a.do(RecordKind.GIVEN, Given(B, 1, company.a.transfer(70, Why.GRANT)))
    taken = company.b.do(RecordKind.TAKEN, Taken(given)).open().ref
    company.b.charge(company.a.journal.slices(MIA)[0].key.lot, 1)
    company.send(B, posts=taken.sequence - 1)
    report = company.report(company.hq)
    assert report.exit_code == 0
    (note,) = report.notes
    assert note.endswith(f"2 records of 08-1/1 are held and not yet posted: the next one waits for {given.open().ref}.")


def test_who_took_from_a_till_whose_key_nobody_tells_of_is_a_note(company: Company) -> None:
    given = company.a.do(RecordKind.GIVEN, Given(B, 1, company.a.transfer(70, Why.GRANT)))
    company.b.do(RecordKind.TAKEN, Taken(given))
    report = company.report(company.b)
    assert report.exit_code == 0
    (note,) = report.notes
    assert "the key of 07-2/1 is not known: what was taken from it was not checked by its signature" in note


def test_a_taker_whose_chain_comes_before_its_givers_is_posted_all_the_same(company: Company) -> None:
    """HQ's export has 07-2 before 08-1; what 07-2 does with the value stands behind what it took."""
    given = company.b.do(RecordKind.GIVEN, Given(A, 1, company.b.transfer(70, Why.GRANT)))
    company.a.do(RecordKind.TAKEN, Taken(given))
    company.a.charge(company.a.journal.slices(MIA)[0].key.lot, 270)
    company.send(B)
    company.send(A)
    assert company.found() == []
    assert company.report(company.hq).notes == ()


def test_a_till_that_replaces_another_begins_with_an_empty_book_and_the_old_one_keeps_its_value(
    company: Company,
) -> None:
    """Receipts are counted from 1 again, and what the lost till held is not what its successor holds."""
    lost, new = company.b, company.replace(B)
    lot = lost.journal.slices(MIA)[0].key.lot
    company.send(B)
    new.do(RecordKind.APPLIED, Applied(company.give(B, 60)))
    new.charge(lot, 10)
    company.send(B)
    assert company.found(company.hq, company.a, lost, new, company.c) == []
    held = company.hq.book.execute("select epoch, units from slices where place = '08-1' order by epoch").fetchall()
    assert held == [(1, 150), (2, 50)]


def test_hq_takes_in_a_later_epoch_what_was_given_to_an_earlier_one(company: Company) -> None:
    given = company.a.do(RecordKind.GIVEN, Given(HEADQUARTERS, 1, company.a.transfer(25)))
    company.hq.begin(2)
    company.send(A)
    assert company.hq.outbox.records(1)
    assert company.found() == []
    assert given.open().ref.sequence
    assert [units for (units,) in company.hq.book.execute("select units from slices where place = 'hq'")] == [125]
