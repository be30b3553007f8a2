"""Forks: two records with one number, each with its keeper's signature. Whoever has both can convict the keeper."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ledger.ids import HEADQUARTERS, RecordRef
from offline_queue.auditing.findings import Findings, Sort
from offline_queue.auditing.keys import KeyRing, Vouched
from offline_queue.export_file import write_export
from offline_queue.export_items import Content, Exported, KeeperRow, RecordRow
from protocol.errors import NotARecord
from protocol.records import SignedRecord
from protocol.signing import Context, is_signed_by


@dataclass(frozen=True, slots=True)
class Fork:
    """The two records, the number that both have, and the key that signed both."""

    ref: RecordRef
    vouched: Vouched
    first: SignedRecord
    second: SignedRecord


def find_fork(ref: RecordRef, versions: Iterable[SignedRecord], vouched: Vouched | None) -> Fork | None:
    """The fork among records that are kept under one number; None when fewer than two of them are genuine."""
    if vouched is None:
        return None
    genuine = {signed.content: signed for signed in versions if _is_genuine(signed, ref, vouched)}
    if len(genuine) < 2:  # noqa: PLR2004 - two make a fork
        return None
    first, second, *_ = genuine.values()
    return Fork(ref, vouched, first, second)


def write_proof(folder: Path, fork: Fork, head: Exported) -> Path:
    """Write a file that convicts by itself: both records, the key, and HQ's order that enrolled it, if it is known."""
    place, epoch, sequence = fork.ref.keeper, fork.ref.epoch, fork.ref.sequence
    path = folder / f"fork-{place}-{epoch}-{sequence}.counterfoil"
    folder.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as out:
        write_export(out, head, _proof(fork))
    return path


def check_proof(items: Iterable[Content], name: str, ring: KeyRing, findings: Findings) -> None:
    """Say of a proof file whether it convicts, and by which key."""
    versions: dict[RecordRef, list[SignedRecord]] = {}
    for item in items:
        if isinstance(item, RecordRow) and item.keeper != HEADQUARTERS:
            try:
                versions.setdefault(item.signed.open().ref, []).append(item.signed)
            except NotARecord:
                findings.add(Sort.UNREADABLE, name, "it holds what is not a record")
    forks = [find_fork(ref, signed, ring.of(name, (ref.keeper, ref.epoch))) for ref, signed in versions.items()]
    for fork in forks:
        if fork is not None:
            findings.add(Sort.FORKED, fork.ref, describe(fork))
    if not any(forks):
        findings.add(Sort.UNREADABLE, name, "it does not hold two records of one number that one key has signed")


def describe(fork: Fork) -> str:
    """What a fork is, in words."""
    first, second = sorted((fork.first.hash.hex()[:16], fork.second.hash.hex()[:16]))
    return f"the key {fork.vouched.hex} signed two records of this number: {first}… and {second}…"


def _proof(fork: Fork) -> Iterator[Content]:
    keeper, epoch, sequence = fork.ref.keeper, fork.ref.epoch, fork.ref.sequence
    yield KeeperRow(keeper, epoch, "", fork.vouched.key.public_bytes_raw())
    for signed in (fork.first, fork.second):
        yield RecordRow(keeper, epoch, sequence, signed.open().kind, signed.content, signed.signature)
    order = fork.vouched.order
    if order is not None:
        ref = order.open().ref
        yield RecordRow(ref.keeper, ref.epoch, ref.sequence, order.open().kind, order.content, order.signature)


def _is_genuine(signed: SignedRecord, ref: RecordRef, vouched: Vouched) -> bool:
    try:
        return signed.open().ref == ref and is_signed_by(vouched.key, Context.RECORD, signed)
    except NotARecord:
        return False
