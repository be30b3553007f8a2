"""Promised refunds: clean when each is kept or taken back once, and named when a till signs it otherwise."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from checkout.sold import Undone
from ledger.ids import RecordRef
from ledger.journal_sqlite import transaction
from offline_queue.auditing.audit import audit
from offline_queue.auditing.findings import Sort
from protocol.records import RecordKind
from protocol.rights import RightGiven
from tests.audit.halves import HQ_PUBLIC_KEY, tamper_open
from tests.audit.promising import HERE, SELLER, Changes, Company, taking_back, undone
from tests.chains.company import ALICE


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    company = Company(tmp_path)
    yield company
    company.close()


def test_promises_that_are_open_kept_and_taken_back_are_clean(company: Company) -> None:
    company.promise(60_00)
    number = company.promise(20_00)
    company.take_back(number, 20_00)
    company.promise(50_00)
    company.promise(10_00)
    company.carry()
    kept = company.bodies("refund")
    assert [one.slip.amount for one in kept] == [60_00, 40_00], "what is left; and the last stays open"
    assert not company.report().found
    assert not company.report().notes


KEPT: dict[str, tuple[Changes, str]] = {
    "more than was promised": (
        lambda kept, _: {"undone": replace(undone(kept), units=30_01)},
        "it gives back 3001 units, and 3000 were promised",
    ),
    "parts that come to more": (
        lambda kept, _: {"undone": replace(undone(kept), paid=(replace(undone(kept).paid[0], units=30_01),))},
        "it gives back 3000 units, and the parts that it names come to 3001",
    ),
    "nothing": (
        lambda kept, _: {"undone": replace(undone(kept), units=0, paid=())},
        "it gives back 0 units, and 3000 were promised",
    ),
    "of another slip": (
        lambda kept, _: {"slip": replace(kept.slip, original="08-1-000077")},
        "it is about slip 08-1-000077, as promised by 07-2-000001; promised was {slip} by 07-2-000001",
    ),
    "by another promise's number": (
        lambda kept, _: {"slip": replace(kept.slip, promise="07-2-000009")},
        "it is about slip {slip}, as promised by 07-2-000009; promised was {slip} by 07-2-000001",
    ),
    "what is no promise": (
        lambda kept, _: {
            "undone": replace(undone(kept), promise="07-2/1/1"),
            "operation_id": RecordRef(HERE, 1, 1).kept,
        },
        "it keeps 07-2/1/1, which is no promise of its own",
    ),
    "another till's": (
        lambda kept, _: {"undone": replace(undone(kept), promise="08-1/1/3")},
        "it keeps 08-1/1/3, which is no promise of its own",
    ),
}


@pytest.mark.parametrize("how", KEPT)
def test_a_refund_that_keeps_a_promise_otherwise_is_named(company: Company, how: str) -> None:
    change, what = KEPT[how]
    company.promise(30_00)
    company.carry()
    [kept], [given] = company.bodies("refund"), company.bodies("promise")
    found = company.sign(replace(kept, **change(kept, given)))
    assert what.format(slip=company.slip) in found


def test_what_is_kept_twice_is_named(company: Company) -> None:
    company.promise(30_00)
    company.carry()
    [what] = company.sign(company.bodies("refund")[0])
    assert what.startswith("it settles the promise 07-2/1/")
    assert ", which was settled in 07-2/1/" in what


@pytest.mark.parametrize("first", ["kept", "taken back"])
def test_what_is_settled_twice_is_named(company: Company, first: str) -> None:
    number = company.promise(30_00)
    company.take_back(number, 30_00)
    [back] = company.bodies("void")
    if first == "kept":
        company.promise(20_00)
        company.carry()
        [kept] = company.bodies("refund")
        back = taking_back(back, kept.slip.promise, undone(kept).promise, 20_00)
    [what] = company.sign(replace(back, operation_id="operation-twice"))
    assert "which was settled in" in what


@pytest.mark.parametrize("units", [29_99, 30_01])
def test_a_promise_that_is_taken_back_in_part_is_named(company: Company, units: int) -> None:
    company.take_back(company.promise(10_00), 10_00)
    [back] = company.bodies("void")
    number, at = company.promise(30_00), str(company.tills[HERE].head().ref)
    part = taking_back(back, number, at, units)
    what = "it takes back a promise of 3000 units otherwise than whole, by a void"
    assert company.sign(replace(part, operation_id="operation-part")) == [what]


BACK: dict[str, tuple[Changes, str]] = {
    "by a refund": (lambda _, __: {"kind": "refund"}, "otherwise than whole, by a void"),
    "with legs": (lambda _, sale: {"legs": sale.legs[:2]}, "gives back or takes something with it"),
    "with parts": (
        lambda back, sale: {"undone": replace(undone(back), paid=sale.sold.paid if sale.sold else ())},
        "gives back or takes something with it",
    ),
    "of a member": (lambda _, sale: {"account": sale.account}, "gives back or takes something with it"),
    "of another slip": (
        lambda back, _: {"slip": replace(back.slip, original="07-2-000009")},
        "it is about slip 07-2-000009, and the promise that it takes back is 07-2-000001",
    ),
}


@pytest.mark.parametrize("how", BACK)
def test_a_promise_that_is_taken_back_otherwise_is_named(company: Company, how: str) -> None:
    change, said = BACK[how]
    company.charge(HERE, ALICE, "1.00")
    [sale] = company.bodies("sale")
    number = company.promise(30_00)
    at = str(company.tills[HERE].head().ref)
    company.take_back(company.promise(10_00), 10_00)
    [back] = company.bodies("void")
    good = taking_back(back, number, at, 30_00)
    what = said.replace("07-2-000001", number)
    found = company.sign(replace(good, operation_id="operation-other", **change(good, sale)))
    assert any(what in one for one in found), found


MORE: dict[str, tuple[Changes, str]] = {
    "an account": (lambda _, sale: {"account": sale.account}, "says more than of which slip and how much"),
    "a sale": (lambda _, sale: {"sold": sale.sold}, "says more than of which slip and how much"),
    "what is undone": (
        lambda _, __: {"undone": Undone("07-2/1/1", 1, ())},
        "says more than of which slip and how much",
    ),
    "nothing": (lambda given, _: {"slip": replace(given.slip, amount=0)}, "a refund of 0 units of slip"),
    "no slip": (lambda given, _: {"slip": replace(given.slip, original=None)}, "of 3000 units of slip None"),
    "the name of no slip": (lambda given, _: {"slip": replace(given.slip, original="tea")}, "3000 units of slip tea"),
}


@pytest.mark.parametrize("how", MORE)
def test_a_promise_that_says_more_or_less_is_named(company: Company, how: str) -> None:
    change, said = MORE[how]
    company.charge(HERE, ALICE, "1.00")
    company.promise(30_00)
    [given], [sale] = company.bodies("promise"), company.bodies("sale")
    [what] = company.sign(replace(given, operation_id="operation-more", **change(given, sale)))
    assert said in what


@pytest.mark.parametrize("how", ["legs", "opens", "carries"])
def test_a_promise_that_moves_something_breaks_the_rules_of_the_book_and_is_named_once(
    company: Company, how: str
) -> None:
    company.load(HERE, ALICE, "1.00")
    company.promise(30_00)
    company.carry()
    [given], [load], [kept] = company.bodies("promise"), company.bodies("load"), company.bodies("refund")
    moved: dict[str, Any] = {"legs": load.legs, "opens": load.opens, "carries": kept.carries}
    at = company.next_record()
    assert moved[how]
    assert company.sign(replace(given, operation_id="operation-legs", **{how: moved[how]})) == []
    assert [one.sort for one in company.findings() if one.at == at and one.sort is Sort.RULE_BROKEN]


@pytest.mark.parametrize("kind", ["refund", "void", "sale", "promise"])
def test_the_name_of_what_keeps_a_promise_is_nobody_elses(company: Company, kind: str) -> None:
    """`kept/` and a record is no operation that anybody can choose."""
    company.promise(30_00)
    [given] = company.bodies("promise")
    name, at = company.tills[HERE].head().ref.kept, company.next_record()
    company.sign(replace(given, kind=kind, operation_id=name))
    said = {one.what for one in company.findings() if one.at == at and one.sort is Sort.RULE_BROKEN}
    assert "what it says is not understood: its operation id is none" in said


@pytest.mark.parametrize("operation", ["operation-any", "kept/07-2/1/2"])
def test_what_is_kept_under_another_name_is_named(company: Company, operation: str) -> None:
    company.promise(30_00)
    company.carry()
    [kept] = company.bodies("refund")
    company.sign(replace(kept, operation_id=operation))
    said = [one.what for one in company.findings() if one.sort is Sort.RULE_BROKEN]
    assert any(f"it keeps no promise {undone(kept).promise} of its own" in what for what in said)


def test_a_promise_that_is_kept_by_refunding_another_sale_is_named(company: Company) -> None:
    """This till has the right to that one, and the words of its slip are those of the promise."""
    other = company.charge(SELLER, ALICE, "40.00")
    company.carry()
    first = company.slip
    assert other.receipt_number is not None
    company.slip = other.receipt_number
    company.promise(10_00)
    company.carry()
    [kept] = company.bodies("refund")
    company.slip = first
    number = company.promise(20_00)
    promise = company.tills[HERE].head().ref
    slip = replace(kept.slip, original=first, promise=number)
    forged = replace(kept, slip=slip, undone=replace(undone(kept), promise=str(promise)), operation_id=promise.kept)
    what = f"the right to undo {undone(kept).original} has not come here as that to slip {first}"
    assert what in company.sign(forged)


def test_a_promise_that_is_kept_by_refunding_a_sale_of_ones_own_is_named(company: Company) -> None:
    """Whose right never left, so that nobody promised a refund of it."""
    company.load(HERE, ALICE, "50.00")
    company.charge(HERE, ALICE, "40.00")
    company.promise(30_00)
    company.carry()
    [kept] = company.bodies("refund")
    own = [str(one.open().ref) for one in company.tills[HERE].records() if one.open().kind == "transaction"][1]
    found = company.sign(replace(kept, undone=replace(undone(kept), original=own)))
    assert f"the right to undo {own} has not come here as that to slip {company.slip}" in found


def test_a_promise_that_another_till_keeps_is_named(company: Company) -> None:
    """Or takes back: that is for whoever has promised, too, and nobody else has a right to undo it."""
    company.take_back(company.promise(10_00), 10_00)
    company.promise(30_00)
    company.carry()
    [kept], [back] = company.bodies("refund"), company.bodies("void")
    company.sign(kept, by=SELLER)
    company.sign(back, by=SELLER)
    keeps = f"it keeps {undone(kept).promise}, which is no promise of its own"
    voids = f"it undoes a share of {undone(back).original}, and has no right to"
    for exports in ([company.export_hq()], [company.export_till(SELLER)]):
        found = [(one.finding.sort, one.finding.what) for one in audit(exports, HQ_PUBLIC_KEY).report.found]
        assert {what for sort, what in found if sort is Sort.WRONG_PROMISE} == {keeps}
        assert (Sort.WRONG_RIGHT, voids) in found


def test_a_promise_that_is_kept_in_part_while_more_is_left_is_named(company: Company) -> None:
    company.promise(30_00)
    company.carry()
    [kept] = company.bodies("refund")
    part = replace(undone(kept), units=29_00, paid=(replace(undone(kept).paid[0], units=29_00),))
    found = company.sign(replace(kept, undone=part))
    assert "it gives back 2900 units, and of 3000 promised 7000 were left" in found


def test_whoever_gives_on_the_right_to_anothers_promise_puts_that_one_in_no_wrong(company: Company) -> None:
    number = company.promise(30_00)
    promise = str(company.tills[HERE].head().ref)
    company.take_back(number, 30_00)
    company.promise(20_00)
    company.carry()
    liar = company.tills[SELLER]
    records = [one.open() for one in liar.records()]
    [right] = [one.body_as(RightGiven).right for one in records if one.kind is RecordKind.RIGHT_GIVEN]
    with transaction(liar._connection):
        liar.append(liar.head(), RecordKind.RIGHT_GIVEN, RightGiven(replace(right, record=promise)), company.moment())
    company.carry()
    assert {one.at for one in company.findings()} == {str(liar.head().ref)}


def test_where_the_promise_is_missing_from_the_chain_that_alone_is_said(company: Company) -> None:
    company.promise(30_00)
    at = company.tills[HERE].head().ref
    company.carry()
    forget = f"delete from records where keeper = '{HERE}' and sequence = {at.sequence}"  # noqa: S608 - our own names
    for book in (company.tills[HERE]._connection, company.hq._connection):
        tamper_open(book, "pragma foreign_keys = off", forget)
    assert Sort.WRONG_PROMISE not in {one.sort for one in company.findings()}
