"""Reads a book's tables for an export: row by row, mending nothing, and going on behind what cannot be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import msgspec

from ledger.journal_sqlite import BookError, Connection
from offline_queue.export_file import ITEM_BYTES_MAX
from offline_queue.export_items import Content, Damage, EntryRow, LotRow, RecordRow, Row, SliceRow, TransactionRow

GAPS_MAX = 100
"""Unreadable places in one table after which it is given up: such a file has little to tell."""
INTEGRITY_LINES_MAX = 100
UNREADABLE = (BookError, UnicodeDecodeError)
"""What a damaged page or value raises."""
ROW_BYTES_MAX = ITEM_BYTES_MAX - 1024
Key: TypeAlias = Sequence[int | float | str | bytes | None]


@dataclass(frozen=True, slots=True)
class Table:
    """A table, the item that each of its rows becomes, and how many of the item's first fields are its primary key."""

    name: str
    item: type[Row]
    key: int


BOOK = (
    Table("records", RecordRow, key=3),
    Table("transactions", TransactionRow, key=3),
    Table("lots", LotRow, key=3),
    Table("entries", EntryRow, key=7),
    Table("slices", SliceRow, key=5),
)
"""What every keeper has."""


def read_rows(book: Connection, tables: Sequence[Table]) -> Iterator[Content]:
    """What SQLite itself finds wrong with the file, then every row of the tables that can be read, in their order.

    Run it inside one transaction, or where nobody writes.
    """
    yield from _integrity(book)
    for table in tables:
        yield from _rows(book, table)


def _integrity(book: Connection) -> Iterator[Damage]:
    try:
        for (said,) in book.execute(f"pragma integrity_check({INTEGRITY_LINES_MAX})"):
            if said != "ok":
                yield Damage("the file", str(said))
    except UNREADABLE as fault:
        yield Damage("the file", str(fault))


def _rows(book: Connection, table: Table) -> Iterator[Content]:
    statements = _Statements(table)
    begin: Key = ()
    for _ in range(GAPS_MAX):
        last = begin
        try:
            for values in book.execute(statements.rows(from_key=bool(begin)), begin):
                last = values[: table.key]
                yield statements.content(values)
        except UNREADABLE as fault:
            begin = _next_readable(book, statements, last)
            yield Damage(table.name, f"{fault}; nothing could be read {_gap(last, begin)}")
            if begin:
                continue
        return
    yield Damage(table.name, f"{GAPS_MAX} places in it cannot be read; the rest was left")


class _Statements:
    """How a table is read. Text is read as the bytes that it is, as it may be none."""

    def __init__(self, table: Table) -> None:
        fields = msgspec.structs.fields(table.item)
        is_text = [field.type not in (int, bytes) for field in fields]
        names = [field.encode_name for field in fields]
        self._table = table
        self._is_text = is_text
        self._columns = [f"cast({name} as blob)" if text else name for name, text in zip(names, is_text, strict=True)]
        self._keys = names[: table.key]
        self._here = ", ".join("cast(? as text)" if text else "?" for text in is_text[: table.key])

    def rows(self, *, from_key: bool) -> str:
        """All rows in the order of the key, or those from a key on."""
        keys = ", ".join(self._keys)
        start = f" where ({keys}) >= ({self._here})" if from_key else ""
        columns = ", ".join(self._columns)
        return f"select {columns} from {self._table.name}{start} order by {keys}"  # noqa: S608 - our names only

    def keys_from_the_end(self, *, down_to_key: bool) -> str:
        """The keys from the last one on, down to a key."""
        columns = ", ".join(self._columns[: len(self._keys)])
        stop = f" where ({', '.join(self._keys)}) > ({self._here})" if down_to_key else ""
        order = ", ".join(f"{key} desc" for key in self._keys)
        return f"select {columns} from {self._table.name}{stop} order by {order}"  # noqa: S608 - our names only

    def content(self, values: Key) -> Content:
        """A row as an item; what cannot be one is damage."""
        named = Damage(self._table.name, f"row {_name(values[: self._table.key])} has values that no row can have")
        if sum(len(value) for value in values if isinstance(value, bytes)) > ROW_BYTES_MAX:
            return named
        try:
            fields = [_decoded(value) if text else value for value, text in zip(values, self._is_text, strict=True)]
            tag = self._table.item.__struct_config__.tag
            return msgspec.convert([tag, *fields], self._table.item)
        except (UnicodeDecodeError, msgspec.ValidationError):
            return named


def _next_readable(book: Connection, statements: _Statements, last: Key) -> Key:
    """The first key behind an unreadable place, as far as reading from the end can tell; empty when there is none."""
    found: Key = ()
    try:
        for row in book.execute(statements.keys_from_the_end(down_to_key=bool(last)), last):
            found = row
    except UNREADABLE:
        return found
    return found


def _decoded(value: object) -> object:
    return value.decode() if isinstance(value, bytes) else value


def _gap(last: Key, begin: Key) -> str:
    return f"{'after ' + _name(last) if last else 'at the start'}{', before ' + _name(begin) if begin else ''}"


def _name(key: Key) -> str:
    return "/".join(value.decode(errors="replace") if isinstance(value, bytes) else str(value) for value in key)
