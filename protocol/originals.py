"""Originals: a movement as its record tells it, and what later refunds have left of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from checkout.requests import Original
from checkout.sold import Paid, PaidWith
from ledger.ids import AccountId, LotId, RecordRef
from ledger.slices import Lot, Purse, SliceKey
from ledger.transactions import Leg, Side, TransactionKind
from protocol.bodies import TransactionBody, terms_told
from protocol.errors import NotARecord
from protocol.records import Record
from protocol.rights import LotTerms, Right

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
        spent=tuple(leg for leg in _legs(made, Side.SPENT, legs) if leg.purse is not Purse.QUOTA),
        issued=tuple(_legs(made, Side.ISSUED, legs)),
        used=tuple(leg for leg in _legs(made, Side.SPENT, legs) if leg.purse is Purse.QUOTA),
    )


def right_of(original: Original, lots: Iterable[Lot], moves: int) -> Right:
    """The right to undo what is left of a sale, as it leaves its holder. `lots`: the terms of all in it."""
    return Right(
        record=str(original.record),
        receipt_number=original.receipt_number,
        business_date=original.business_date,
        account=original.account,
        card=original.card,
        total=original.total,
        paid=original.paid,
        spent=original.spent,
        issued=original.issued,
        lots=terms_told(lots),
        moves=moves,
    )


def original_in(right: Right, undoings: Sequence[Record]) -> Original:
    """The sale that a right is for, as far as `undoings`, those of its holder since, have left it.

    Raises NotARecord.
    """
    ref = RecordRef.parse(right.record)
    if ref is None or any(leg.account != right.account for leg in (*right.spent, *right.issued)):
        raise NotARecord(f"{right.record}: nobody can undo that")
    later = [one.body_as(TransactionBody) for one in undoings]
    legs = Counter({(leg.key, leg.side): leg.units for leg in (*right.spent, *right.issued)})
    for one in later:
        legs.update({(leg.key, leg.side): leg.units for leg in one.legs})
    try:
        lots = tuple(lots_of(right.account, right.lots))
    except ValueError as fault:
        raise NotARecord(str(fault)) from fault
    return Original(
        record=ref,
        receipt_number=right.receipt_number,
        kind=TransactionKind.SALE,
        business_date=right.business_date,
        account=AccountId(right.account),
        card=right.card,
        total=right.total,
        paid=tuple(_left(part, later) for part in right.paid),
        spent=tuple(leg._replace(units=units) for leg in right.spent if (units := legs[leg.key, leg.side])),
        issued=tuple(leg._replace(units=units) for leg in right.issued if (units := legs[leg.key, leg.side])),
        lots=lots,
    )


def lots_of(account: str, terms: Iterable[LotTerms]) -> Iterator[Lot]:
    """Lots by their terms. Raises ValueError for a purse that does not exist."""
    for one in terms:
        key = SliceKey(AccountId(account), Purse(one.purse), LotId(one.lot))
        yield Lot(key, one.store, one.opened_on, one.expires_on)


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
