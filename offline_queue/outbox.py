"""The outbox: the keeper's own chain on disk, appended to in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ledger.ids import Place
from ledger.journal_sqlite import Connection
from protocol.chain import Head, head_of
from protocol.records import FIRST_PREVIOUS, VERSION, Record, RecordKind, SignedRecord, Signer, encode_body, seal


class Stamp(msgspec.Struct, frozen=True):
    """What every record carries: Unix time in milliseconds, and the business date and mode that are in force."""

    now_ms: int
    business_date: str
    mode: str


class Outbox:
    """Signed records of one keeper in one epoch, in order. It signs; nobody else writes the table."""

    def __init__(self, connection: Connection, keeper: Place, epoch: int, sign: Signer) -> None:
        self._connection = connection
        self._keeper = keeper
        self._epoch = epoch
        self._sign = sign

    def head(self) -> Head | None:
        """The last record of this epoch; None in a new book. Read inside the transaction that appends to it."""
        row = self._connection.execute(
            "select content, signature from records where keeper = ? and epoch = ? order by sequence desc limit 1",
            (self._keeper, self._epoch),
        ).get
        if row is None:
            return None
        signed = SignedRecord(*row)
        return head_of(signed.open(), signed)

    def append(self, after: Head | None, kind: RecordKind, body: msgspec.Struct, stamp: Stamp) -> Head:
        """Sign and store a record that continues `after`, which must be this transaction's head(); the new head."""
        record = Record(
            version=VERSION,
            keeper=self._keeper,
            epoch=self._epoch,
            sequence=1 if after is None else after.ref.sequence + 1,
            recorded_at_ms=stamp.now_ms,
            business_date=stamp.business_date,
            mode=stamp.mode,
            kind=kind,
            previous=FIRST_PREVIOUS if after is None else after.hash,
            body=encode_body(body),
        )
        signed = seal(record, self._sign)
        self._connection.execute(
            "insert into records values (?, ?, ?, ?, ?, ?)",
            (record.keeper, record.epoch, record.sequence, record.kind, signed.content, signed.signature),
        )
        return head_of(record, signed)

    def records(self, after_sequence: int = 0) -> Iterator[SignedRecord]:
        """The chain from after_sequence + 1 on, as it was signed."""
        rows = self._connection.execute(
            "select content, signature from records where keeper = ? and epoch = ? and sequence > ? order by sequence",
            (self._keeper, self._epoch, after_sequence),
        )
        for content, signature in rows:
            yield SignedRecord(content, signature)
