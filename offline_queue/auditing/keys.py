"""Whose key signs a chain, and who says so: HQ's orders, read from HQ's own chain or from a till's answer to them."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeAlias

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.ids import HEADQUARTERS
from offline_queue.auditing.findings import Findings, Sort
from offline_queue.export_items import Content, KeeperRow, RecordRow
from protocol.bodies import Applied, Directive, Enrol, Opened, Revoke
from protocol.errors import NotARecord
from protocol.records import Record, RecordKind, SignedRecord
from protocol.signing import Context, is_signed_by, public_key

ChainName: TypeAlias = tuple[str, int]
"""Keeper and epoch."""
TELLING = frozenset({RecordKind.OPENED, RecordKind.DIRECTIVE, RecordKind.APPLIED})
"""The kinds of records that tell of keys."""


@dataclass(frozen=True, slots=True)
class Vouched:
    """A key, and who says that it is the keeper's: a record of HQ's, or `you`. None: nobody but the chain itself."""

    key: Ed25519PublicKey
    by: str | None
    order: SignedRecord | None = None
    """HQ's record that enrolled it."""

    @property
    def hex(self) -> str:
        """The key's 32 bytes."""
        return self.key.public_bytes_raw().hex()


@dataclass(slots=True)
class KeyRing:
    """Every key that the exports tell of. Feed it all of them, then settle() it."""

    given: Ed25519PublicKey | None
    findings: Findings = field(default_factory=Findings)
    revoked: dict[ChainName, int] = field(default_factory=dict)
    """The last record that HQ still trusted."""
    _claims: dict[tuple[str, ChainName], Ed25519PublicKey] = field(default_factory=dict)
    """By export and chain: two exports of one till may claim two keys, and one of them is then a forgery."""
    _orders: dict[SignedRecord, None] = field(default_factory=dict)
    _enrolled: dict[ChainName, Vouched] = field(default_factory=dict)

    def hear(self, export: str, items: Iterable[Content], *, is_proof: bool) -> None:
        """Take from an export what tells of keys.

        A fork's proof has no first record, so it names the key in a row; a till names the key by which it knows HQ.
        """
        for item in items:
            if isinstance(item, RecordRow) and item.kind in TELLING:
                self._hear(export, item)
            elif isinstance(item, KeeperRow) and (is_proof or item.keeper == HEADQUARTERS):
                with suppress(ValueError):  # no key: whatever it should have signed is not signed
                    self._claims[export, (item.keeper, item.epoch)] = public_key(item.public_key)

    def settle(self) -> None:
        """Believe what HQ signed of what was heard."""
        hq = self.hq
        if hq is None:
            return
        for (export, (keeper, _)), key in self._claims.items():
            if keeper == HEADQUARTERS and key != hq.key:
                what = f"{export} knows HQ by the key {Vouched(key, None).hex}, and not by {hq.hex}"
                self.findings.add(Sort.WRONG_KEY, keeper, what)
        for signed in self._orders:
            if is_signed_by(hq.key, Context.RECORD, signed):
                self._obey(signed, signed.open())

    @property
    def hq(self) -> Vouched | None:
        """HQ's key; None when it is not known."""
        if self.given is not None:
            return Vouched(self.given, "you")
        first = next((key for (_, (keeper, _)), key in self._claims.items() if keeper == HEADQUARTERS), None)
        return None if first is None else Vouched(first, None)

    def of(self, export: str, chain: ChainName) -> Vouched | None:
        """The key that signs a chain of an export; None when nothing tells of it."""
        if chain[0] == HEADQUARTERS:
            return self.hq
        claim = self._claims.get((export, chain))
        return self._enrolled.get(chain) or (None if claim is None else Vouched(claim, None))

    def epochs(self, keeper: str) -> set[int]:
        """The epochs of a keeper of which anything tells: its own chain, or HQ's order that enrolled it."""
        return {epoch for one, epoch in [*self._enrolled, *(chain for _, chain in self._claims)] if one == keeper}

    def _hear(self, export: str, row: RecordRow) -> None:
        try:
            record = row.signed.open()
            match record.kind:
                case RecordKind.OPENED if (row.keeper, row.epoch, row.sequence) == (record.keeper, record.epoch, 1):
                    claimed = public_key(record.body_as(Opened).public_key)
                    self._claims[export, (row.keeper, row.epoch)] = claimed
                case RecordKind.DIRECTIVE:
                    record.body_as(Directive)
                    self._orders[row.signed] = None
                case RecordKind.APPLIED:
                    order = record.body_as(Applied).directive
                    order.open().body_as(Directive)
                    self._orders[order] = None
                case _:
                    return
        except (NotARecord, ValueError):
            return  # the chain's own check names it

    def _obey(self, signed: SignedRecord, record: Record) -> None:
        directive = record.body_as(Directive)
        chain = (directive.to, directive.to_epoch)
        match directive.order:
            case Enrol(public_key=raw):
                try:
                    vouched = Vouched(public_key(raw), str(record.ref), signed)
                except ValueError:
                    self.findings.add(Sort.WRONG_KEY, record.ref, f"it enrols {chain[0]} with what is no key")
                    return
                if self._enrolled.setdefault(chain, vouched).hex != vouched.hex:
                    self.findings.add(
                        Sort.WRONG_KEY, record.ref, f"it enrols {chain[0]} a second time, with another key"
                    )
            case Revoke(held=held):
                self.revoked[chain] = min(held, self.revoked.get(chain, held))
            case _:
                return
