"""Transfers that were made up, changed, taken twice or not at all: each is named, with the record that shows it."""

# ruff: noqa: S608 - the statements are the story, and nobody else's words are in them

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from ledger.ids import HEADQUARTERS
from offline_queue.auditing.findings import Sort
from protocol.bodies import Applied, Directive, Given, Taken, Transfer, TransferPart, Why
from protocol.records import RecordKind, encode_body, seal
from tests.audit.by_hand import (
    APPLIED,
    GIVEN,
    LOAD,
    MIA,
    TAKEN,
    A,
    B,
    C,
    Company,
    changed,
    never_made,
    ref,
    sorts,
    with_units,
)
from tests.audit.halves import STRANGER


def test_units_of_a_transfer_that_were_changed_in_the_givers_book_are_named(company: Company) -> None:
    company.a.tamper("update entries set units = 290 where side = 'in_transit' and sequence = 4")
    found = company.found(company.a)
    assert sorts(found) == {(Sort.BOOK_DIFFERS, GIVEN), (Sort.NOT_CONSERVED, LOAD)}
    assert "has 290 units as the in_transit principal of account" in found[0][2]
    assert "the chain proves 300 units" in found[0][2]


@pytest.mark.parametrize(("keeper", "sequence", "at"), [("07-2", 4, GIVEN), ("hq", 5, TAKEN), ("08-1", 3, APPLIED)])
def test_units_of_a_transfer_that_were_changed_in_hqs_book_are_named_at_the_record(
    company: Company, keeper: str, sequence: int, at: str
) -> None:
    """Held and in transit alike, and the slice with them, so that the book is consistent in itself."""
    row = f"where keeper = '{keeper}' and sequence = {sequence} and side ="
    company.hq.tamper(
        f"update entries set units = units - 10 {row} 'held'",
        f"update entries set units = units + 10 {row} 'in_transit'",
        f"update slices set units = units - 10 where place = '{keeper}'",
    )
    found = company.found(company.hq)
    assert (Sort.BOOK_DIFFERS, at) in sorts(found)
    assert any(what.startswith(f"at {keeper}/1 the book has") for _, _, what in found)


def test_a_transfer_that_was_wiped_out_of_hqs_book_leaves_value_that_came_from_nowhere(company: Company) -> None:
    company.hq.tamper(
        "delete from entries where keeper = '07-2' and sequence = 4",
        "update slices set units = 500 where place = '07-2'",
    )
    found = company.found(company.hq)
    assert (Sort.OVERTAKEN, LOAD, f"of account {MIA}, principal, 300 units more were taken than given") in found


def test_slices_that_were_moved_to_another_epoch_or_place_are_named_at_both(company: Company) -> None:
    company.hq.tamper("update slices set epoch = 2 where place = '07-2'")
    whose = f"as the principal that account {MIA} has of it, and the chain proves"
    assert company.found(company.hq) == [
        (Sort.BOOK_DIFFERS, LOAD, f"at 07-2/1 the book has nothing {whose} 200 units"),
        (Sort.BOOK_DIFFERS, LOAD, f"at 07-2/2 the book has 200 units {whose} nothing"),
    ]
    company.hq.tamper("update slices set epoch = 1, place = '09-1' where place = '07-2'")
    assert [what[:9] for _, _, what in company.found(company.hq)] == ["at 07-2/1", "at 09-1/1"]


def test_a_lot_that_was_changed_in_the_book_of_whoever_carried_it_is_named(company: Company) -> None:
    for keeper in (company.b, company.hq):
        keeper.tamper("update lots set expires_on = '2026-12-01'")
        ((sort, at, what),) = company.found(keeper)
        assert (sort, at) == (Sort.BOOK_DIFFERS, LOAD)
        assert "a lot of store 07 from 2026-11-22 to 2026-12-01" in what


def test_a_lot_that_is_gone_or_that_nobody_opened_is_named(company: Company) -> None:
    invented = "insert into lots values ('x', 'principal', '99-1/1/1', '99', '2026-11-22', null)"
    company.hq.tamper(invented, "pragma foreign_keys = off; delete from lots where lot = '07-2/1/3'")
    named = [(sort, at, what.partition(" as ")[0]) for sort, at, what in company.found(company.hq)]
    assert named[0] == (Sort.BOOK_DIFFERS, LOAD, "the book has nothing")
    assert named[1][:2] == (Sort.BOOK_DIFFERS, "99-1/1/1")


def test_a_take_without_a_gift_is_named_by_the_givers_chain(company: Company) -> None:
    """The giver's key signed it, and it stands in nobody's chain."""
    made_up = never_made(company)
    taken = company.b.do(RecordKind.TAKEN, Taken(made_up))
    what = f"the record {ref(made_up)} that it takes is not in its giver's chain"
    assert company.found() == [(Sort.WRONG_TAKE, str(ref(taken)), what)]


def test_a_take_whose_givers_word_a_stranger_signed_is_named_in_the_takers_own_file(company: Company) -> None:
    made_up = seal(never_made(company).open(), STRANGER.sign)
    taken = company.b.do(RecordKind.TAKEN, Taken(made_up))
    what = f"the record {ref(made_up)} that it takes is not signed by 07-2"
    assert (Sort.WRONG_TAKE, str(ref(taken)), what) in company.found(company.b, company.hq)


