"""A record in full: every field of it, and of the records that it quotes, as JSON can say it. Pure."""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

from protocol.errors import MALFORMED, NotARecord
from protocol.records import Record, SignedRecord

Json: TypeAlias = Any

EXACT_IN_A_BROWSER = 2**53
"""Beyond it a browser rounds numbers, so that they are shown as text."""


def in_full(record: Record) -> Json:
    """Every field of a record, as JSON can say it."""
    shown = {name: getattr(record, name) for name in record.__struct_fields__ if name != "body"}
    return {**_legible(shown), "body": _body(bytes(record.body))}


def _body(body: bytes) -> Json:
    try:
        return _legible(msgspec.msgpack.decode(body))
    except (*MALFORMED, TypeError, ValueError):
        return body.hex()


def _legible(value: object) -> Json:
    match value:
        case bytes():
            return _quoted(value) or value.hex()
        case dict():
            return {str(key): _legible(one) for key, one in value.items()}
        case list() | tuple():
            return [_legible(one) for one in value]
        case bool() | None | str() | float():
            return value
        case int():
            return value if -EXACT_IN_A_BROWSER <= value <= EXACT_IN_A_BROWSER else str(value)
        case _:
            return repr(value)


def _quoted(value: bytes) -> Json:
    """A record inside a record, read as well; None when these bytes are none."""
    try:
        record = SignedRecord(value, b"").open()
    except NotARecord:
        return None
    return in_full(record)
