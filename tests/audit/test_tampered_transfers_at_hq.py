"""HQ that forgets to take, takes too much or too often, or posts what it must not: each is named."""

import pytest
from msgspec.structs import replace

from ledger.ids import HEADQUARTERS
from offline_queue.auditing.findings import Sort
from protocol.bodies import DIRECTIVE_BYTES_MAX, Applied, Directive, Given, Revoke, Taken, TransactionBody, Why
from protocol.records import RecordKind, SignedRecord, seal
from tests.audit.by_hand import GIVEN, LOAD, MIA, TAKEN, A, B, Company, changed, never_made, ref, sorts, with_units
from tests.audit.halves import HQ_KEY, STRANGER


def test_hq_that_posts_a_take_without_a_gift_is_named(company: Company) -> None:
    made_up = never_made(company)
    taken = company.b.do(RecordKind.TAKEN, Taken(made_up))
    company.send(B)
    said = f"HQ has posted it before the record {ref(made_up)} that it takes"
    assert company.found(company.hq) == [
        (Sort.NOT_POSTED, str(ref(taken)), said),
        (Sort.OVERTAKEN, LOAD, f"of account {MIA}, principal, 5 units more were taken than given"),
    ]


def test_hq_sets_aside_a_take_whose_giver_says_something_else(company: Company) -> None:
    given = company.a.do(RecordKind.GIVEN, Given(B, 1, company.a.transfer(100, Why.GRANT)))
    company.send(A)
    taken = company.b.sign(RecordKind.TAKEN, Taken(changed(given, 150, company.b.key.sign)))
    at = str(ref(taken))
    company.send_set_aside(B, taken, "giver_differs")
    assert sorts(company.found(company.hq)) == {(Sort.WRONG_TAKE, at)}
    company.hq.tamper("delete from suspense")
    said = "the book cannot take it, and HQ does not show it as set aside"
    assert (Sort.NOT_POSTED, at, said) in company.found(company.hq)


def test_hq_that_forgets_to_take_what_came_home_is_named(company: Company) -> None:
    given = company.a.do(RecordKind.GIVEN, Given(HEADQUARTERS, 1, company.a.transfer(20)))
    company.send(A, takes=False)
    what = "HQ has posted that this was given to it, and its own chain does not take it"
    assert company.found(company.hq) == [(Sort.NOT_TAKEN, str(ref(given)), what)]


def test_hq_that_takes_more_than_was_given_is_named(company: Company) -> None:
    given = company.a.do(RecordKind.GIVEN, Given(HEADQUARTERS, 1, company.a.transfer(20)))
    company.send(A, takes=False)
    taken = company.hq.do(RecordKind.TAKEN, Taken(changed(given, 30, HQ_KEY.sign)))
    found = company.found(company.hq)
    what = f"what it takes as {ref(given)} is not what its giver's chain has there"
    assert (Sort.WRONG_TAKE, str(ref(taken)), what) in found
    assert (Sort.OVERTAKEN, LOAD, f"of account {MIA}, principal, 10 units more were taken than given") in found


def test_hq_that_takes_twice_is_named(company: Company) -> None:
    (given,) = (one for one in company.a.outbox.records() if one.open().kind is RecordKind.GIVEN)
    again = ref(company.hq.sign(RecordKind.TAKEN, Taken(given)))
    assert (Sort.TAKEN_TWICE, str(again), f"it takes what {GIVEN} gives, and {TAKEN} has taken that") in company.found()


def test_hq_that_takes_what_it_has_not_posted_is_named(company: Company) -> None:
    given = company.a.do(RecordKind.GIVEN, Given(HEADQUARTERS, 1, company.a.transfer(20)))
    taken = ref(company.hq.do(RecordKind.TAKEN, Taken(given)))
    what = f"HQ has taken what {ref(given)} gives, and has not posted that record"
    assert company.found(company.hq)[0] == (Sort.WRONG_TAKE, str(taken), what)