@pytest.mark.parametrize("by", ["taker", "giver"])
def test_a_givers_word_that_was_changed_inside_the_takers_record_is_named(company: Company, by: str) -> None:
    """Signed again by the taker, who has no other key, or by a giver who says two things."""
    given = company.a.do(RecordKind.GIVEN, Given(B, 1, company.a.transfer(100, Why.GRANT)))
    signer = {"taker": company.b, "giver": company.a}[by].key.sign
    taken = company.b.do(RecordKind.TAKEN, Taken(changed(given, 150, signer)))
    at = str(ref(taken))
    not_the_chains = (Sort.WRONG_TAKE, at, f"what it takes as {ref(given)} is not what its giver's chain has there")
    not_signed = (Sort.WRONG_TAKE, at, f"the record {ref(given)} that it takes is not signed by 07-2")
    company.send(A)
    found = company.found()
    assert not_the_chains in found
    assert (not_signed in found) == (by == "taker")


def test_an_order_whose_units_were_changed_before_it_was_carried_out_is_named(company: Company) -> None:
    order = company.give(B, 50)
    record = order.open()
    directive = record.body_as(Directive)
    assert isinstance(directive.order, Transfer)
    more = replace(directive, order=with_units(directive.order, 60))
    company.b.do(RecordKind.APPLIED, Applied(seal(replace(record, body=encode_body(more)), company.b.key.sign)))
    assert [what for _, _, what in company.found()] == [
        f"the order {ref(order)} that it carried out is not signed by HQ",
        f"the order that it carried out is not what HQ's chain has as {ref(order)}",
    ]


def test_a_transfer_that_one_till_takes_twice_is_named(company: Company) -> None:
    given = company.a.do(RecordKind.GIVEN, Given(B, 1, company.a.transfer(100, Why.GRANT)))
    first = ref(company.b.do(RecordKind.TAKEN, Taken(given)))
    second = ref(company.b.sign(RecordKind.TAKEN, Taken(given)))
    found = company.found(company.b)
    assert (Sort.TAKEN_TWICE, str(second), f"it takes what {ref(given)} gives, and {first} has taken that") in found
    assert (Sort.RULE_BROKEN, str(second), f"operation taken/{ref(given)} had its effect in {first}") in found


def test_an_order_that_is_applied_twice_or_taken_without_its_number_is_named(company: Company) -> None:
    order = company.give(B, 50)
    first = ref(company.b.do(RecordKind.APPLIED, Applied(order)))
    second = ref(company.b.sign(RecordKind.APPLIED, Applied(order)))
    third = ref(company.b.sign(RecordKind.TAKEN, Taken(order)))
    found = company.found(company.b)
    assert (Sort.TAKEN_TWICE, str(second), f"it takes what {ref(order)} gives, and {first} has taken that") in found
    assert (Sort.WRONG_ORDER, str(second)) in sorts(found)
    assert (Sort.WRONG_TAKE, str(third)) in sorts(found)


def test_a_transfer_that_another_till_takes_is_named(company: Company) -> None:
    given = company.a.do(RecordKind.GIVEN, Given(B, 1, company.a.transfer(100, Why.GRANT)))
    taken = company.c.sign(RecordKind.TAKEN, Taken(given))
    at, words = str(ref(taken)), "this cannot be taken: it takes what was given to 08-1/1"
    assert company.found(company.c) == [(Sort.WRONG_TAKE, at, words)]
    company.send(A)
    company.send_set_aside(C, taken, "not_understood")
    assert set(company.found()) == {(Sort.WRONG_TAKE, at, words)}


def test_an_order_to_one_till_that_another_carries_out_is_named(company: Company) -> None:
    order = company.give(B, 50)
    applied = company.c.sign(RecordKind.APPLIED, Applied(order))
    found = company.found(company.c)
    assert (Sort.WRONG_TAKE, str(ref(applied)), "this cannot be taken: it takes what was given to 08-1/1") in found
    assert (Sort.WRONG_ORDER, str(ref(applied)), f"the order {ref(order)} that it carried out was for 08-1") in found


def test_a_take_of_what_gave_nothing_is_named(company: Company) -> None:
    load = company.a.load(10)
    taken = company.b.sign(RecordKind.TAKEN, Taken(load))
    words = "this cannot be taken: the record in it is not of kind given"
    assert company.found(company.b) == [(Sort.WRONG_TAKE, str(ref(taken)), words)]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda part: replace(part, purse="gold"), "what it says is not understood: 'gold' is not a valid Purse"),
        (lambda part: replace(part, units=0), "it moves zero units, or more than any amount may have"),
        (lambda part: replace(part, units=-5), "it moves units to or from where its kind of transaction does not move"),
        (lambda part: replace(part, store="99"), "it names other terms of a lot than those under which"),
        (lambda part: replace(part, lot="07-2/1/99"), "it moves value of a lot that no record before it has opened"),
    ],
)
def test_a_gift_that_breaks_the_rules_of_the_book_is_named(
    company: Company, change: Callable[[TransferPart], TransferPart], words: str
) -> None:
    transfer = company.a.transfer(5)
    odd = replace(transfer, parts=tuple(map(change, transfer.parts)))
    given = company.a.sign(RecordKind.GIVEN, Given(HEADQUARTERS, 1, odd))
    sort, at, what = company.found(company.a)[0]
    assert (sort, at) == (Sort.RULE_BROKEN, str(ref(given)))
    assert what.startswith(words)


def test_a_value_that_the_old_till_was_given_and_the_new_one_takes_is_named(company: Company) -> None:
    order = company.give(B, 50)
    new = company.replace(B)
    applied = ref(new.sign(RecordKind.APPLIED, Applied(order)))
    words = "this cannot be taken: it takes what was given to 08-1/1"
    assert (Sort.WRONG_TAKE, str(applied), words) in company.found(new)
