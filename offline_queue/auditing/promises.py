"""Promises: each is kept or taken back once, by its own till, for the sale and the units that it names."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from checkout.sold import Undone
from ledger.ids import RecordRef
from ledger.transactions import TransactionKind
from protocol.bodies import TransactionBody
from protocol.errors import NotARecord
from protocol.records import Record, RecordKind

_NAME, _NIL = TransactionKind.PROMISE.encode(), b"\xc0"
"""In nearly all records it is but the name of a field, with nil."""


@dataclass(slots=True)
class _Promise:
    """What was promised, and by which record it was settled."""

    body: TransactionBody
    settled: RecordRef | None = None


class PromisesCheck:
    """Hears every record of an export."""

    def __init__(self, report: Callable[[RecordRef, str], None]) -> None:
        self._report = report
        self._promised: dict[RecordRef, _Promise] = {}

    def take(self, record: Record) -> None:
        """Check a record; one that has to do with no promise is passed over."""
        if record.kind is not RecordKind.TRANSACTION or not (self._promised or _speaks_of_one(bytes(record.body))):
            return
        with suppress(NotARecord):  # the replay says so
            body = record.body_as(TransactionBody)
            if body.kind == TransactionKind.PROMISE:
                self._promise(record.ref, body)
            elif body.undone is not None:
                self._settle(record.ref, body, body.undone)

    def _promise(self, ref: RecordRef, body: TransactionBody) -> None:
        """That it moves nothing the rules of the book say."""
        self._promised[ref] = _Promise(body)
        if body.account or body.sold is not None or body.undone is not None or body.carries:
            self._report(ref, "it promises a refund, and says more than of which slip and how much")

    def _settle(self, ref: RecordRef, body: TransactionBody, undone: Undone) -> None:
        named = RecordRef.parse(undone.promise or undone.original)
        promise = None if named is None else self._promised.get(named)
        if undone.promise is None and promise is None:
            return  # it has to do with a sale or a load
        if named is None or promise is None or (named.keeper, named.epoch) != (ref.keeper, ref.epoch):
            self._report(ref, f"it keeps {undone.promise}, which is no promise of its own")
            return
        if promise.settled is not None:
            self._report(ref, f"it settles the promise {named}, which was settled in {promise.settled}")
        promise.settled = promise.settled or ref
        check = self._check_kept if undone.promise else self._check_taken_back
        check(ref, body, undone, promise.body)

    def _check_kept(self, ref: RecordRef, body: TransactionBody, undone: Undone, given: TransactionBody) -> None:
        if not 0 < undone.units <= given.slip.amount:
            self._report(ref, f"it gives back {undone.units} units, and {given.slip.amount} were promised")
        if (body.slip.original, body.slip.promise) != (given.slip.original, given.receipt_number):
            said = f"slip {body.slip.original}, as promised by {body.slip.promise}"
            self._report(ref, f"it is about {said}; promised was {given.slip.original} by {given.receipt_number}")

    def _check_taken_back(self, ref: RecordRef, body: TransactionBody, undone: Undone, given: TransactionBody) -> None:
        if body.kind != TransactionKind.VOID or body.legs or undone.paid or undone.units != given.slip.amount:
            self._report(ref, f"it takes back a promise of {given.slip.amount} units otherwise than whole, by a void")


def _speaks_of_one(body: bytes) -> bool:
    """Reading all of them once more would cost as much again."""
    return body.count(_NAME) > body.count(_NAME + _NIL)
