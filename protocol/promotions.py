"""Promotions: what one may give in all is a lot of HQ's, from which HQ gives to tills what they may give away."""

from __future__ import annotations

import msgspec

from ledger.amounts import Count
from ledger.ids import HEADQUARTERS, OperationId, RecordRef, quota_of
from ledger.slices import Lot, Purse, SliceKey
from ledger.transactions import Leg, Side, Transaction, TransactionKind
from loyalty.promotions import PromotionName
from protocol.names import Day, Label, Operation


class Funded(msgspec.Struct, frozen=True):
    """From here on a promotion may give so many times, or so much, more (`units`), up to `expires_on`, if that is set.

    `operation_id`: made by whoever asks for it; HQ does it once. `by`: who has decided it.
    """

    operation_id: Operation
    promotion: PromotionName
    units: Count
    expires_on: Day | None
    by: Label

    @property
    def once(self) -> OperationId:
        """The operation by which HQ's book knows it. No till's client can take the name: it has a slash."""
        return OperationId(f"funded/{self.operation_id}")


def funding(body: Funded, by: RecordRef, business_date: str) -> Transaction:
    """What HQ's book posts by its record `by`, of this business date."""
    key = SliceKey(quota_of(body.promotion), Purse.QUOTA, by.lot)
    legs = Leg(*key, Side.ISSUED, -body.units), Leg(*key, Side.HELD, body.units)
    lot = Lot(key, HEADQUARTERS, business_date, body.expires_on)
    return Transaction(TransactionKind.FUNDING, body.once, legs, (lot,))
