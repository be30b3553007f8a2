"""Rights that tills of one store pass to each other: each move is a record, and taken once by another one."""

from __future__ import annotations

from collections.abc import Callable

from ledger.ids import ChainId
from offline_queue.doubts import Passed
from offline_queue.outbox import Outbox, Stamp
from protocol.chain import Head
from protocol.records import RecordKind, SignedRecord
from protocol.rights import RightPassed, RightTaken
from terminal.asking import Moment
from terminal.originals import Originals


def _nothing_promised(_slip: str, _moment: Moment) -> None:
    """No till keeps this book yet."""


class Passing:
    """What comes and goes. Every method runs inside the caller's transaction."""

    def __init__(self, outbox: Outbox, originals: Originals) -> None:
        self._outbox = outbox
        self._originals = originals
        self.keep_promises: Callable[[str, Moment], None] = _nothing_promised
        """Called with a slip when the right to undo its sale has come."""

    def take(self, passed: Passed, moment: Moment) -> bool:
        """Take a right once, however it comes, and keep what was promised of it; False: nobody could pass it here."""
        if self._originals.has_had(passed.right):
            return True
        head = self._head()
        if not self._originals.take_passed(passed.right, head.ref.next()):
            return False
        self._append(head, RecordKind.RIGHT_TAKEN, RightTaken(passed.signed), moment.now_ms)
        self.keep_promises(passed.right.receipt_number, moment)
        return True

    def give(self, receipt_number: str, to: ChainId, now_ms: int) -> SignedRecord | None:
        """Pass the right to undo the sale with this slip to a neighbour; None: it is not here, or has to stay."""
        head = self._head()
        right = self._originals.pass_on(receipt_number, head.ref.next())
        if right is None:
            return None
        self._append(head, RecordKind.RIGHT_PASSED, RightPassed(*to, right), now_ms)
        return self._record(head.ref.next().sequence)

    def given(self, receipt_number: str) -> SignedRecord | None:
        """Our record by which that right was passed to a neighbour last; None: by none, or it is here again."""
        sequence = self._originals.passed_by(receipt_number)
        return None if sequence is None else self._record(sequence)

    def _append(self, head: Head, kind: RecordKind, body: RightPassed | RightTaken, now_ms: int) -> None:
        self._outbox.append(head, kind, body, Stamp(now_ms, head.business_date, head.mode))

    def _record(self, sequence: int) -> SignedRecord:
        signed = self._outbox.record(sequence)
        assert signed is not None, "what was passed on stands in this chain"
        return signed

    def _head(self) -> Head:
        head = self._outbox.head()
        assert head is not None, "begin() comes first"
        return head
