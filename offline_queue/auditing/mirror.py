"""HQ's mirror of a place as it must be: what HQ does with a chain, done again."""

from __future__ import annotations

from ledger.audit import Book, Line, Posting, enter
from ledger.ids import OperationId, RecordRef
from ledger.judging import Refused, judge


class Mirror:
    """One epoch of a place. Posts what the book takes and sets aside the rest, in the chain's order, as HQ does.

    An epoch begins with an empty book. `operations` are those that the place has done in any epoch: HQ takes each once.
    """

    def __init__(self, operations: set[OperationId]) -> None:
        self.book = Book()
        self.set_aside: set[RecordRef] = set()
        self._operations = operations

    def take(self, line: Line) -> None:
        """Post the next line of the chain, or set it aside."""
        if isinstance(line, Posting) and self._is_refused(line):
            self.set_aside.add(line.ref)

    def takes_late(self, given: Posting) -> bool:
        """Post what this place gave by a record that HQ does not hold; False when that did not lie here."""
        return not self._is_refused(given)

    def refuse(self, ref: RecordRef) -> None:
        """Set aside a record that cannot be understood, or whose giver says something else."""
        self.set_aside.add(ref)

    def _is_refused(self, posting: Posting) -> bool:
        made = posting.transaction
        if made.operation_id in self._operations or any(lot.key.lot != posting.ref.lot for lot in made.opens):
            return True
        if isinstance(judge(made, self.book.slices, self.book.lots), Refused):
            return True
        enter(posting, self.book)
        self._operations.add(made.operation_id)
        return False