def test_hq_that_takes_what_the_tills_book_could_not_give_is_named(company: Company) -> None:
    """The till signs away more than it has: HQ is right to set that aside, and wrong to take it."""
    given = company.a.sign(RecordKind.GIVEN, Given(HEADQUARTERS, 1, with_units(company.a.transfer(1), 900)))
    company.send_set_aside(A, given, "below_zero")
    at = str(ref(given))
    report = company.report(company.hq)
    assert [(one.finding.sort, one.finding.at) for one in report.found] == [(Sort.RULE_BROKEN, at)]
    assert report.in_transit.seen.transfers == 0  # what is set aside is not under way
    taken = ref(company.hq.do(RecordKind.TAKEN, Taken(given)))
    what = f"HQ has taken what {at} gives, and its book cannot take that record"
    assert (Sort.WRONG_TAKE, str(taken), what) in company.found(company.hq)


def test_hq_that_gives_what_it_has_not_is_named(company: Company) -> None:
    order = company.hq.sign(RecordKind.DIRECTIVE, Directive(B, 1, 3, with_units(company.hq.transfer(1), 101)))
    found = company.found(company.hq)
    assert (Sort.RULE_BROKEN, str(ref(order)), "it takes value that was not there") in found


def test_a_gift_that_was_changed_in_hqs_file_is_named_there_and_shown_by_the_till(company: Company) -> None:
    company.hq.tamper(
        "update records set content = cast(content || x'00' as blob) where keeper = '07-2' and sequence = 4"
    )
    found = sorts(company.found())
    assert {(Sort.UNREADABLE, GIVEN), (Sort.HALVES_DIFFER, GIVEN)} <= found


def test_a_take_of_what_the_givers_book_could_not_give_is_set_aside_with_it(company: Company) -> None:
    """Also when the giver's chain comes behind the taker's in the export."""
    given = company.b.sign(RecordKind.GIVEN, Given(A, 1, with_units(company.b.transfer(1, Why.GRANT), 900)))
    taken = company.a.sign(RecordKind.TAKEN, Taken(given))
    company.send_set_aside(B, given, "below_zero")
    company.send_set_aside(A, taken, "giver_set_aside")
    assert sorts(company.found(company.hq)) == {(Sort.RULE_BROKEN, str(ref(given)))}


def _taken_from_b(company: Company) -> SignedRecord:
    """Till A has taken what B gave in a record that HQ does not hold."""
    given = company.b.do(RecordKind.GIVEN, Given(A, 1, company.b.transfer(5, Why.GRANT)))
    return company.a.sign(RecordKind.TAKEN, Taken(given))


def test_a_take_of_what_hq_never_heard_of_before_it_revoked_the_giver_is_rightly_set_aside(company: Company) -> None:
    taken = _taken_from_b(company)
    company.order(B, Revoke(3))
    company.send_set_aside(A, taken, "giver_fenced")
    assert company.found(company.hq) == []
    assert company.found(company.hq, company.b) == []


def test_what_lay_with_the_giver_that_was_revoked_hq_posts_by_the_takers_record(company: Company) -> None:
    given = company.b.sign(RecordKind.GIVEN, Given(A, 1, company.b.transfer(5, Why.GRANT)))
    company.a.sign(RecordKind.TAKEN, Taken(given))
    company.order(B, Revoke(3))
    company.send_late(B, given, A)
    assert company.found(company.hq) == []


def test_hq_that_posts_more_than_lay_with_it_is_named(company: Company) -> None:
    given = company.b.sign(RecordKind.GIVEN, Given(A, 1, with_units(company.b.transfer(1, Why.GRANT), 900)))
    taken = company.a.sign(RecordKind.TAKEN, Taken(given))
    company.order(B, Revoke(3))
    company.send(A)
    said = f"HQ has posted that it takes what {ref(given)} gives, and that did not lie with 08-1/1"
    assert (Sort.NOT_POSTED, str(ref(taken)), said) in company.found(company.hq)


def test_it_is_not_where_hq_may_still_hear_of_it(company: Company) -> None:
    taken = _taken_from_b(company)
    company.send_set_aside(A, taken, "giver_fenced")
    said = "HQ has set it aside (giver_fenced), and nothing keeps it from hearing of 08-1/1/4"
    assert company.found(company.hq) == [(Sort.NOT_POSTED, str(ref(taken)), said)]


