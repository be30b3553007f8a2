"""A hand-made till with cashiers and a POS: its records are genuine, and say whatever a story wants."""

from __future__ import annotations

import msgspec

from checkout.slip_facts import SlipFacts, SlipKind
from checkout.sold import Paid, PaidWith, Sold
from ledger.digest import digest
from ledger.ids import AccountId, LotId
from ledger.slices import SliceKey
from ledger.transactions import Leg
from loyalty.evaluation import Item
from protocol.bodies import DayClosedBody, TransactionBody
from protocol.records import RecordKind, SignedRecord
from tests.hq_server.forger import ALICE, Keeper, held, spent

TODAY, TOMORROW = "2026-11-22", "2026-11-23"
NOON_MS = 1_795_320_000_000
"""12:00 in Taipei on TODAY."""
MINUTE_MS = 60_000


class Till(Keeper):
    """Each record is a minute later than the one before."""

    def __init__(self, place: str = "07-2", **otherwise: object) -> None:
        super().__init__(place, seed=sum(place.encode()) % 250)
        self.now_ms, self.date, self.otherwise = NOON_MS, TODAY, otherwise
        self.open()

    def write(self, kind: RecordKind, body: msgspec.Struct | msgspec.Raw, **otherwise: object) -> SignedRecord:
        self.now_ms += MINUTE_MS
        return super().write(kind, body, **{"business_date": self.date, **self.otherwise, **otherwise})

    def pay(
        self,
        lot: LotId,
        units: int,
        *,
        account: AccountId = ALICE,
        cashier: str = "C01",
        pos_ref: str | None = None,
        kind: SlipKind = SlipKind.SALE,
        at_risk: int = 0,
    ) -> SignedRecord:
        """Pay with stored value; below zero: it is given back. What is `at_risk` the store bears beside it."""
        self.receipts += 1
        legs: tuple[Leg, ...] = (held(account, lot, -units), spent(account, lot, units)) if units else ()
        body = TransactionBody(
            kind=kind,
            operation_id=f"operation-{len(self.chain)}",
            account=account,
            receipt_number=f"{self.place}-{self.receipts:06d}",
            legs=legs,
            opens=(),
            slip=SlipFacts(kind, "6222****0417", False, abs(units), abs(units), 0, 0, 0, 0, cashier, pos_ref=pos_ref),  # noqa: FBT003 - swiped
            reasons=(),
            programme="2026-11",
            software="0.1.0",
            sold=Sold((Item("", units + at_risk),), (Paid(PaidWith.STORE_RISK, at_risk),)) if at_risk else None,
        )
        return self.write(RecordKind.TRANSACTION, body)

    def end_day(self, lies_here: dict[SliceKey, int]) -> SignedRecord:
        """Close the day, saying that this is what lies here."""
        self.date = TOMORROW
        closed = DayClosedBody(TODAY, TOMORROW, digest(lies_here), len(lies_here), sum(lies_here.values()))
        return self.write(RecordKind.DAY_CLOSED, closed)
