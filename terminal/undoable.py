"""What can be undone, as whoever stands before the till sees it. Each method reads one state of the book."""

from __future__ import annotations

import msgspec

from ledger.journal_sqlite import Connection, transaction
from terminal.answers import Refundable
from terminal.originals import Originals
from terminal.own_chain import OwnChain
from terminal.promises import Promises


class PromiseView(msgspec.Struct, frozen=True):
    """A refund of `amount` that was promised for the slip `original`, and neither given nor taken back."""

    receipt_number: str
    original: str
    amount: int
    cashier: str
    pos_ref: str | None


class Undoable:
    """Sales, loads and promises by the numbers of their slips."""

    def __init__(self, connection: Connection, originals: Originals, promises: Promises, chain: OwnChain) -> None:
        self._connection = connection
        self._originals = originals
        self._promises = promises
        self._chain = chain

    def may_undo(self, receipt_number: str) -> bool:
        """Whether the right to undo what this slip tells of is here, or it is that of a promise of this till."""
        with transaction(self._connection):
            is_promised = self._promises.find(receipt_number) is not None
            return is_promised or self._originals.find(receipt_number) is not None

    def look(self, receipt_number: str) -> Refundable | None:
        """What is left of what this slip tells of; None: nothing that can be undone."""
        with transaction(self._connection):
            promise, original = self._promises.find(receipt_number), self._originals.look(receipt_number)
            if promise is not None:
                return Refundable(promise.units, promise.left, (), voidable=promise.left > 0)
            if original is None:
                return None
            is_of_today = original.business_date == self._chain.head().business_date
            is_whole = original.left == original.total
            return Refundable(original.total, original.left, original.paid, voidable=is_whole and is_of_today)

    def open_promises(self) -> list[PromiseView]:
        """What was promised here, and neither given nor taken back, the first of it first."""
        with transaction(self._connection):
            promises = self._promises.open()
        return [PromiseView(one.receipt_number, one.original, one.left, one.cashier, one.pos_ref) for one in promises]
