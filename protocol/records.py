"""Records: the signed lines of a keeper's chain. Encoded once, signed once, then kept byte for byte."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import Annotated, Final, Literal, TypeVar

import msgspec

from ledger.ids import PLACE_PATTERN, Place, RecordRef
from protocol.errors import MALFORMED, NotARecord
from protocol.signing import Context, Signed, Signer

VERSION: Final = 1
RECORD_BYTES_MAX = 64 * 1024
FIRST_PREVIOUS = bytes(32)
"""What the first record of each epoch names as the record before it."""

Body = TypeVar("Body")
Keeper = Annotated[Place, msgspec.Meta(pattern=rf"^{PLACE_PATTERN}\Z")]
"""A place by its name, as ledger.ids has it."""
Number = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
"""Counts and sequences: what a book can store."""
Hash = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
"""SHA-256."""


class RecordKind(StrEnum):
    """What a line of the chain tells."""

    OPENED = "opened"
    """A book begins: who keeps it, with which key."""
    TRANSACTION = "transaction"
    """Value moved."""
    DECLINED = "declined"
    """Someone asked and the till said no, with its reasons."""
    PRINT = "print"
    """A run of a slip started, or ended with an outcome."""
    DAY_CLOSED = "day_closed"
    """The business date moved on."""
    CLOCK = "clock"
    """A till begins to doubt its clock, or trusts it again; it moves nothing."""
    ASKED = "asked"
    """A till of a hosted store has asked its place at HQ for something; it moves nothing."""
    TOLD = "told"
    """It has heard what came of that, and prints it; it moves nothing."""
    WARRANT = "warrant"
    """At a place at HQ: what its till had asked for, and the record before this one has done; it moves nothing."""
    RIGHT_GIVEN = "right_given"
    """The right to undo a sale leaves this place for HQ; it moves no value."""
    RIGHT_PASSED = "right_passed"
    """The right to undo a sale leaves this place for another till of its store; it moves no value."""
    RIGHT_TAKEN = "right_taken"
    """A right that another till of the store has passed on is here; it moves no value."""
    DIRECTIVE = "directive"
    """HQ tells one keeper what to do."""
    APPLIED = "applied"
    """A keeper has done what HQ told it."""
    GIVEN = "given"
    """Value leaves this place for another one; from here on it is not here."""
    TAKEN = "taken"
    """Value that another place has given is here."""
    NETTED = "netted"
    """HQ has taken from what a member has there what refunds at tills could not take back."""
    READOPTED = "readopted"
    """HQ has lost a directive that a keeper carried out, and stands by it."""
    RECLAIMED = "reclaimed"
    """HQ has back what it gave in an earlier epoch of its own: the taker carries that out no more."""
    RECOVERED = "recovered"
    """HQ gives value out again, in an epoch that it began because it may have lost records."""
    FUNDED = "funded"
    """HQ lets a promotion give so many times, or so much, more."""
    WRITTEN_OFF = "written_off"
    """What lies at a lost place is at HQ again, by the word of two people and at the company's risk."""


class Record(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One line, as a MessagePack array of these fields in this order.

    `previous` is the hash of the line before; `recorded_at_ms` is Unix time by the keeper's clock; `body` stays as it
    was encoded.
    """

    version: Literal[1]
    keeper: Keeper
    epoch: Number
    sequence: Number
    recorded_at_ms: Number
    business_date: str
    mode: str
    kind: RecordKind
    previous: Hash
    body: msgspec.Raw

    @property
    def ref(self) -> RecordRef:
        """The line's name."""
        return RecordRef(self.keeper, self.epoch, self.sequence)

    def body_as(self, kind: type[Body]) -> Body:
        """Decode the body. Raises NotARecord when it does not have that form."""
        return _decode(self.body, kind)


class SignedRecord(Signed, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The bytes of a record and their signature: what is stored, sent and checked, and never encoded again."""

    @property
    def hash(self) -> bytes:
        """SHA-256 of the content, 32 bytes; the next line names it."""
        return record_hash(self.content)

    def open(self) -> Record:
        """Read the line. Raises NotARecord; the signature is not looked at."""
        if len(self.content) > RECORD_BYTES_MAX:
            raise NotARecord
        return _decode(self.content, Record)


def seal(record: Record, sign: Signer) -> SignedRecord:
    """Encode and sign a record, once."""
    content = msgspec.msgpack.encode(record)
    assert len(content) <= RECORD_BYTES_MAX
    return SignedRecord(content, sign(signed_message(content)))


def encode_body(body: msgspec.Struct) -> msgspec.Raw:
    """A record's body as MessagePack, a map with its field names: readable without our code."""
    return msgspec.Raw(msgspec.msgpack.encode(body))


def record_hash(content: bytes) -> bytes:
    """SHA-256 over the context and the content."""
    return hashlib.sha256(Context.RECORD.value + content).digest()


def signed_message(content: bytes) -> bytes:
    """What the signature is over."""
    return Context.RECORD.value + content


def _decode(data: bytes | msgspec.Raw, kind: type[Body]) -> Body:
    try:
        return msgspec.msgpack.decode(data, type=kind)
    except MALFORMED as fault:
        raise NotARecord from fault
