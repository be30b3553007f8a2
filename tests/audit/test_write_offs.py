"""Write-offs: clean when two people gave back what lay at a lost place, and named when it was anything else."""

import pytest

from ledger.ids import HEADQUARTERS, LotId
from offline_queue.auditing.findings import Sort
from protocol.bodies import Applied, Given, Revoke
from protocol.records import RecordKind, SignedRecord
from protocol.recoveries import Reclaimed
from protocol.write_offs import WrittenOff, WrittenOffPart
from tests.audit.by_hand import DATE, LOAD, MIA, A, B, C, Company, ref

TWO = ("ann", "ben")
"""At till A lie 200 of the lot that it loaded, at till B 200."""


def write_off(
    company: Company, units: int, *, by: tuple[str, ...] = TWO, posted: int | None = None, epoch: int = 1
) -> SignedRecord:
    """HQ writes off so much of what lies at till A, by what it has posted."""
    done = company.hq.book.execute("select posted from progress where keeper = ? and epoch = ?", (A, epoch)).get
    part = WrittenOffPart(MIA, "principal", LOAD, "07", DATE, None, units)
    body = WrittenOff(A, epoch, int(done) if posted is None else posted, by, (part,))
    return company.hq.do(RecordKind.WRITTEN_OFF, body)


def revoke(company: Company) -> None:
    company.order(A, Revoke(4))


def named(company: Company, signed: SignedRecord, what: str) -> None:
    assert company.found(company.hq) == [(Sort.WRITE_OFF, str(ref(signed)), what)]


def test_what_lay_at_a_lost_till_and_no_more_is_clean_in_every_file(company: Company) -> None:
    revoke(company)
    write_off(company, 150)
    write_off(company, 50)
    for keepers in ((), (company.hq,), (company.hq, company.a)):
        assert company.found(*keepers) == []
    assert [note for note in company.report(company.hq).notes if "written off" in note] != []


def test_a_till_that_was_replaced_is_lost(company: Company) -> None:
    company.replace(A)
    write_off(company, 200)
    assert company.found(company.hq) == []


def test_what_lies_at_a_till_that_may_spend_it_is_not_to_be_written_off(company: Company) -> None:
    signed = write_off(company, 200)
    named(company, signed, "it writes off what lies at 07-2/1, which may spend it")
    revoke(company)
    named(company, signed, "it writes off what lies at 07-2/1, which may spend it")


@pytest.mark.parametrize(("by", "many"), [((), 0), (("ann",), 1), (("ann", "Ann "), 1)])
def test_one_person_is_too_few(company: Company, by: tuple[str, ...], many: int) -> None:
    revoke(company)
    named(company, write_off(company, 200, by=by), f"it writes off what lies at 07-2/1 by the word of {many}")


def left(units: int, there: int) -> str:
    of = f"of account {MIA}, principal, lot {LOAD}"
    return f"{of} it writes off {units} units at 07-2/1, and {there} are left to write off"


def test_no_more_is_written_off_than_lies_there(company: Company) -> None:
    revoke(company)
    named(company, write_off(company, 201), left(201, 200))


def test_nothing_is_written_off_twice(company: Company) -> None:
    revoke(company)
    write_off(company, 200)
    named(company, write_off(company, 200), left(200, 0))


def test_it_lay_there_by_the_record_that_is_named(company: Company) -> None:
    """The load of 500 is its record 3; behind record 4, which gave 300 home, 200 were left."""
    company.replace(A)
    write_off(company, 500, posted=3)
    assert company.found(company.hq) == []
    named(company, write_off(company, 1), left(1, 0))


def test_a_record_that_hq_has_not_posted_is_no_ground(company: Company) -> None:
    revoke(company)
    named(company, write_off(company, 200, posted=5), "it names record 5 of 07-2/1, which HQ has not posted")


def test_late_records_are_no_fault_and_what_is_paid_is_noted(company: Company) -> None:
    lost(company)
    write_off(company, 200)
    company.a.charge(LotId(LOAD), 30)
    company.a.load(70)
    late(company)
    assert company.found(company.hq) == []
    said = [note for note in company.report(company.hq).notes if "written off" in note]
    assert said[0].endswith("200 units of principal were written off at 07-2/1; the company has paid 30 of them.")


def test_what_was_under_way_to_it_may_be_written_off_and_once(company: Company) -> None:
    """HQ has 100 left of the lot, and gave 40 of that to till A."""
    given = company.give(A, 40)
    lost(company)
    write_off(company, 240)
    company.a.do(RecordKind.APPLIED, Applied(given))
    late(company)
    assert company.found(company.hq) == []
    named(company, write_off(company, 40), left(40, 0))


def test_what_hq_has_back_of_it_was_not_under_way_to_it(company: Company) -> None:
    given = company.give(A, 40)
    company.hq.begin(2)
    company.hq.do(RecordKind.RECLAIMED, Reclaimed(given))
    lost(company)
    named(company, write_off(company, 240), left(240, 200))


def test_what_hq_gave_it_later_was_not_under_way_to_it_then(company: Company) -> None:
    lost(company)
    signed = write_off(company, 201)
    company.tills[A] = company.a
    company.give(A, 1)
    named(company, signed, left(201, 200))


def test_what_another_till_gave_it_was(company: Company) -> None:
    company.b.do(RecordKind.GIVEN, Given(A, 1, company.b.transfer(25)))
    company.send(B)
    lost(company)
    write_off(company, 225)
    assert company.found(company.hq) == []
    named(company, write_off(company, 1), left(1, 0))


def test_what_came_home_is_taken_back_and_only_that(company: Company) -> None:
    lost(company)
    write_off(company, 200)
    company.a.do(RecordKind.GIVEN, Given(HEADQUARTERS, 1, company.a.transfer(60)))
    late(company)
    write_off(company, -60)
    assert company.found(company.hq) == []
    again = write_off(company, -10)
    of = f"of account {MIA}, principal, lot {LOAD}"
    named(company, again, f"{of} it takes back 10 units, and 0 have come home")


def test_a_till_writes_off_nothing(company: Company) -> None:
    part = WrittenOffPart(MIA, "principal", LOAD, "07", DATE, None, 5)
    signed = company.c.sign(RecordKind.WRITTEN_OFF, WrittenOff(A, 1, 4, TWO, (part,)))
    company.send_set_aside(C, signed, "not_understood")
    found = company.found()
    assert {(sort, at) for sort, at, _ in found} == {(Sort.RULE_BROKEN, str(ref(signed)))}
    assert "only HQ writes off" in found[0][2]


def lost(company: Company) -> None:
    """Another machine is in till A's place; company.a is the lost one."""
    company.replace(A)


def late(company: Company) -> None:
    """What the lost one has signed comes to HQ."""
    another, company.tills[A] = company.tills[A], company.a
    company.send(A)
    company.tills[A] = another
