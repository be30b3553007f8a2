"""HQ's recovery: clean when it says what was lost, and named when it makes something of it that was not."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.ids import HEADQUARTERS
from offline_queue.auditing.findings import Sort
from offline_queue.auditing.report import UnderWay
from protocol.acknowledgements import Acknowledgement, seal_acknowledgement
from protocol.bodies import Applied, Directive, NewEpoch, Opened, Predecessor, Why
from protocol.records import VERSION, Record, RecordKind, SignedRecord, encode_body, seal
from protocol.recoveries import Readopted, Reclaimed, Recovered
from tests.audit.by_hand import DATE, B, Company, ref
from tests.audit.halves import HQ_KEY, STRANGER

NOTHING = UnderWay()


def lost(company: Company, units: int, signer: Ed25519PrivateKey = HQ_KEY) -> SignedRecord:
    """What HQ ordered till B behind all that its book has."""
    head = company.hq.outbox.head()
    assert head is not None
    body = Directive(B, 1, company.orders[B, 1, 1] + 1, company.hq.transfer(units, Why.GRANT))
    at = (HEADQUARTERS, 1, head.ref.sequence + 1, 0, DATE, "hq")
    return seal(Record(VERSION, *at, RecordKind.DIRECTIVE, head.hash, encode_body(body)), signer.sign)


def adopt(company: Company, gone: SignedRecord) -> SignedRecord:
    """HQ begins another epoch; till B tells of what HQ had lost, and has heard of the epoch. HQ's word that it stands
    by that is the result."""
    company.b.do(RecordKind.APPLIED, Applied(gone))
    company.hq.begin(2)
    readopted = company.hq.do(RecordKind.READOPTED, Readopted(gone))
    company.b.sign(RecordKind.APPLIED, Applied(company.order(B, NewEpoch())))
    company.send(B)
    return readopted


def test_an_order_that_was_lost_is_clean_in_every_file_and_in_all_together(company: Company) -> None:
    adopt(company, lost(company, 30))
    company.hq.sign(RecordKind.RECOVERED, Recovered(("ann",), (), 0))
    for keepers in ((), (company.hq,), (company.b,), (company.hq, company.b)):
        assert company.found(*keepers) == []
    report = company.report()
    assert (report.in_transit.seen, report.in_transit.unseen) == (NOTHING, NOTHING)
    assert [note for note in report.notes if "lost" in note] != []


def test_an_order_that_will_not_be_carried_out_any_more_is_hqs_again(company: Company) -> None:
    given = company.give(B, 20)
    company.hq.begin(2)
    company.b.sign(RecordKind.APPLIED, Applied(company.order(B, NewEpoch())))
    company.hq.do(RecordKind.RECLAIMED, Reclaimed(given))
    company.send(B)
    for keepers in ((), (company.hq,), (company.b,)):
        assert company.found(*keepers) == []
    assert company.report().in_transit.seen == NOTHING


def test_whoever_takes_what_hq_has_back_has_doubled_it(company: Company) -> None:
    given = company.give(B, 20)
    taken = company.b.do(RecordKind.APPLIED, Applied(given))
    company.hq.begin(2)
    reclaimed = company.hq.do(RecordKind.RECLAIMED, Reclaimed(given))
    company.send(B)
    found = company.found()
    assert (
        Sort.TAKEN_TWICE,
        str(ref(reclaimed)),
        f"it takes what {ref(given)} gives, and {ref(taken)} has taken that",
    ) in found


def test_hq_has_back_only_what_it_gave_in_an_earlier_epoch(company: Company) -> None:
    never = lost(company, 20)
    company.hq.begin(2)
    reclaimed = company.hq.sign(RecordKind.RECLAIMED, Reclaimed(never))
    what = f"it has back what {ref(never)} gave, and that is no order of an earlier epoch of HQ's"
    assert (Sort.WRONG_TAKE, str(ref(reclaimed)), what) in company.found(company.hq)


def test_hq_stands_only_by_what_it_has_signed(company: Company) -> None:
    gone = lost(company, 30, STRANGER)
    readopted = adopt(company, gone)
    what = f"the order {ref(gone)} that it stands by is not signed by HQ"
    assert (Sort.WRONG_ORDER, str(ref(readopted)), what) in company.found(company.hq)


def test_hq_stands_only_by_what_it_has_lost(company: Company) -> None:
    """The value would leave HQ's place twice."""
    given = company.give(B, 20)
    readopted = adopt(company, given)
    what = f"the order {ref(given)} that it stands by was not lost"
    assert (Sort.WRONG_ORDER, str(ref(readopted)), what) in company.found(company.hq)


def test_hq_stands_by_an_order_once(company: Company) -> None:
    gone = lost(company, 30)
    adopt(company, gone)
    again = company.hq.do(RecordKind.READOPTED, Readopted(gone))
    what = f"the order {ref(gone)} that it stands by was not lost"
    assert (Sort.WRONG_ORDER, str(ref(again)), what) in company.found(company.hq)


@pytest.mark.parametrize("after", [None, Predecessor("hq/1/2", bytes(32)), Predecessor("nonsense", bytes(32))])
def test_an_epoch_that_hides_the_end_of_the_one_before_is_named(after: Predecessor | None, company: Company) -> None:
    head = company.hq.outbox.head()
    assert head is not None
    outbox = company.hq.outbox
    outbox.epoch = 2
    opened = company.hq.sign(RecordKind.OPENED, Opened(HEADQUARTERS, company.hq.public_key, "0.1.0", after))
    says = "nothing" if after is None else after.record
    what = f"this epoch goes on behind {says}; of the one before, that ends with {head.ref}"
    assert (Sort.MISSING, str(ref(opened)), what) in company.found(company.hq)


def test_that_a_keeper_has_carried_out_what_hq_does_not_know_yet_is_no_fault(company: Company) -> None:
    company.b.do(RecordKind.APPLIED, Applied(lost(company, 30)))
    assert company.found() != [], "as long as HQ does not say that it may have lost something"
    company.hq.begin(2)
    assert company.found() == []


def test_an_acknowledgement_of_what_was_lost_is_none_either(company: Company) -> None:
    gone = lost(company, 30)
    said = Acknowledgement(1, 1, B, 1, 0, bytes(32), 0, company.orders[B, 1, 1] + 1, gone.hash, company.now_ms)
    signed = seal_acknowledgement(said, HQ_KEY.sign)
    row = ("last", signed.content, signed.signature)
    company.b.book.execute("insert into acknowledgements values (?, ?, ?)", row)
    assert [sort for sort, *_ in company.found()] == [Sort.ACKNOWLEDGEMENT]
    company.hq.begin(2)
    assert company.found() == []


def test_a_recovery_that_is_not_understood_is_named(company: Company) -> None:
    signed = company.hq.sign(RecordKind.RECOVERED, Opened(HEADQUARTERS, bytes(32), ""))
    assert (Sort.RULE_BROKEN, str(ref(signed)), "what it says is not understood") in company.found(company.hq)
