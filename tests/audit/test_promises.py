"""Promised refunds: clean when each is kept or taken back once, and named when a till signs it otherwise."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from checkout.requests import Undo
from checkout.sold import Undone
from ledger.ids import OperationId, Place, RecordRef
from ledger.journal_sqlite import transaction
from offline_queue.auditing.findings import Sort
from protocol.bodies import TransactionBody
from protocol.records import RecordKind
from tests.audit.real import RealCompany
from tests.chains.company import ALICE
from tests.chains.till import Void

SELLER, HERE = Place("08-1"), Place("07-2")
Body = TransactionBody
Changes = Callable[[Body, Body], dict[str, Any]]
"""What is changed, of a record that settles a promise and the promise's own."""


def undone(body: Body) -> Undone:
    assert body.undone is not None
    return body.undone


class Company(RealCompany):
    """08-1 has sold for 100.00; 07-2 promises refunds of it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.load(SELLER, ALICE, "300.00")
        sold = self.charge(SELLER, ALICE, "100.00")
        assert sold.receipt_number is not None
        self.slip = sold.receipt_number
        self.carry()

    def promise(self, units: int) -> str:
        """The number of its slip. Nobody hears of it yet."""
        request = Undo(OperationId(f"promise-{units:05d}"), self.slip, units, "C01", may_promise=True)
        promised = self.ask(HERE, request)
        assert (promised.outcome, promised.original) == ("promised", self.slip)
        assert promised.receipt_number is not None
        return promised.receipt_number

    def take_back(self, number: str, units: int) -> None:
        self.ask(HERE, Void(OperationId(f"back-{units:07d}"), number, units, "C01"))

    def bodies(self, kind: str) -> list[Body]:
        records = [signed.open() for signed in self.tills[HERE].records()]
        made = [one.body_as(Body) for one in records if one.kind is RecordKind.TRANSACTION]
        return [one for one in made if one.kind == kind]

    def sign(self, body: Body) -> list[str]:
        """07-2 signs this as its next record; what the audit says of promises."""
        store = self.tills[HERE]
        slips = store._connection.execute("select count(*) from slips").get + self.forged
        self.forged += 1
        with transaction(store._connection):
            named = replace(body, receipt_number=f"{HERE}-{slips + 1:06d}")
            store.append(store.head(), RecordKind.TRANSACTION, named, self.moment())
        return self.found()

    forged = 0

    def found(self) -> list[str]:
        self.carry()
        return sorted({one.finding.what for one in self.report().found if one.finding.sort is Sort.WRONG_PROMISE})


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
    [kept] = company.bodies("refund")
    [what] = company.sign(kept)
    assert what.startswith(f"it settles the promise {undone(kept).promise}, which was settled in 07-2/1/")


@pytest.mark.parametrize("first", ["kept", "taken back"])
def test_what_is_settled_twice_is_named(company: Company, first: str) -> None:
    number = company.promise(30_00)
    company.take_back(number, 30_00)
    [back] = company.bodies("void")
    if first == "kept":
        company.promise(20_00)
        company.carry()
        [kept] = company.bodies("refund")
        back = replace(back, undone=replace(undone(back), original=undone(kept).promise, units=20_00))
    [what] = company.sign(replace(back, operation_id="operation-twice"))
    assert "which was settled in" in what


@pytest.mark.parametrize("units", [29_99, 30_01])
def test_a_promise_that_is_taken_back_in_part_is_named(company: Company, units: int) -> None:
    company.take_back(company.promise(10_00), 10_00)
    [back] = company.bodies("void")
    company.promise(30_00)
    at = str(company.tills[HERE].head().ref)
    assert company.sign(
        replace(back, undone=replace(undone(back), original=at, units=units), operation_id="operation-part")
    ) == ["it takes back a promise of 3000 units otherwise than whole, by a void"]


def test_a_promise_that_says_more_is_named(company: Company) -> None:
    company.promise(30_00)
    [given] = company.bodies("promise")
    found = company.sign(replace(given, account=ALICE.account, operation_id="operation-more"))
    assert found == ["it promises a refund, and says more than of which slip and how much"]
