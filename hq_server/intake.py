"""Intake: what HQ makes of a batch. Pure: it is told what is held already, and says what to hold now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import takewhile

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.ids import RecordRef
from protocol.chain import Head, follow
from protocol.conversation import BATCH_RECORDS_MAX, Records
from protocol.errors import ChainBroken, NotARecord
from protocol.records import SignedRecord
from protocol.rejections import Rejection
from protocol.signing import Context, is_signed_by


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a batch, and with which record; `fork` is the second one of two that have one number."""

    rejection: Rejection
    at: str = ""
    fork: SignedRecord | None = None


@dataclass(frozen=True, slots=True)
class Examined:
    """What to do with a batch: hold `fresh`, and tell the sender of `fault` if not all of it was good."""

    fresh: tuple[SignedRecord, ...]
    fault: Fault | None


HeldHash = Callable[[int], bytes | None]
"""The hash of a held record, by its sequence."""


def examine(batch: Records, key: Ed25519PublicKey, head: Head | None, held_hash: HeldHash) -> Examined:
    """Look at a batch of a keeper that may send, whose chain is held up to `head`.

    What is held already is passed over if it is the same bytes. Of the rest, the part before the first fault is good.
    """
    if len(batch.records) > BATCH_RECORDS_MAX:
        return Examined((), Fault(Rejection.TOO_LARGE))
    fresh, fault = _continuing(batch, key, head, held_hash)
    good = _signed_part(fresh, key)
    if len(good) < len(fresh):
        fault = Fault(Rejection.CHAIN_BROKEN, str(fresh[len(good)].open().ref))
    return Examined(good, fault)


def _continuing(
    batch: Records, key: Ed25519PublicKey, head: Head | None, held_hash: HeldHash
) -> tuple[tuple[SignedRecord, ...], Fault | None]:
    """The records that continue the chain by number and hash, up to the first fault."""
    fresh: list[SignedRecord] = []
    for signed in batch.records:
        try:
            record = signed.open()
        except NotARecord:
            return tuple(fresh), Fault(Rejection.NOT_A_RECORD)
        ref, held = record.ref, 0 if head is None else head.ref.sequence
        if (record.keeper, record.epoch) != (batch.keeper, batch.epoch):
            return tuple(fresh), Fault(Rejection.NOT_A_RECORD, str(ref))
        if ref.sequence > held + 1:
            return tuple(fresh), Fault(Rejection.GAP, str(ref))
        if ref.sequence <= held:
            if held_hash(ref.sequence) != signed.hash:
                return tuple(fresh), _other_bytes(signed, ref, key)
            continue
        try:
            head = follow(head, signed)
        except ChainBroken:
            return tuple(fresh), Fault(Rejection.CHAIN_BROKEN, str(ref))
        fresh.append(signed)
    return tuple(fresh), None


def _other_bytes(signed: SignedRecord, ref: RecordRef, key: Ed25519PublicKey) -> Fault:
    """Another record of that number is held: a fork if its keeper signed this one too, otherwise it was changed."""
    if _is_genuine(signed, key):
        return Fault(Rejection.FORK, str(ref), signed)
    return Fault(Rejection.CHAIN_BROKEN, str(ref))


def _signed_part(records: tuple[SignedRecord, ...], key: Ed25519PublicKey) -> tuple[SignedRecord, ...]:
    """All when the last signature holds, as it vouches for the others; otherwise as far as each holds itself."""
    if not records or _is_genuine(records[-1], key):
        return records
    return tuple(takewhile(lambda signed: _is_genuine(signed, key), records))


def _is_genuine(signed: SignedRecord, key: Ed25519PublicKey) -> bool:
    return is_signed_by(key, Context.RECORD, signed)
