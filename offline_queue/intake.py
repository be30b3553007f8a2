"""Intake: what the upper one makes of a batch. Pure: it is told what is held already, and says what to hold now."""

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
from protocol.rejections import Fault, Rejection
from protocol.signing import Context, is_signed_by


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
    fresh: dict[int, SignedRecord] = {}
    for signed in batch.records:
        ref = _named(batch, signed)
        if isinstance(ref, Fault):
            return tuple(fresh.values()), ref
        if head is not None and ref.sequence <= head.ref.sequence:
            # Said twice in one batch is no fork: the first of the two is fresh, and not on the disk yet.
            known = fresh[ref.sequence].hash if ref.sequence in fresh else held_hash(ref.sequence)
            if known != signed.hash:
                return tuple(fresh.values()), _other_bytes(signed, ref, key)
            continue
        try:
            head = follow(head, signed)
        except ChainBroken:
            expected = 1 if head is None else head.ref.sequence + 1
            gap = ref.sequence > expected
            return tuple(fresh.values()), Fault(Rejection.GAP if gap else Rejection.CHAIN_BROKEN, str(ref))
        fresh[ref.sequence] = signed
    return tuple(fresh.values()), None


def _named(batch: Records, signed: SignedRecord) -> RecordRef | Fault:
    """Which line of the batch's chain this is, if it is one."""
    try:
        ref = signed.open().ref
    except NotARecord:
        return Fault(Rejection.NOT_A_RECORD)
    if (ref.keeper, ref.epoch) != (batch.keeper, batch.epoch) or ref.sequence < 1:
        return Fault(Rejection.NOT_A_RECORD, str(ref))
    return ref


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
