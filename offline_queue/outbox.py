"""Chains on disk, and the outbox: the chain that this keeper signs itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from ledger.ids import Place
from ledger.journal_sqlite import Connection
from protocol.chain import Head, head_of
from protocol.records import FIRST_PREVIOUS, VERSION, Record, RecordKind, SignedRecord, encode_body, seal
from protocol.signing import Signer


class Stamp(msgspec.Struct, frozen=True):
    """What every record carries: Unix time in milliseconds, and the business date and mode that are in force."""

    now_ms: int
    business_date: str
    mode: str


class Chain:
    """The records of one keeper in one epoch, as they lie on this disk. Methods run in the caller's transaction."""

    _select = "select content, signature from records where keeper = ? and epoch = ?"
    _insert = "insert into records values (?, ?, ?, ?, ?, ?)"

    def __init__(self, connection: Connection, keeper: Place, epoch: int) -> None:
        self._connection = connection
        self.keeper = keeper
        self.epoch = epoch
        self._last: tuple[SignedRecord, Head] | None = None

    def head(self) -> Head | None:
        """The last record; None in an empty chain."""
        row = self._connection.execute(
            self._select + " order by sequence desc limit 1",
            (self.keeper, self.epoch),
        ).get
        if row is None:
            return None
        signed = SignedRecord(*row)
        # It is read every time: transactions roll back. What it means is kept: the same bytes are the same head.
        if self._last is None or self._last[0] != signed:
            self._last = signed, head_of(signed.open(), signed)
        return self._last[1]

    def record(self, sequence: int) -> SignedRecord | None:
        """One record by its number."""
        row = self._connection.execute(
            self._select + " and sequence = ?",
            (self.keeper, self.epoch, sequence),
        ).get
        return None if row is None else SignedRecord(*row)

    def hash_of(self, sequence: int) -> bytes | None:
        """The hash of one record by its number."""
        signed = self.record(sequence)
        return None if signed is None else signed.hash

    def last_of(self, kind: RecordKind) -> Record | None:
        """The last record of a kind; it reads the chain backwards, so ask for what is not far."""
        row = self._connection.execute(
            self._select + " and kind = ? order by sequence desc limit 1",
            (self.keeper, self.epoch, kind),
        ).get
        return None if row is None else SignedRecord(*row).open()

    def records(self, after_sequence: int = 0, most: int = -1) -> Iterator[SignedRecord]:
        """The chain from after_sequence + 1 on, as it was signed; `most` records, or all of them."""
        rows = self._connection.execute(
            self._select + " and sequence > ? order by sequence limit ?",
            (self.keeper, self.epoch, after_sequence, most),
        )
        for content, signature in rows:
            yield SignedRecord(content, signature)

    def keep(self, signed: SignedRecord) -> Record:
        """Store a record that continues this chain, byte for byte. Whoever calls has checked that it does."""
        record = signed.open()
        self._store(record, signed)
        return record

    def _store(self, record: Record, signed: SignedRecord) -> None:
        self._connection.execute(
            self._insert,
            (record.keeper, record.epoch, record.sequence, record.kind, signed.content, signed.signature),
        )


class Copies(Chain):
    """A neighbour's chain, kept beside this book and no part of it."""

    _select = "select content, signature from copies where keeper = ? and epoch = ?"
    _insert = "insert into copies values (?, ?, ?, ?, ?, ?)"


def _nobody() -> None:
    """Hears of nothing."""


class Outbox(Chain):
    """The keeper's own chain: it signs, and nobody else appends to it."""

    def __init__(self, connection: Connection, keeper: Place, epoch: int, sign: Signer) -> None:
        super().__init__(connection, keeper, epoch)
        self._sign = sign
        self.appended: Callable[[], None] = _nobody
        """Called whenever the chain grows, before the commit: whoever asks for it then waits for that."""
        self.appends = 0
        """How often it was called, in commits that came to nothing too."""
        self.is_closed = False
        """This book is not, or not surely, the latest of its chain: a record more would be a fork."""

    def append(self, after: Head | None, kind: RecordKind, body: msgspec.Struct, stamp: Stamp) -> Head:
        """Sign and store a record that continues `after`, which must be this transaction's head(); the new head."""
        assert not self.is_closed, "whoever adds a record has asked first whether the chain is open"
        record = Record(
            version=VERSION,
            keeper=self.keeper,
            epoch=self.epoch,
            sequence=1 if after is None else after.ref.sequence + 1,
            recorded_at_ms=stamp.now_ms,
            business_date=stamp.business_date,
            mode=stamp.mode,
            kind=kind,
            previous=FIRST_PREVIOUS if after is None else after.hash,
            body=encode_body(body),
        )
        signed = seal(record, self._sign)
        self._store(record, signed)
        self._last = signed, head_of(record, signed)
        self.appends += 1
        self.appended()
        return self._last[1]


def last_epoch(connection: Connection, keeper: Place) -> int | None:
    """The epoch in which this keeper writes its book; None in a new one."""
    epoch = connection.execute("select max(epoch) from records where keeper = ?", (keeper,)).get
    assert epoch is None or isinstance(epoch, int)
    return epoch


def first_record(connection: Connection) -> Record | None:
    """The record with which this file's own chain began, whoever wrote it; None in a new one."""
    row = connection.execute(
        "select content, signature from records where kind = ? order by epoch, sequence limit 1", (RecordKind.OPENED,)
    ).get
    return None if row is None else SignedRecord(*row).open()
