"""The audit of one export: its chains, and the book that the file keeps against the one that they prove."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import islice
from typing import assert_never

import msgspec

from ledger.audit import Book, Line, Replay
from ledger.ids import HEADQUARTERS, Place, RecordRef
from offline_queue.auditing.books import KeptBooks, differences
from offline_queue.auditing.chains import ChainCheck
from offline_queue.auditing.findings import FINDINGS_MAX, Findings, Sort
from offline_queue.auditing.keys import ChainName, KeyRing
from offline_queue.auditing.mirror import Mirror
from offline_queue.auditing.orders import OrdersCheck
from offline_queue.export_items import (
    AcknowledgementRow,
    Content,
    Damage,
    EntryRow,
    Exported,
    ForkRow,
    KeeperRow,
    LotRow,
    ProgressRow,
    RecordRow,
    SetAsideRow,
    SliceRow,
    TransactionRow,
)
from protocol.bodies import DeclinedBody, PrintBody
from protocol.errors import NotARecord
from protocol.records import Record, RecordKind
from protocol.replaying import line_of

BODIES: dict[RecordKind, type[msgspec.Struct]] = {RecordKind.DECLINED: DeclinedBody, RecordKind.PRINT: PrintBody}
"""What only has to be understood."""
MIRRORED = frozenset({RecordKind.TRANSACTION, RecordKind.DAY_CLOSED})
"""What HQ sets aside when it does not understand it."""


class ExportAudit:
    """Takes an export's items one by one. What it says of HQ's file comes before the records: see the wire protocol."""

    def __init__(self, name: str, head: Exported, ring: KeyRing, *, quick: bool) -> None:
        self.name = name
        self.head = head
        self.findings = Findings()
        self.chains: dict[ChainName, ChainCheck] = {}
        self.acknowledgements: list[AcknowledgementRow] = []
        self.forks: list[ForkRow] = []
        self.kept = KeptBooks(self.findings.add)
        self.orders = OrdersCheck(ring, self.findings.add)
        self.records = 0
        self.set_aside: dict[RecordRef, str] = {}
        self.posted: dict[ChainName, int] = {}
        self._ring = ring
        self._quick = quick
        self._by_keeper: defaultdict[str, list[ChainCheck]] = defaultdict(list)
        self._replays: defaultdict[str, Replay] = defaultdict(Replay)
        self._mirrors: defaultdict[str, Mirror] = defaultdict(Mirror)
        self._unproved: Counter[str] = Counter()
        self._first_unproved: dict[str, str] = {}

    @property
    def is_hq(self) -> bool:
        """Whether it was made of HQ's file."""
        return self.head.place == HEADQUARTERS

    def take(self, item: Content) -> None:
        """Take the next item."""
        match item:
            case RecordRow():
                self._take_record(item)
            case TransactionRow() | LotRow() | EntryRow() | SliceRow():
                self.kept.take(item)
            case AcknowledgementRow():
                self.acknowledgements.append(item)
            case ForkRow():
                self.forks.append(item)
            case KeeperRow():
                self._take_keeper(item)
            case ProgressRow():
                self.posted[item.keeper, item.epoch] = item.posted
            case SetAsideRow():
                self.set_aside[RecordRef(Place(item.keeper), item.epoch, item.sequence)] = item.reason
            case Damage():
                self.findings.add(Sort.DAMAGED, item.where, item.what)
            case _:
                assert_never(item)

    def end(self, *, whole: bool) -> None:
        """Say what only the end shows. A book that is not `whole` is not held against its chains."""
        for chain in self.chains.values():
            chain.end()
        if not whole:
            return
        if not any(keeper == self.head.place for keeper, _ in self.chains):
            self.findings.add(Sort.MISSING, self.head.place, "the chain of the keeper whose file this is, is not there")
        if self.is_hq:
            self._check_posting()
        self._compare_books()
        for key, units in self.kept.not_conserved():
            what = f"the entries of account {key.account}, {key.purse}, sum to {units} units and not to zero"
            self.findings.add(Sort.NOT_CONSERVED, key.lot, what)

    def broken_at(self, keeper: str) -> RecordRef | None:
        """The first record of a keeper's chains that cannot be trusted."""
        return next((chain.broken_at for chain in self._by_keeper[keeper] if chain.broken_at), None)

    def _take_record(self, row: RecordRow) -> None:
        self.records += 1
        name = row.keeper, row.epoch
        chain = self.chains.get(name)
        if chain is None:
            vouched = self._ring.of(self.name, name)
            chain = self.chains[name] = ChainCheck(name, vouched, self.findings.add, quick=self._quick)
            self._by_keeper[row.keeper].append(chain)
        record = chain.take(row)
        if record is None:
            return
        if chain.last_is_signed:
            self.orders.take(record, chain.hashes[row.sequence])
        self._replay(record)

    def _replay(self, record: Record) -> None:
        try:
            line: Line | None = line_of(record)
            body = BODIES.get(record.kind)
            if body is not None:
                record.body_as(body)
        except NotARecord as fault:
            self._tell(
                Sort.RULE_BROKEN,
                record.keeper,
                str(record.ref),
                f"what it says is not understood{f': {fault}' if str(fault) else ''}",
            )
            line = None
        if line is not None:
            for finding in self._replays[record.keeper].take(line):
                self._tell(Sort.RULE_BROKEN, record.keeper, finding.at, finding.what)
        if self.is_hq and record.kind in MIRRORED and record.sequence <= self._posted(record):
            self._mirrors[record.keeper].take(record.ref, line)

    def _posted(self, record: Record) -> int:
        return self.posted.get((record.keeper, record.epoch), 0)

    def _tell(self, sort: Sort, keeper: str, at: str, what: str) -> None:
        """A finding; or, of a keeper whose chain is broken, a line that may only follow from that: such are counted."""
        if self.broken_at(keeper) is None:
            self.findings.add(sort, at, what)
        else:
            self._unproved[keeper] += 1
            self._first_unproved.setdefault(keeper, f"{at}: {what}")

    def _compare_books(self) -> None:
        for place, difference in islice(differences(self._proved(), self.kept), FINDINGS_MAX):
            self._tell(Sort.BOOK_DIFFERS, place, difference.at, difference.what)
        for place, count in self._unproved.items():
            first = self._first_unproved[place]
            what = f"{count} lines do not fit what is left of this chain, the first: {first}"
            self.findings.add(Sort.BOOK_UNPROVED, self.broken_at(place), what)

    def _proved(self) -> dict[str, Book]:
        if self.is_hq:
            return {place: mirror.book for place, mirror in self._mirrors.items()}
        return {self.head.place: self._replays[self.head.place].book}

    def _take_keeper(self, row: KeeperRow) -> None:
        if row.keeper == HEADQUARTERS:
            return
        at, vouched = f"{row.keeper}/{row.epoch}", self._ring.of(self.name, (row.keeper, row.epoch))
        if vouched is None or vouched.by is None:
            self.findings.add(Sort.WRONG_KEY, at, "HQ lists it among the keepers, and no order of HQ's has enrolled it")
        elif vouched.hex != row.public_key.hex():
            self.findings.add(Sort.WRONG_KEY, at, f"HQ lists another key for it than the one enrolled in {vouched.by}")
        if row.store != row.keeper.rpartition("-")[0]:
            self.findings.add(Sort.BOOK_DIFFERS, at, f"HQ lists it as a till of store {row.store}")

    def _check_posting(self) -> None:
        for (keeper, epoch), posted in self.posted.items():
            chain = self.chains.get((keeper, epoch))
            held = 0 if chain is None else max(chain.hashes)
            if posted > held:
                at = f"{keeper}/{epoch}/{held + 1}"
                self.findings.add(Sort.MISSING, at, f"HQ has posted up to {posted}, and holds up to {held}")
        for ref, what in self._wrongly_set_aside():
            self._tell(Sort.NOT_POSTED, ref.keeper, str(ref), what)

    def _wrongly_set_aside(self) -> Iterator[tuple[RecordRef, str]]:
        right = {ref for mirror in self._mirrors.values() for ref in mirror.set_aside}
        for ref in sorted(self.set_aside.keys() - right):
            yield ref, f"HQ has set it aside ({self.set_aside[ref]}), and the book takes it"
        for ref in sorted(right - self.set_aside.keys()):
            yield ref, "the book cannot take it, and HQ does not show it as set aside"
