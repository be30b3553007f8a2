"""Promises: each is kept or taken back once, by its own till, for the sale and the units that it names."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from checkout.sold import Undone
from ledger.ids import RecordRef
from ledger.transactions import TransactionKind
from offline_queue.auditing.keys import ChainName
from offline_queue.auditing.relays import COMING, right_coming
from protocol.bodies import TransactionBody
from protocol.errors import NotARecord
from protocol.receipt_numbers import is_slips_name
from protocol.records import Record, RecordKind

_NAME, _NIL = TransactionKind.PROMISE.encode(), b"\xc0"
"""In nearly all records it is but the name of a field, with nil."""


@dataclass(slots=True)
class _Promise:
    """What was promised, and by which record it was settled."""

    body: TransactionBody
    settled: RecordRef | None = None


@dataclass(slots=True)
class _Right:
    """A sale whose right has come: the number of its slip, and what the refunds here have left of it since."""

    slip: str
    left: int


class PromisesCheck:
    """Hears every record of an export."""

    def __init__(self, report: Callable[[RecordRef, str], None]) -> None:
        self._report = report
        self._promised: dict[RecordRef, _Promise] = {}
        self._came: dict[tuple[ChainName, str], _Right] = {}
        """By whom, and of which sale: a promise is kept when its right comes, and that is never before it is made."""

    def take(self, record: Record) -> None:
        """Check a record; one that has to do with no promise is passed over."""
        with suppress(NotARecord):  # the replay says so, and the check of rights
            if record.kind in COMING and self._promised:
                self._come(record)
            if record.kind is RecordKind.TRANSACTION and (self._promised or _speaks_of_one(bytes(record.body))):
                self._move(record.ref, record.body_as(TransactionBody))

    def _come(self, record: Record) -> None:
        right = right_coming(record)
        if right is not None:
            left = sum(part.units for part in right.paid)
            self._came[_chain(record.ref), right.record] = _Right(right.receipt_number, left)

    def _move(self, ref: RecordRef, body: TransactionBody) -> None:
        if body.kind == TransactionKind.PROMISE:
            self._promise(ref, body)
        elif body.undone is not None:
            self._settle(ref, body, body.undone)
            right = self._came.get((_chain(ref), body.undone.original))
            if right is not None:
                right.left -= sum(part.units for part in body.undone.paid)

    def _promise(self, ref: RecordRef, body: TransactionBody) -> None:
        """That it moves nothing the rules of the book say."""
        self._promised[ref] = _Promise(body)
        if body.account or body.sold is not None or body.undone is not None:
            self._report(ref, "it promises a refund, and says more than of which slip and how much")
        if body.slip.amount <= 0 or not is_slips_name(body.slip.original or ""):
            self._report(ref, f"it promises a refund of {body.slip.amount} units of slip {body.slip.original}")

    def _settle(self, ref: RecordRef, body: TransactionBody, undone: Undone) -> None:
        named = RecordRef.parse(undone.promise or undone.original)
        promise = None if named is None else self._promised.get(named)
        is_its_own = promise is not None and named is not None and _chain(named) == _chain(ref)
        if undone.promise is None and not is_its_own:
            return  # it has to do with a sale or a load; or with what is another's, and the check of rights says so
        if named is None or promise is None or not is_its_own:
            self._report(ref, f"it keeps {undone.promise}, which is no promise of its own")
            return
        if promise.settled is not None:
            self._report(ref, f"it settles the promise {named}, which was settled in {promise.settled}")
        promise.settled = promise.settled or ref
        check = self._check_kept if undone.promise else self._check_taken_back
        check(ref, body, undone, promise.body)

    def _check_kept(self, ref: RecordRef, body: TransactionBody, undone: Undone, given: TransactionBody) -> None:
        slip, units, promised = given.slip.original, undone.units, given.slip.amount
        right = self._came.get((_chain(ref), undone.original))
        parts = sum(part.units for part in undone.paid)
        if right is None or right.slip != slip:
            self._report(ref, f"the right to undo {undone.original} has not come here as that to slip {slip}")
        elif units < min(promised, right.left):
            self._report(ref, f"it gives back {units} units, and of {promised} promised {right.left} were left")
        if not 0 < units <= promised:
            self._report(ref, f"it gives back {units} units, and {promised} were promised")
        if parts != units:
            self._report(ref, f"it gives back {units} units, and the parts that it names come to {parts}")
        if (body.slip.original, body.slip.promise) != (slip, given.receipt_number):
            said = f"slip {body.slip.original}, as promised by {body.slip.promise}"
            self._report(ref, f"it is about {said}; promised was {slip} by {given.receipt_number}")

    def _check_taken_back(self, ref: RecordRef, body: TransactionBody, undone: Undone, given: TransactionBody) -> None:
        if body.kind != TransactionKind.VOID or undone.units != given.slip.amount:
            self._report(ref, f"it takes back a promise of {given.slip.amount} units otherwise than whole, by a void")
        if body.legs or undone.paid or body.account:
            self._report(ref, "it takes back a promise, and gives back or takes something with it")
        if body.slip.original != given.receipt_number:
            said = f"slip {body.slip.original}, and the promise that it takes back"
            self._report(ref, f"it is about {said} is {given.receipt_number}")


def _chain(ref: RecordRef) -> ChainName:
    return ref.keeper, ref.epoch


def _speaks_of_one(body: bytes) -> bool:
    """Reading all of them once more would cost as much again."""
    return body.count(_NAME) > body.count(_NAME + _NIL)
