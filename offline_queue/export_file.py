"""The export file: what an auditor takes away. A first line, items one after another, and a seal over all of it.

docs/wire-protocol.md, "The export file", says the same for other languages.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Iterator
from typing import BinaryIO

import msgspec

from offline_queue.export_items import AnyItem, Content, End, Exported
from protocol.errors import MALFORMED

FIRST_LINE_START = b"counterfoil export "
FIRST_LINE = FIRST_LINE_START + b"1\n"
FIRST_LINE_BYTES_MAX = 40
ITEM_BYTES_MAX = 256 * 1024
"""A record with room to spare; a length beyond it is damage, and nobody makes room for it."""
_LENGTH = struct.Struct(">I")
_DECODER: msgspec.msgpack.Decoder[AnyItem] = msgspec.msgpack.Decoder(AnyItem)


class ExportFault(Exception):
    """The export cannot be used as it is. Nothing was changed; the message says what is wrong and what to do."""


def encode_item(item: AnyItem) -> bytes:
    """An item as it stands in the file, without its length."""
    return msgspec.msgpack.encode(item)


def write_export(out: BinaryIO, head: Exported, items: Iterable[Content]) -> int:
    """Write an export to a stream, item by item; how many it holds, first and last included."""
    seal, count = hashlib.sha256(), 1

    def write(data: bytes) -> None:
        seal.update(data)
        out.write(data)

    write(FIRST_LINE)
    write(_framed(head))
    for item in items:
        write(_framed(item))
        count += 1
    out.write(_framed(End(count, seal.digest())))
    return count + 1


class ExportReader:
    """Reads an export item by item: `head` first, then items(). It believes nothing of what it reads."""

    def __init__(self, stream: BinaryIO) -> None:
        """Raises ExportFault when this is no export, or of a version that is not known here."""
        self._stream = stream
        self._seal = hashlib.sha256()
        self._count = 0
        self._read_first_line()
        head = self._item()
        if not isinstance(head, Exported):
            raise self._fault("does not say what it is")
        self.head = head

    def items(self) -> Iterator[Content]:
        """Every item but the first and the last.

        Raises ExportFault behind the last good one when the file was cut short or has changed since it was made.
        """
        while True:
            before = self._seal.digest()
            item = self._item()
            if isinstance(item, End):
                self._check(item, before)
                return
            if isinstance(item, Exported):
                raise self._fault("begins anew")
            yield item

    def _read_first_line(self) -> None:
        line = self._stream.readline(FIRST_LINE_BYTES_MAX)
        self._seal.update(line)
        if line == FIRST_LINE:
            return
        if line.startswith(FIRST_LINE_START) and line.endswith(b"\n"):
            raise ExportFault("it was made by a newer version; use that version's counterfoil-audit")
        raise ExportFault("it is not an export of counterfoil")

    def _item(self) -> AnyItem:
        (length,) = _LENGTH.unpack(self._read(_LENGTH.size))
        if length > ITEM_BYTES_MAX:
            raise self._fault("is damaged")
        data = self._read(length)
        try:
            item = _DECODER.decode(data)
        except MALFORMED as fault:
            raise self._fault("is damaged") from fault
        self._count += 1
        return item

    def _read(self, length: int) -> bytes:
        data = self._stream.read(length)
        if len(data) < length:
            raise self._fault("is cut short")
        self._seal.update(data)
        return data

    def _check(self, end: End, digest: bytes) -> None:
        if end.digest != digest or end.items != self._count - 1:
            raise ExportFault("it is not as it was made: the seal at its end does not fit; copy it again")
        if self._stream.read(1):
            raise ExportFault("something was added behind its end; copy it again")

    def _fault(self, what: str) -> ExportFault:
        return ExportFault(f"it {what} after {self._count} items; copy it again, or make it again")


def _framed(item: AnyItem) -> bytes:
    data = encode_item(item)
    return _LENGTH.pack(len(data)) + data
