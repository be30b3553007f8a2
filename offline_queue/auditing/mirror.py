"""HQ's mirror of a place as it must be: what HQ does with a chain, done again."""

from __future__ import annotations

from ledger.audit import Book, Closing, Line, Posting, enter
from ledger.ids import OperationId, RecordRef
from ledger.judging import Refused, judge


class Mirror:
    """Posts what the book takes and sets aside the rest, in the chain's order, as HQ does."""

    def __init__(self) -> None:
        self.book = Book()
        self.set_aside: set[RecordRef] = set()
        self._operations: set[OperationId] = set()

    def take(self, ref: RecordRef, line: Line | None) -> None:
        """The next record that tells of the book; None is one that is not understood."""
        match line:
            case None:
                self.set_aside.add(ref)
            case Posting() if self._is_refused(line):
                self.set_aside.add(ref)
            case Posting() | Closing():
                return

    def _is_refused(self, posting: Posting) -> bool:
        made = posting.transaction
        if made.operation_id in self._operations or any(lot.key.lot != posting.ref.lot for lot in made.opens):
            return True
        if isinstance(judge(made, self.book.slices, self.book.lots.keys()), Refused):
            return True
        enter(posting, self.book)
        self._operations.add(made.operation_id)
        return False
