"""What the chains of an export give to other places, and what they take from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import NamedTuple

from ledger.ids import HEADQUARTERS, Place, RecordRef
from offline_queue.auditing.chains import Report
from offline_queue.auditing.findings import Sort
from offline_queue.auditing.keys import ChainName, KeyRing
from offline_queue.export_items import Content, RecordRow
from protocol.errors import NotARecord
from protocol.records import Record, RecordKind, SignedRecord
from protocol.recoveries import Readopted, Reclaimed
from protocol.rights import right_in
from protocol.signing import Context, is_signed_by
from protocol.transfers import given_in, giver_of, taken_in
from protocol.write_offs import WrittenOff

GIVING = frozenset({RecordKind.GIVEN, RecordKind.DIRECTIVE})
"""The kinds of records that can give value to another place."""
TAKING = frozenset({RecordKind.TAKEN, RecordKind.APPLIED})
"""The kinds that can take it."""
LEAVING = frozenset({RecordKind.RIGHT_GIVEN, RecordKind.RIGHT_PASSED})
"""The kinds by which a right leaves its till."""


class Gift(NamedTuple):
    """A transfer as its giver's record tells it: that record's hash, for whom it is, and units by purse."""

    hash: bytes
    to: str
    to_epoch: int
    units: dict[str, int]


class Take(NamedTuple):
    """A record that takes a transfer: whose record it quotes, and the hash of that record as it is quoted."""

    at: RecordRef
    kind: RecordKind
    giver: RecordRef
    hash: bytes


class GiversRecords:
    """Every record in an export that can give value, by the name that the export keeps it under; as a hash only.

    And the sales whose rights moved. It is heard in a first pass, as a taker's chain may come before its giver's.
    """

    def __init__(self) -> None:
        self.hq_epoch = 0
        """HQ's present one."""
        self.lost: set[ChainName] = set()
        """The places of which HQ has written something off."""
        self.moved: set[str] = set()
        """The sales to which the right has left a till."""
        self._kept: dict[RecordRef, tuple[bytes, bytes]] = {}
        self._readopted: set[SignedRecord] = set()
        self._reclaimed: set[SignedRecord] = set()

    def listen(self, items: Iterable[Content]) -> Iterator[Content]:
        """Pass the items on, and note what can give."""
        for item in items:
            if isinstance(item, RecordRow) and item.kind in GIVING:
                ref = RecordRef(Place(item.keeper), item.epoch, item.sequence)
                self._kept[ref] = item.signed.hash, item.signature
            if isinstance(item, RecordRow) and item.kind in LEAVING:
                with suppress(NotARecord):  # the checks of this export say so
                    right = right_in(item.signed.open())
                    self.moved |= set() if right is None else {right.record}
            if isinstance(item, RecordRow) and item.keeper == HEADQUARTERS:
                self.hq_epoch = max(self.hq_epoch, item.epoch)
                self._listen_to_hq(item)
            yield item

    def has(self, quoted: SignedRecord) -> bool | None:
        """Whether the record that a taker quotes stands here; None when nothing has its number."""
        if quoted in self._readopted:
            return True
        kept = self._kept.get(quoted.open().ref)
        return None if kept is None else kept == (quoted.hash, quoted.signature)

    def is_back(self, quoted: SignedRecord) -> bool:
        """Whether HQ has back what this record gave."""
        return quoted in self._reclaimed

    def _listen_to_hq(self, row: RecordRow) -> None:
        with suppress(NotARecord):  # the checks of this export say so
            match row.kind:
                case RecordKind.READOPTED:
                    self._readopted.add(row.signed.open().body_as(Readopted).directive)
                case RecordKind.RECLAIMED:
                    self._reclaimed.add(row.signed.open().body_as(Reclaimed).directive)
                case RecordKind.WRITTEN_OFF:
                    body = row.signed.open().body_as(WrittenOff)
                    self.lost.add((body.keeper, body.epoch))
                case _:
                    pass


class TransfersCheck:
    """Hears every record of an export that gives value to another place or takes it from one."""

    def __init__(self, export: str, ring: KeyRing, report: Report) -> None:
        self.gifts: dict[RecordRef, Gift] = {}
        self.takes: list[Take] = []
        self.unchecked: set[str] = set()
        """The givers whose keys nobody tells of."""
        self._export = export
        self._ring = ring
        self._report = report

    def take(self, record: Record, record_hash: bytes) -> None:
        """Check a record; one that moves nothing to or from another place is passed over."""
        try:
            self._give(record, record_hash)
            self._take(record)
        except NotARecord:
            return  # the replay says so

    def _give(self, record: Record, record_hash: bytes) -> None:
        passage = given_in(record)
        if passage is not None:
            units: Counter[str] = Counter()
            for part in passage.transfer.parts:
                units[part.purse] += part.units
            self.gifts[passage.giver] = Gift(record_hash, passage.to, passage.to_epoch, dict(units))

    def _take(self, record: Record) -> None:
        signed, passage = giver_of(record), taken_in(record)
        if signed is None or passage is None:
            return
        self.takes.append(Take(record.ref, record.kind, passage.giver, signed.hash))
        if record.kind is RecordKind.TAKEN:  # that an applied order is signed by HQ, the check of orders says
            self._check_signature(record.ref, passage.giver, signed)

    def _check_signature(self, at: RecordRef, giver: RecordRef, signed: SignedRecord) -> None:
        vouched = self._ring.of(self._export, (giver.keeper, giver.epoch))
        if vouched is None:
            self.unchecked.add(f"{giver.keeper}/{giver.epoch}")
        elif not is_signed_by(vouched.key, Context.RECORD, signed):
            self._report(Sort.WRONG_TAKE, at, f"the record {giver} that it takes is not signed by {giver.keeper}")
