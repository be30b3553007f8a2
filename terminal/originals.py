"""Originals in the till's book: a movement by the number of its slip, and what was undone of it."""

from __future__ import annotations

from checkout.requests import Original
from ledger.ids import RecordRef
from ledger.journal_sqlite import Connection
from offline_queue.outbox import Chain
from protocol.hosting import ToldBody
from protocol.originals import original_of
from protocol.records import Record, RecordKind
from terminal.slips import Slips


class Originals:
    """The table of undoings. Every method runs inside the caller's transaction."""

    def __init__(self, connection: Connection, slips: Slips) -> None:
        self._connection = connection
        self._slips = slips

    def find(self, text: str) -> Original | None:
        """The movement whose slip has this number, with what is left of it; None: none here that can be undone."""
        number = self._slips.number(text)
        return None if number is None or not self._slips.is_own(number) else self._original(number)

    def look(self, text: str) -> Original | None:
        """The same, also of a movement that was made for this till at HQ: only that place can undo it."""
        number = self._slips.number(text)
        return None if number is None else self._original(number)

    def _original(self, number: int) -> Original | None:
        made = self._slips.made(number)
        if made is None:
            return None
        rows = self._connection.execute("select record from undoings where original = ?", (str(made.record.ref),))
        return original_of(made.record, [self._record(record) for (record,) in rows])

    def undone(self, original: str, record: RecordRef) -> None:
        """Remember that this record undoes a share of `original`, in the commit that does it."""
        self._connection.execute("insert into undoings values (?, ?)", (original, str(record)))

    def _record(self, name: str) -> Record:
        ref = RecordRef.parse(name)
        signed = None if ref is None else Chain(self._connection, ref.keeper, ref.epoch).record(ref.sequence)
        assert signed is not None, "what the book names is in the chain"
        record = signed.open()
        return record.body_as(ToldBody).told.open() if record.kind is RecordKind.TOLD else record
