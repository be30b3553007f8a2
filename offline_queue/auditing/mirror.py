"""HQ's mirror of a place as it must be: what HQ does with a chain, done again."""

from __future__ import annotations

from ledger.audit import Book, Closing, Line, enter
from ledger.ids import OperationId, RecordRef
from ledger.judging import Refused, judge


class Mirror:
    """Posts what the book takes and sets aside the rest, in the chain's order, as HQ does."""

    def __init__(self) -> None:
        self.book = Book()
        self.set_aside: set[RecordRef] = set()
        self._operations: set[OperationId] = set()

    def take(self, ref: RecordRef, line: Line | None) -> None:
        """The next record that HQ has posted; None is one that is not understood."""
        if isinstance(line, Closing):
            return
        if line is None or self._is_refused(line):
            self.set_aside.add(ref)

    def _is_refused(self, line: Line) -> bool:
        if isinstance(line, Closing):
            return False
        made = line.transaction
        if made.operation_id in self._operations:
            return True
        if isinstance(judge(made, self.book.slices, self.book.lots.keys()), Refused):
            return True
        enter(line, self.book)
        self._operations.add(made.operation_id)
        return False
