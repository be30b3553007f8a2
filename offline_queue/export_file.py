"""The export file: what an auditor takes away. A line, items one after another, and a seal over all of it.

docs/wire-protocol.md, "The export file", has the same in words for other languages.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Literal, TypeAlias

import msgspec

from protocol.errors import MALFORMED
from protocol.records import SignedRecord
from protocol.signing import Signed

VERSION = 1
FIRST_LINE = b"counterfoil export 1\n"
FIRST_LINE_BYTES_MAX = 40
ITEM_BYTES_MAX = 256 * 1024
"""A record with room to spare; a length beyond it is damage, and nobody makes room for it."""
_LENGTH = struct.Struct(">I")

Integer: TypeAlias = int
"""Rows say what the file said, however odd: bounds are the audit's business."""


class ExportFault(Exception):
    """The export cannot be used as it is. Nothing was changed; the message says what to do."""


class Item(msgspec.Struct, frozen=True, array_like=True, tag=True, forbid_unknown_fields=True):
    """One item: a MessagePack array that begins with the item's name."""


class Exported(Item, frozen=True, tag="export"):
    """The first item: what this is, whose file it was made of, when (Unix time), by whom and with what."""

    kind: Literal["book", "fork"]
    place: str
    at_ms: int
    by: str
    software: str


class RecordRow(Item, frozen=True, tag="record"):
    """A row of the table of records: the name it is kept under, and the record as it was signed."""

    keeper: str
    epoch: Integer
    sequence: Integer
    kind: str
    content: bytes
    signature: bytes

    @property
    def signed(self) -> SignedRecord:
        """The record."""
        return SignedRecord(self.content, self.signature)


class AcknowledgementRow(Item, frozen=True, tag="acknowledgement"):
    """HQ's signed word, as the till keeps it."""

    content: bytes
    signature: bytes

    @property
    def signed(self) -> Signed:
        """The acknowledgement."""
        return Signed(self.content, self.signature)


class ForkRow(Item, frozen=True, tag="fork"):
    """A second record of a number that another record has, as HQ keeps it."""

    content: bytes
    signature: bytes

    @property
    def signed(self) -> SignedRecord:
        """The record."""
        return SignedRecord(self.content, self.signature)


class TransactionRow(Item, frozen=True, tag="transaction"):
    """The book: a transaction."""

    keeper: str
    epoch: Integer
    sequence: Integer
    kind: str
    operation_id: str
    business_date: str


class LotRow(Item, frozen=True, tag="lot"):
    """The book: a lot."""

    account: str
    purse: str
    lot: str
    store: str
    opened_on: str
    expires_on: str | None


class EntryRow(Item, frozen=True, tag="entry"):
    """The book: an entry."""

    account: str
    purse: str
    lot: str
    side: str
    keeper: str
    epoch: Integer
    sequence: Integer
    units: Integer


class SliceRow(Item, frozen=True, tag="slice"):
    """The book: what lies where."""

    account: str
    purse: str
    lot: str
    place: str
    units: Integer


class KeeperRow(Item, frozen=True, tag="keeper"):
    """HQ's book: who may sign."""

    keeper: str
    epoch: Integer
    store: str
    public_key: bytes


class ProgressRow(Item, frozen=True, tag="progress"):
    """HQ's book: how far a chain is posted."""

    keeper: str
    epoch: Integer
    posted: Integer


class SetAsideRow(Item, frozen=True, tag="set_aside"):
    """HQ's book: a genuine record that HQ has not posted, and why."""

    keeper: str
    epoch: Integer
    sequence: Integer
    account: str
    reason: str


class Damage(Item, frozen=True, tag="damage"):
    """Something that could not be read when the export was made."""

    where: str
    what: str


class End(Item, frozen=True, tag="end"):
    """The last item: how many items came before it, and SHA-256 over every byte before it."""

    items: int
    digest: bytes


BookRow: TypeAlias = TransactionRow | LotRow | EntryRow | SliceRow
HqRow: TypeAlias = KeeperRow | ProgressRow | SetAsideRow | ForkRow
Content: TypeAlias = RecordRow | AcknowledgementRow | BookRow | HqRow | Damage
_DECODER: msgspec.msgpack.Decoder[Exported | Content | End] = msgspec.msgpack.Decoder(Exported | Content | End)


def write_export(out: BinaryIO, head: Exported, items: Iterable[Content]) -> int:
    """Write an export to a stream, item by item; how many items it holds, first and last included."""
    seal, count = hashlib.sha256(), 0

    def write(data: bytes) -> None:
        seal.update(data)
        out.write(data)

    write(FIRST_LINE)
    write(_framed(head))
    for count, item in enumerate(items, start=1):  # noqa: B007 - the last number is needed
        write(_framed(item))
    out.write(_framed(End(count + 1, seal.digest())))
    return count + 2


class ExportReader:
    """Reads an export item by item: the head first, then the rest. It believes nothing of what it reads."""

    def __init__(self, stream: BinaryIO) -> None:
        """Raises ExportFault when this is no export, or of a version that is not known here."""
        self._stream = stream
        self._seal = hashlib.sha256()
        self._count = 0
        self._read_first_line()
        head = self._item()
        if not isinstance(head, Exported):
            raise ExportFault("it does not say what it is; make the export again")
        self.head = head

    def items(self) -> Iterator[Content]:
        """Every item but the first and the last.

        Raises ExportFault behind the last good item when the file was cut short or has changed since it was made.
        """
        while True:
            before = self._seal.copy()
            item = self._item()
            if isinstance(item, End):
                self._check(item, before.digest())
                return
            if isinstance(item, Exported):
                raise self._fault("begins anew")
            yield item

    def _read_first_line(self) -> None:
        line = self._stream.readline(FIRST_LINE_BYTES_MAX)
        self._seal.update(line)
        if line == FIRST_LINE:
            return
        if line.startswith(FIRST_LINE.rstrip(b"1\n")) and line.endswith(b"\n"):
            raise ExportFault("it was made by a newer version; use that version's counterfoil-audit")
        raise ExportFault("it is not an export of counterfoil")

    def _item(self) -> Exported | Content | End:
        (length,) = _LENGTH.unpack(self._read(_LENGTH.size))
        if length > ITEM_BYTES_MAX:
            raise self._fault("is damaged")
        data = self._read(length)
        self._count += 1
        try:
            return _DECODER.decode(data)
        except MALFORMED as fault:
            raise self._fault("is damaged") from fault

    def _read(self, length: int) -> bytes:
        data = self._stream.read(length)
        if len(data) < length:
            raise self._fault("ends")
        self._seal.update(data)
        return data

    def _check(self, end: End, digest: bytes) -> None:
        if end.digest != digest or end.items != self._count - 1:
            raise ExportFault("it is not as it was made: the seal at its end does not fit; copy it again")
        if self._stream.read(1):
            raise ExportFault("something was added behind its end; copy it again")

    def _fault(self, what: str) -> ExportFault:
        return ExportFault(f"it {what} after {self._count} items; copy it again, or make it again")


def _framed(item: Exported | Content | End) -> bytes:
    data = msgspec.msgpack.encode(item)
    return _LENGTH.pack(len(data)) + data
