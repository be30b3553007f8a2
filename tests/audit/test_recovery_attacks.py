"""What an HQ could hide behind a recovery is found, and what an honest one brings with it is not."""

from ledger.ids import HEADQUARTERS
from protocol.acknowledgements import Acknowledgement, seal_acknowledgement
from protocol.bodies import Applied, Block, Directive, NewEpoch, Revoke
from protocol.records import VERSION, Record, RecordKind, encode_body, seal
from protocol.recoveries import Readopted, Recovered, Shortage
from tests.audit.by_hand import MIA, Company, with_units
from tests.audit.by_hand import B as TILL_B
from tests.audit.by_hand import C as TILL_C
from tests.audit.halves import HQ_KEY as AUDITED_HQ_KEY
from tests.audit.test_recoveries import lost
from tests.hq_server.forger import DATE

CARD = "c0" * 12


def test_two_orders_of_one_number_are_two_for_the_auditor_also(company: Company) -> None:
    """The whole disk was put back, and HQ served until a till knew better: all of it honest."""
    gone = lost(company, 30)
    company.b.do(RecordKind.APPLIED, Applied(gone))
    again = company.give(TILL_C, 20)
    assert again.open().ref == gone.open().ref
    company.c.do(RecordKind.APPLIED, Applied(again))
    company.send(TILL_C)
    company.hq.begin(2)
    company.hq.do(RecordKind.READOPTED, Readopted(gone))
    company.b.sign(RecordKind.APPLIED, Applied(company.order(TILL_B, NewEpoch())))
    company.send(TILL_B)
    assert company.found() == []


def test_what_a_till_took_and_hq_never_stood_by_is_found(company: Company) -> None:
    """HQ's administrator says that all are home, and never stands by what B was given; B's records are 'lost'."""
    gone = lost(company, 100)
    company.b.do(RecordKind.APPLIED, Applied(gone))
    company.hq.begin(2)
    company.hq.sign(RecordKind.RECOVERED, Recovered(("ann", "ben"), (), 0))
    company.c.do(RecordKind.APPLIED, Applied(company.give(TILL_C, 100)))
    company.send(TILL_C)
    report = company.report()
    said = [str(one) for one in report.found] + list(report.notes)
    assert any(TILL_B in one for one in said), f"100 lie at two tills: {said}"


def test_a_shortage_that_was_none_is_found(company: Company) -> None:
    """HQ has the lot, says that it has not, keeps the units, and gives them once more."""
    gone = lost(company, 100)
    company.b.do(RecordKind.APPLIED, Applied(gone))
    (one,) = company.hq.journal.slices(MIA)
    assert one.units == 100
    company.hq.begin(2)
    short = (Shortage("principal", one.key.lot, 100),)
    company.hq.do(RecordKind.READOPTED, Readopted(gone, short))
    company.b.sign(RecordKind.APPLIED, Applied(company.order(TILL_B, NewEpoch())))
    company.send(TILL_B)
    company.hq.sign(RecordKind.RECOVERED, Recovered(("ann",), (), 0))
    company.c.do(RecordKind.APPLIED, Applied(company.give(TILL_C, 100)))
    company.send(TILL_C)
    assert company.found() != [], "HQ gave 100 twice, with every keeper home"


def test_a_till_that_hq_has_not_heard_since_is_no_fault(company: Company) -> None:
    """HQ confirmed B's chain, was put back from a copy made before, and B's store is closed today."""
    gone = company.b.sign(RecordKind.APPLIED, Applied(company.order(TILL_B, Block(("c0" * 12,)))))
    ref = gone.open().ref
    said = Acknowledgement(1, 1, TILL_B, 1, ref.sequence, gone.hash, ref.sequence, 0, bytes(32), company.now_ms)
    signed = seal_acknowledgement(said, AUDITED_HQ_KEY.sign)
    company.b.book.execute("insert into acknowledgements values (?, ?, ?)", ("last", signed.content, signed.signature))
    company.hq.begin(2)
    assert company.found() == [], "as HQ says that it may have lost what it had"


def test_value_that_hq_owes_is_said(company: Company) -> None:
    """With its key, HQ's administrator signs an order of the lost epoch for as much as he likes, and stands by it."""
    transfer = with_units(company.hq.transfer(100), 1_000_000)
    head = company.hq.outbox.head()
    assert head is not None
    body = Directive(TILL_B, 1, company.orders[TILL_B, 1, 1] + 1, transfer)
    at = (HEADQUARTERS, 1, head.ref.sequence + 1, 0, DATE, "hq")
    minted = seal(Record(VERSION, *at, RecordKind.DIRECTIVE, head.hash, encode_body(body)), AUDITED_HQ_KEY.sign)
    company.b.do(RecordKind.APPLIED, Applied(minted))
    company.hq.begin(2)
    (one,) = company.hq.journal.slices(MIA)
    short = (Shortage("principal", one.key.lot, 1_000_000 - one.units),)
    company.hq.do(RecordKind.READOPTED, Readopted(minted, short))
    company.b.sign(RecordKind.APPLIED, Applied(company.order(TILL_B, NewEpoch())))
    company.send(TILL_B)
    company.hq.sign(RecordKind.RECOVERED, Recovered(("ann",), (), 0))
    report = company.report()
    said = [str(one) for one in report.found] + list(report.notes)
    assert any("owe" in one.partition(".counterfoil")[2] for one in said), f"999 900 out of nothing: {said}"


def test_a_revocation_that_hq_had_lost_is_no_finding(company: Company) -> None:
    """As test_a_till_that_was_revoked_meanwhile_stays_so has it: HQ takes up to the record that obeys it."""
    held = company.b.outbox.head()
    head = company.hq.outbox.head()
    assert held is not None
    assert head is not None
    body = Directive(TILL_B, 1, company.orders[TILL_B, 1, 1] + 1, Revoke(held.ref.sequence))
    at = (HEADQUARTERS, 1, head.ref.sequence + 1, 0, DATE, "hq")
    gone = seal(Record(VERSION, *at, RecordKind.DIRECTIVE, head.hash, encode_body(body)), AUDITED_HQ_KEY.sign)
    company.b.sign(RecordKind.APPLIED, Applied(gone))
    company.hq.begin(2)
    company.hq.sign(RecordKind.READOPTED, Readopted(gone))
    company.send(TILL_B)
    assert company.found() == []


def test_what_hq_gives_out_in_a_recovery_that_nobody_ended_is_found(company: Company) -> None:
    company.hq.begin(2)
    company.c.do(RecordKind.APPLIED, Applied(company.give(TILL_C, 100)))
    company.send(TILL_C)
    assert company.found() != [], "no keeper was told of the epoch, and nobody has ended it"
