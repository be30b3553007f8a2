"""Originals in the till's book: sales and loads by the numbers of their slips, and who may undo them."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from checkout.requests import Original
from checkout.sold import at_risk
from ledger.ids import RecordRef
from ledger.journal_sqlite import Connection, SqliteJournal
from ledger.transactions import TransactionKind
from offline_queue.outbox import Chain
from protocol.errors import NotARecord
from protocol.hosting import ToldBody
from protocol.originals import original_in, original_of, right_of
from protocol.records import Record, RecordKind, SignedRecord
from protocol.rights import RIGHT_LOTS_MAX, Entrust, Right, RightGiven
from protocol.signing import Context, is_signed_by, public_key
from terminal.slips import Slips, is_own


class _Moved(NamedTuple):
    """A right that has moved: whether it is here, how often it has left a till, and what came, by which record."""

    original: str
    is_here: int
    moves: int
    came: bytes | None
    since: int


class Originals:
    """The tables of undoings and rights. Every method runs inside the caller's transaction."""

    def __init__(self, connection: Connection, slips: Slips, journal: SqliteJournal) -> None:
        self._connection = connection
        self._slips = slips
        self._journal = journal

    def find(self, text: str) -> Original | None:
        """The movement whose slip has this number, with what is left of it; None: none that can be undone here."""
        moved = self._moved("receipt_number", text)
        if moved is not None:
            return self._entrusted(moved)
        number = self._slips.number(text)
        return None if number is None or not is_own(number) else self._original(number)

    def look(self, text: str) -> Original | None:
        """The same, also of a movement that was made for this till at HQ: only that place can undo it."""
        number = self._slips.number(text)
        return self.find(text) if number is None or is_own(number) else self._original(number)

    def has_left(self, text: str) -> bool:
        """Whether the right to undo the sale with this slip was here, and is not."""
        moved = self._moved("receipt_number", text)
        return moved is not None and not moved.is_here

    def undone(self, original: str, record: RecordRef) -> None:
        """Remember that this record undoes a share of `original`, in the commit that does it."""
        self._connection.execute("insert into undoings values (?, ?)", (original, str(record)))

    def take(self, order: Entrust, at: RecordRef) -> bool:
        """Take the right that HQ entrusts to this till, by our record `at`; False: it is none, or an earlier one."""
        right = _entrusted(order)
        if right is None:
            return False
        known = self._moved("original", right.record)
        if known is not None and (right.moves, 0) < (known.moves, known.is_here):
            return False
        self._came(right, at)
        return True

    def has_had(self, right: Right) -> bool:
        """Whether a right was here as it is now, or further on its way: it has come, and may have left again."""
        known = self._moved("original", right.record)
        return known is not None and right.moves <= known.moves

    def take_passed(self, right: Right, at: RecordRef) -> bool:
        """Take a right that a neighbour passes on, by our record `at`; False: it has never left this till."""
        assert not self.has_had(right), "whoever takes it has looked"
        if self._moved("original", right.record) is None and self._made(right.record) is not None:
            return False
        self._came(right, at)
        return True

    def _came(self, right: Right, at: RecordRef) -> None:
        row = (right.record, right.receipt_number, 1, right.moves, msgspec.msgpack.encode(right), at.sequence)
        self._connection.execute("insert or replace into rights values (?, ?, ?, ?, ?, ?)", row)
        self._connection.execute("delete from rights_passed where original = ?", (right.record,))

    def pass_on(self, receipt_number: str, at: RecordRef) -> Right | None:
        """Let the right to undo the sale with this slip go to a neighbour, by our record `at`; None as in give()."""
        original = self.find(receipt_number)
        right = None if original is None else self.give(str(original.record))
        if right is not None:
            self._connection.execute("insert into rights_passed values (?, ?)", (right.record, at.sequence))
        return right

    def passed_by(self, receipt_number: str) -> int | None:
        """By which of our records a right that is not here was passed to a neighbour last; None: by none."""
        query = "select sequence from rights_passed join rights using (original) where receipt_number = ?"
        sequence = self._connection.execute(query, (receipt_number,)).get
        assert sequence is None or isinstance(sequence, int)
        return sequence

    def give(self, name: str) -> Right | None:
        """Let the right to undo this record go, in the commit that says so; None: it is not here, or has to stay."""
        moved = self._moved("original", name)
        original = self._made(name) if moved is None else self._entrusted(moved)
        if original is None or original.kind is not TransactionKind.SALE or at_risk(original.paid):
            return None
        lots = original.lots or self._journal.lots({leg.key for leg in (*original.spent, *original.issued)})
        if len(lots) > RIGHT_LOTS_MAX:
            return None
        right = right_of(original, lots, moves=1 if moved is None else moved.moves + 1)
        row = (right.record, right.receipt_number, 0, right.moves, None, 0)
        self._connection.execute("insert or replace into rights values (?, ?, ?, ?, ?, ?)", row)
        return right

    def _moved(self, by: str, name: str) -> _Moved | None:
        query = f"select original, is_here, moves, came, since from rights where {by} = ?"  # noqa: S608 - our own names
        row = self._connection.execute(query, (name,)).fetchone()
        return None if row is None else _Moved(*row)

    def _entrusted(self, moved: _Moved) -> Original | None:
        """What is left of a sale whose right has moved, and is here."""
        if not moved.is_here:
            return None
        assert moved.came is not None, "a right that is here again has come"
        right = msgspec.msgpack.decode(moved.came, type=Right)
        return original_in(right, self._undoings(moved.original, since=moved.since))

    def _made(self, name: str) -> Original | None:
        """What is left of a movement of our own, by its record."""
        ref = RecordRef.parse(name)
        number = None if ref is None else self._slips.of_record(ref)
        return None if number is None else self._original(number)

    def _original(self, number: int) -> Original | None:
        made = self._slips.made(number)
        return None if made is None else original_of(made.record, self._undoings(str(made.record.ref)))

    def _undoings(self, original: str, since: int = 0) -> list[Record]:
        rows = self._connection.execute("select record from undoings where original = ?", (original,))
        refs = [RecordRef.parse(record) for (record,) in rows]
        return [self._record(ref) for ref in refs if ref is not None and ref.sequence > since]

    def _record(self, ref: RecordRef) -> Record:
        signed = Chain(self._connection, ref.keeper, ref.epoch).record(ref.sequence)
        assert signed is not None, "what the book names is in the chain"
        record = signed.open()
        return record.body_as(ToldBody).told.open() if record.kind is RecordKind.TOLD else record


def _entrusted(order: Entrust) -> Right | None:
    """The right that its last holder has given; None: it has not, or nobody can read it."""
    given: SignedRecord = order.given
    try:
        record, key = given.open(), public_key(order.public_key)
        if record.kind is not RecordKind.RIGHT_GIVEN or not is_signed_by(key, Context.RECORD, given):
            return None
        right = record.body_as(RightGiven).right
        original_in(right, ())
    except (NotARecord, ValueError):
        return None
    return right
