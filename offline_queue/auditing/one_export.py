"""The audit of one export: its chains, and the book that the file keeps against the one that they prove."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import islice
from typing import assert_never

import msgspec

from ledger.audit import Book, Line, Replay
from ledger.ids import HEADQUARTERS, RecordRef, life
from offline_queue.auditing.books import KeptBooks, differences
from offline_queue.auditing.chains import ChainCheck
from offline_queue.auditing.findings import FINDINGS_MAX, Findings, Sort
from offline_queue.auditing.hosting import HostingCheck
from offline_queue.auditing.keys import ChainName, KeyRing
from offline_queue.auditing.orders import Carried, Order, OrdersCheck
from offline_queue.auditing.posting import PostingCheck
from offline_queue.auditing.promises import PromisesCheck
from offline_queue.auditing.promotions import PromotionsCheck
from offline_queue.auditing.recoveries import RecoveriesCheck
from offline_queue.auditing.relays import RelaysCheck
from offline_queue.auditing.rights import RightsCheck
from offline_queue.auditing.risks import RisksCheck
from offline_queue.auditing.transfers import TAKING, GiversRecords, TransfersCheck
from offline_queue.auditing.write_offs import WriteOffsCheck
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
from protocol.hosting import AskedBody, ToldBody, WarrantBody
from protocol.records import Record, RecordKind
from protocol.recoveries import Recovered
from protocol.replaying import line_of
from protocol.rights import RightGiven, RightPassed, RightTaken

BODIES: dict[RecordKind, type[msgspec.Struct]] = {
    RecordKind.DECLINED: DeclinedBody,
    RecordKind.PRINT: PrintBody,
    RecordKind.RECOVERED: Recovered,
    RecordKind.ASKED: AskedBody,
    RecordKind.TOLD: ToldBody,
    RecordKind.WARRANT: WarrantBody,
    RecordKind.RIGHT_GIVEN: RightGiven,
    RecordKind.RIGHT_PASSED: RightPassed,
    RecordKind.RIGHT_TAKEN: RightTaken,
}
"""What only has to be understood."""


class ExportAudit:
    """Takes an export's items one by one, after a first pass in which `ring` and `givers` have heard all of them.

    What HQ's file says of its keepers comes before the records: see the wire protocol.
    """

    def __init__(self, name: str, head: Exported, ring: KeyRing, givers: GiversRecords, *, quick: bool) -> None:
        self.name = name
        self.head = head
        self.findings = Findings()
        self.chains: dict[ChainName, ChainCheck] = {}
        self.acknowledgements: list[AcknowledgementRow] = []
        self.forks: list[ForkRow] = []
        self.kept = KeptBooks(self.findings.add)
        self.orders = OrdersCheck(ring, self.findings.add)
        self.transfers = TransfersCheck(name, ring, self.findings.add)
        self.relays = RelaysCheck(name, ring, self.findings.add)
        self.hosting = HostingCheck(name, ring, self.findings.add)
        self.risks = RisksCheck(lambda ref, what: self._tell(Sort.FLOOR_LIMIT, [ref.keeper], str(ref), what))
        self.promotions = PromotionsCheck(
            lambda ref, what: self._tell(Sort.WRONG_PROMOTION, [ref.keeper], str(ref), what)
        )
        self.promises = PromisesCheck(lambda ref, what: self._tell(Sort.WRONG_PROMISE, [ref.keeper], str(ref), what))
        self.rights = RightsCheck(
            name,
            ring,
            givers.moved,
            lambda record: self._replays[life(record.keeper, record.epoch)].book.lots,
            lambda ref, what: self._tell(Sort.WRONG_RIGHT, [ref.keeper], str(ref), what),
        )
        self.posting = PostingCheck(givers, lambda chain: ring.of(name, chain))
        self.write_offs = WriteOffsCheck(
            givers.lost,
            self.posting,
            lambda keeper, ref, what: self._tell(Sort.WRITE_OFF, [HEADQUARTERS, keeper], str(ref), what),
        )
        self._ring = ring
        self._quick = quick
        self._by_keeper: defaultdict[str, list[ChainCheck]] = defaultdict(list)
        self.recoveries = RecoveriesCheck(ring, self.orders, self.findings.add)
        self._replays: defaultdict[ChainName, Replay] = defaultdict(Replay)
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
            case ProgressRow() | SetAsideRow():
                self.posting.take_row(item)
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
            self.recoveries.end(self.chains)
            self._check_posting()
            self.write_offs.end({(row.keeper, row.epoch) for row in self.forks})
        self._compare_books()
        self._check_sums()

    def is_excused(self, carried: Carried) -> bool:
        """Whether HQ stands by an order that its chain lacks, or still recovers, or went on without that keeper."""
        keeper = f"{carried.at.keeper}/{carried.at.epoch}"
        may_come = not self.recoveries.has_recovered or keeper in self.recoveries.unheard
        is_lost = self.recoveries.is_lost(carried.given_in)
        return carried.hash in self.recoveries.readopted or (is_lost and may_come)

    def may_have_lost(self, order: Order) -> bool:
        """Whether HQ says that it may have lost orders of that epoch, and has none of this number."""
        return self.recoveries.has_ended(order.hq_epoch) and not self.orders.given[order]

    def broken_at(self, keeper: str) -> RecordRef | None:
        """The first record of a keeper's chains that cannot be trusted."""
        return next((chain.broken_at for chain in self._by_keeper[keeper] if chain.broken_at), None)

    def _take_record(self, row: RecordRow) -> None:
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
            self.transfers.take(record, chain.hashes[row.sequence])
            self.relays.take(record)
            self.recoveries.take(record)
            self.risks.take(record)
            self.promises.take(record)
            self.promotions.take(record)
            self.hosting.take(record)
            self.rights.take(record, chain.hashes[row.sequence])
            self.write_offs.take(record)
        self._replay(record)

    def _replay(self, record: Record) -> None:
        try:
            line: Line | None = line_of(record)
            body = BODIES.get(record.kind)
            if body is not None:
                record.body_as(body)
        except NotARecord as fault:
            self._tell_not_understood(record, str(fault).removeprefix(f"{record.ref}: "))
            line, understood = None, False
        else:
            understood = True
        if record.kind is RecordKind.READOPTED and record.keeper == HEADQUARTERS:
            self.recoveries.short(record, self._replays[life(record.keeper, record.epoch)].book.slices)
        if line is not None:
            for finding in self._replays[life(record.keeper, record.epoch)].take(line):
                self._tell(Sort.RULE_BROKEN, [record.keeper], finding.at, finding.what)
        if self.is_hq:
            self.posting.take(record, line, understood=understood)

    def _tell_not_understood(self, record: Record, why: str) -> None:
        if why and record.kind in TAKING:
            self._tell(Sort.WRONG_TAKE, [record.keeper], str(record.ref), f"this cannot be taken: {why}")
        else:
            what = f"what it says is not understood{f': {why}' if why else ''}"
            self._tell(Sort.RULE_BROKEN, [record.keeper], str(record.ref), what)

    def _tell(self, sort: Sort, keepers: Iterable[str], at: str, what: str) -> None:
        """A finding; or, where a keeper's chain is broken, a line that may only follow from that: such are counted."""
        broken = next((keeper for keeper in keepers if self.broken_at(keeper)), None)
        if broken is None:
            self.findings.add(sort, at, what)
        else:
            self._unproved[broken] += 1
            self._first_unproved.setdefault(broken, f"{at}: {what}")

    def _compare_books(self) -> None:
        for odd in islice(differences(self._proved(), self.kept), FINDINGS_MAX):
            self._tell(Sort.BOOK_DIFFERS, odd.keepers, odd.difference.at, odd.difference.what)
        for keeper, count in self._unproved.items():
            first = self._first_unproved[keeper]
            what = f"{count} lines do not fit what is left of this chain, the first: {first}"
            self.findings.add(Sort.BOOK_UNPROVED, self.broken_at(keeper), what)

    def _proved(self) -> dict[ChainName, Book]:
        """What keepers sign is their book; HQ's file has the mirrors of all others beside its own."""
        own = {name: replay.book for name, replay in self._replays.items() if name[0] == self.head.place}
        return own | {name: mirror.book for name, mirror in self.posting.mirrors.items()}

    def _check_sums(self) -> None:
        for key, units in self.kept.not_conserved():
            what = f"the entries of account {key.account}, {key.purse}, sum to {units} units and not to zero"
            self.findings.add(Sort.NOT_CONSERVED, key.lot, what)
        for key, units in self.kept.overtaken() if self.is_hq else ():
            what = f"of account {key.account}, {key.purse}, {-units} units more were taken than given"
            self.findings.add(Sort.OVERTAKEN, key.lot, what)
        for key, units in self.kept.overnetted() if self.is_hq else ():
            what = f"of account {key.account}, {key.purse}, {units} units more were netted than a refund has left owed"
            self.findings.add(Sort.OVERNETTED, key.lot, what)

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
        for (keeper, epoch), posted in self.posting.posted.items():
            chain = self.chains.get((keeper, epoch))
            held = 0 if chain is None else max(chain.hashes)
            if posted > held:
                at = f"{keeper}/{epoch}/{held + 1}"
                self.findings.add(Sort.MISSING, at, f"HQ has posted up to {posted}, and holds up to {held}")
        for wrong in self.posting.faults(self.transfers, {(row.keeper, row.epoch) for row in self.forks}):
            self._tell(wrong.sort, [wrong.keeper], str(wrong.at), wrong.what)
