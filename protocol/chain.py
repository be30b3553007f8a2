"""A keeper's chain: every record names the hash of the one before, so the last signature vouches for all."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.ids import RecordRef
from protocol.errors import ChainBroken, NotARecord
from protocol.records import FIRST_PREVIOUS, Record, SignedRecord
from protocol.signing import Context, is_signed_by


class Head(msgspec.Struct, frozen=True):
    """The last line of a chain, and what the next one must continue. business_date and mode are those in force."""

    ref: RecordRef
    hash: bytes
    business_date: str
    mode: str
    recorded_at_ms: int


def verify_chain(records: Iterable[SignedRecord], key: Ed25519PublicKey, after: Head | None = None) -> Head | None:
    """Check that a run of records continues `after` and that the key's owner signed it; the new head.

    Only the last signature is checked: it covers that record's `previous`, hence every record before it. Use
    verify_each() to learn which record of a run that fails was touched. Raises NotARecord, ChainBroken.
    """
    head, last = after, None
    for last in records:
        head = follow(head, last)
    if last is not None:
        check_signature(last, key)
    return head


def verify_each(records: Iterable[SignedRecord], key: Ed25519PublicKey, after: Head | None = None) -> Head | None:
    """The same with every signature checked: a hundred times slower, and it names the first record that was touched."""
    head = after
    for signed in records:
        head = follow(head, signed)
        check_signature(signed, key)
    return head


def follow(head: Head | None, signed: SignedRecord) -> Head:
    """The head after this record. Raises ChainBroken when it does not continue `head` (None: a first record)."""
    record = _opened(head, signed)
    previous = FIRST_PREVIOUS if head is None else head.hash
    expected = RecordRef(record.keeper, record.epoch, 1) if head is None else head.ref.next()
    if record.ref != expected:
        raise ChainBroken(str(record.ref), f"expected {expected}")
    if record.previous != previous:
        raise ChainBroken(str(record.ref), "it does not name the hash of the record before it")
    return head_of(record, signed)


def _opened(head: Head | None, signed: SignedRecord) -> Record:
    try:
        return signed.open()
    except NotARecord as fault:
        raise NotARecord("the first record" if head is None else str(head.ref.next())) from fault


def head_of(record: Record, signed: SignedRecord) -> Head:
    """The head that this record makes."""
    return Head(record.ref, signed.hash, record.business_date, record.mode, record.recorded_at_ms)


def check_signature(signed: SignedRecord, key: Ed25519PublicKey) -> None:
    """Raises ChainBroken unless the key's owner signed these bytes."""
    if not is_signed_by(key, Context.RECORD, signed):
        raise ChainBroken(str(signed.open().ref), "the signature is not of its keeper's key")