@pytest.mark.parametrize("epoch", [1, 2])
def test_what_is_given_to_an_epoch_of_hq_that_has_not_begun_is_set_aside(company: Company, epoch: int) -> None:
    given = company.a.do(RecordKind.GIVEN, Given(HEADQUARTERS, epoch, company.a.transfer(5)))
    company.send_set_aside(A, given, "hq_cannot_take")
    what = "HQ has set it aside (hq_cannot_take), and the book takes it"
    expected = [(Sort.NOT_POSTED, str(ref(given)), what)] if epoch == 1 else []
    assert [one for one in company.found(company.hq) if one[0] == Sort.NOT_POSTED] == expected


def test_hq_that_takes_again_in_a_later_epoch_is_named(company: Company) -> None:
    (given,) = (one for one in company.a.outbox.records() if one.open().kind is RecordKind.GIVEN)
    company.hq.begin(2)
    again = ref(company.hq.sign(RecordKind.TAKEN, Taken(given)))
    assert again.epoch > 1
    assert (Sort.TAKEN_TWICE, str(again), f"it takes what {GIVEN} gives, and {TAKEN} has taken that") in company.found()


def test_a_take_that_hq_posted_as_if_its_giver_had_said_so_is_named(company: Company) -> None:
    given = company.a.do(RecordKind.GIVEN, Given(B, 1, company.a.transfer(100, Why.GRANT)))
    company.send(A)
    taken = company.b.do(RecordKind.TAKEN, Taken(changed(given, 150, company.b.key.sign)))
    company.send(B)
    said = "the book cannot take it, and HQ does not show it as set aside"
    found = company.found(company.hq)
    assert (Sort.NOT_POSTED, str(ref(taken)), said) in found
    assert (Sort.BOOK_DIFFERS, str(ref(taken))) in sorts(found)
    assert (Sort.OVERTAKEN, LOAD) in sorts(found)


def test_hq_sets_aside_what_only_a_stranger_says_was_given(company: Company) -> None:
    """Nothing has that number, and to wait for it would be in vain: the giver has not signed it."""
    taken = company.b.sign(RecordKind.TAKEN, Taken(seal(never_made(company).open(), STRANGER.sign)))
    company.send_set_aside(B, taken, "giver_differs")
    assert {(sort, at) for sort, at, _ in company.found(company.hq)} == {(Sort.WRONG_TAKE, str(ref(taken)))}


def test_hq_that_posts_a_take_before_the_gift_that_it_holds_is_named(company: Company) -> None:
    given = company.a.do(RecordKind.GIVEN, Given(B, 1, company.a.transfer(100, Why.GRANT)))
    company.send(A, posts=ref(given).sequence - 1)
    taken = company.b.do(RecordKind.TAKEN, Taken(given))
    company.send(B)
    said = f"HQ has posted it before the record {ref(given)} that it takes"
    assert (Sort.NOT_POSTED, str(ref(taken)), said) in company.found(company.hq)


def test_what_no_record_of_hqs_could_quote_is_a_broken_rule_and_set_aside(company: Company) -> None:
    long = replace(company.a.transfer(5), operation_id="x" * DIRECTIVE_BYTES_MAX)
    given = company.a.sign(RecordKind.GIVEN, Given(HEADQUARTERS, 1, long))
    company.send_set_aside(A, given, "not_understood")
    words = "what it says is not understood: no record of its taker could hold it"
    assert company.found(company.hq) == [(Sort.RULE_BROKEN, str(ref(given)), words)]


def test_an_operation_that_a_place_has_done_in_an_earlier_epoch_is_set_aside(company: Company) -> None:
    new = company.replace(B)
    order = company.give(B, 50)
    new.do(RecordKind.APPLIED, Applied(order))
    old = company.b.charge(company.b.journal.slices(MIA)[0].key.lot, 1).open().body_as(TransactionBody)
    again = new.sign(RecordKind.TRANSACTION, replace(old, receipt_number="08-1.2-000001"))
    company.tills[B] = company.b
    company.send(B)
    company.tills[B] = new
    company.send_set_aside(B, again, "operation_repeated")
    assert company.found(company.hq) == []
