"""Originals: a movement as its record tells it, and what later refunds have left of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from checkout.requests import Original
from checkout.sold import Paid, PaidWith
from ledger.ids import AccountId
from ledger.slices import SliceKey
from ledger.transactions import Leg, Side, TransactionKind
from protocol.bodies import TransactionBody
from protocol.errors import NotARecord
from protocol.records import Record

UNDOABLE = (TransactionKind.SALE, TransactionKind.LOAD)


def original_of(record: Record, undoings: Sequence[Record]) -> Original | None:
    """What `undoings`, the refunds and voids that name this record, have left of it; None: it cannot be undone.

    Raises NotARecord when one of them is no record of a movement.
    """
    made = record.body_as(TransactionBody)
    kind = TransactionKind(made.kind)
    if kind not in UNDOABLE:
        return None
    later = [one.body_as(TransactionBody) for one in undoings]
    legs = Counter({(leg.key, leg.side): leg.units for leg in made.legs})
    for one in later:
        legs.update({(leg.key, leg.side): leg.units for leg in one.legs})
    return Original(
        record=record.ref,
        receipt_number=made.receipt_number,
        kind=kind,
        business_date=record.business_date,
        account=AccountId(made.account),
        card=made.slip.card,
        total=made.slip.amount,
        paid=tuple(_left(part, later) for part in _paid(made)),
        spent=tuple(_legs(made, Side.SPENT, legs)),
        issued=tuple(_legs(made, Side.ISSUED, legs)),
    )


def _paid(made: TransactionBody) -> tuple[Paid, ...]:
    """The parts that paid; a load is paid with one tender."""
    if made.sold is not None:
        return made.sold.paid
    return (Paid(PaidWith(made.slip.tender or PaidWith.OTHER), made.slip.amount),)


def _left(part: Paid, later: Sequence[TransactionBody]) -> Paid:
    undone = [_undone(one) for one in later]
    same = [other for parts in undone for other in parts if other.tender is part.tender]
    units, points = sum(other.units for other in same), sum(other.points for other in same)
    return msgspec.structs.replace(part, units=part.units - units, points=part.points - points)


def _undone(body: TransactionBody) -> tuple[Paid, ...]:
    if body.undone is None:
        raise NotARecord(f"{body.receipt_number} undoes nothing")
    return body.undone.paid


def _legs(made: TransactionBody, side: Side, left: Counter[tuple[SliceKey, Side]]) -> Iterator[Leg]:
    for leg in made.legs:
        if leg.side is side and left[leg.key, side]:
            yield leg._replace(units=left[leg.key, side])
