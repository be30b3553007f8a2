"""One chain of one export: every signature, every link, and the name of the first record that was touched."""

from __future__ import annotations

from collections.abc import Callable

from ledger.ids import Place, RecordRef
from offline_queue.auditing.findings import Sort
from offline_queue.auditing.keys import ChainName, Vouched
from offline_queue.export_items import RecordRow
from protocol.bodies import Opened
from protocol.errors import NotARecord
from protocol.records import FIRST_PREVIOUS, Record, RecordKind, SignedRecord
from protocol.signing import Context, is_signed_by

Report = Callable[[Sort, object, str], None]


class ChainCheck:
    """Takes a chain's rows in their order. With `quick` only the last signature is checked, which vouches for all."""

    def __init__(self, name: ChainName, vouched: Vouched | None, report: Report, *, quick: bool) -> None:
        self.name = name
        self.vouched = vouched
        self.hashes: dict[int, bytes] = {}
        self.signatures_checked = 0
        self.broken_at: RecordRef | None = None
        """The first record that is missing, touched or not what it should be."""
        self.last_is_signed = False
        """Whether the record that was taken last is its keeper's word."""
        self._report = report
        self._quick = quick
        self._previous: bytes | None = FIRST_PREVIOUS
        """What the next record must name; None behind one that was touched, whose true hash nobody knows."""
        self._expected = 1
        self._last: SignedRecord | None = None
        self._unsigned: list[RecordRef] = []

    @property
    def last(self) -> tuple[RecordRef, bytes]:
        """The last record that is there, and its hash."""
        last = max(self.hashes)
        return self._ref(last), self.hashes[last]

    def take(self, row: RecordRow) -> Record | None:
        """Check the next row; its record, or None when it holds none that belongs here."""
        ref = self._ref(row.sequence)
        if not self.hashes and self.vouched is None:
            self._break(Sort.WRONG_KEY, ref, "nobody says whose key signs this chain; its signatures were not checked")
        if row.sequence != self._expected:
            self._tell_missing(row.sequence)
        self._expected = max(self._expected, row.sequence + 1)
        signed = row.signed
        self.hashes[row.sequence] = signed.hash
        try:
            record = signed.open()
        except NotARecord:
            self._break(Sort.UNREADABLE, ref, "these bytes are not a record")
            return None
        if record.ref != ref:
            self._break(Sort.MISPLACED, ref, f"the record {record.ref} stands in its place")
            return None
        self._last = signed
        self._check(row, record)
        return record

    def end(self) -> None:
        """Say what only the end of the chain shows."""
        self._tell_unsigned()
        if self._quick and self._last is not None and not self._is_signed(self._last):
            self._break(Sort.NOT_SIGNED, self._last.open().ref, "the last signature is not its keeper's")

    def _check(self, row: RecordRow, record: Record) -> None:
        if record.kind != row.kind:
            self._report(Sort.MISPLACED, record.ref, f"its row says that it is {row.kind}, and it is {record.kind}")
        if record.sequence == 1:
            self._check_opening(record)
        self.last_is_signed = self._quick or self._is_signed(row.signed)
        if self.last_is_signed:
            self._tell_unsigned()
            self._follow(row.signed, record)
        else:
            self._unsigned.append(record.ref)
            self._note_break(record.ref)
            self._previous = None

    def _follow(self, signed: SignedRecord, record: Record) -> None:
        if self._previous is not None and record.previous != self._previous:
            self._break(Sort.NOT_LINKED, record.ref, "it does not name the hash of the record before it")
        self._previous = signed.hash

    def _check_opening(self, record: Record) -> None:
        try:
            opened = record.body_as(Opened) if record.kind is RecordKind.OPENED else None
        except NotARecord:
            opened = None
        if opened is None:
            self._break(Sort.UNREADABLE, record.ref, "the first record does not open a chain")
        elif self.vouched is not None and opened.public_key.hex() != self.vouched.hex:
            who = self.vouched.by or "the other export"
            self._break(Sort.WRONG_KEY, record.ref, f"the chain opens with another key than {who} says")

    def _is_signed(self, signed: SignedRecord) -> bool:
        if self.vouched is None:
            return True
        self.signatures_checked += 1
        return is_signed_by(self.vouched.key, Context.RECORD, signed)

    def _tell_missing(self, found: int) -> None:
        if found < self._expected:
            self._break(Sort.MISPLACED, self._ref(found), "it comes twice, or out of its order")
            return
        last = f" to {self._ref(found - 1)}" if found - 1 > self._expected else ""
        what = "are not there" if last else "is not there"
        self._break(Sort.MISSING, f"{self._ref(self._expected)}{last}", what)

    def _tell_unsigned(self) -> None:
        """One finding for a run of records: whoever re-signed a chain has touched all of it."""
        if not self._unsigned:
            return
        first, last = self._unsigned[0], self._unsigned[-1]
        run = "" if first == last else f", nor are those up to {last}"
        self._report(Sort.NOT_SIGNED, first, f"its signature is not its keeper's{run}")
        self._unsigned.clear()

    def _break(self, sort: Sort, at: RecordRef | str, what: str) -> None:
        self._tell_unsigned()
        self._report(sort, at, what)
        self._note_break(at if isinstance(at, RecordRef) else self._ref(self._expected))
        self._previous = None

    def _note_break(self, ref: RecordRef) -> None:
        self.broken_at = self.broken_at or ref

    def _ref(self, sequence: int) -> RecordRef:
        return RecordRef(Place(self.name[0]), self.name[1], sequence)
