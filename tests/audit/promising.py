"""A sale at one till with its real store, and another that promises refunds of it, or signs whatever a story wants."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from checkout.requests import Undo
from checkout.sold import Undone
from ledger.ids import OperationId, Place
from ledger.journal_sqlite import transaction
from offline_queue.auditing.findings import Finding, Sort
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


def taking_back(body: Body, number: str | None, original: str | None, units: int) -> Body:
    """A void of another promise, by its slip's number and its record."""
    named = {"original": original, "units": units}
    return replace(body, slip=replace(body.slip, original=number), undone=replace(undone(body), **named))


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

    def next_record(self) -> str:
        return str(self.tills[HERE].head().ref.next())

    def sign(self, body: Body, by: Place = HERE) -> list[str]:
        """07-2, or another, signs this as its next record; what the audit says of promises."""
        store = self.tills[by]
        slips = store._connection.execute("select count(*) from slips").get + self.forged
        self.forged += 1
        with transaction(store._connection):
            named = replace(body, receipt_number=f"{by}-{slips + 1:06d}")
            store.append(store.head(), RecordKind.TRANSACTION, named, self.moment())
        return self.found()

    forged = 0

    def found(self) -> list[str]:
        self.carry()
        return sorted({one.what for one in self.findings() if one.sort is Sort.WRONG_PROMISE})

    def findings(self) -> list[Finding]:
        """All that the exports of everybody show together."""
        return [one.finding for one in self.report().found]
