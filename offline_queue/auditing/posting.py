"""What HQ says it did with its keepers' chains, held against what it must do with them."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from enum import Enum, auto
from typing import NamedTuple

from ledger.audit import Line
from ledger.ids import HEADQUARTERS, OperationId, Place, RecordRef
from offline_queue.auditing.findings import Sort
from offline_queue.auditing.keys import ChainName, Vouched
from offline_queue.auditing.mirror import Mirror
from offline_queue.auditing.transfers import TAKING, GiversRecords, TransfersCheck
from offline_queue.export_items import ProgressRow, SetAsideRow
from protocol.bodies import Directive, Revoke
from protocol.errors import NotARecord
from protocol.records import Record, RecordKind, SignedRecord
from protocol.recoveries import Readopted
from protocol.replaying import posting_of
from protocol.signing import Context, is_signed_by
from protocol.transfers import given_in, giver_of

MIRRORED = TAKING | {
    *(RecordKind.TRANSACTION, RecordKind.DAY_CLOSED, RecordKind.GIVEN),
    *(RecordKind.NETTED, RecordKind.WRITTEN_OFF, RecordKind.FUNDED),
}
"""What HQ sets aside when it does not understand it."""

GIVER_FENCED = "giver_fenced"
"""Why HQ sets aside a take whose giver it fenced before it heard of the gift, and what was given did not lie there."""


class Wrong(NamedTuple):
    """Something that HQ did, or left undone, with a keeper's record."""

    sort: Sort
    keeper: str
    at: RecordRef
    what: str


class Due(NamedTuple):
    """A record that HQ had to post: what it tells of the book, and whose record it takes.

    `refused`: it cannot be understood, or HQ cannot take what it gives.
    """

    ref: RecordRef
    line: Line | None
    giver: SignedRecord | None
    refused: bool


class Stands(Enum):
    """How the giver's record stands at HQ."""

    POSTED = auto()
    REFUSED = auto()
    """HQ has set it aside; or it is not its keeper's word, and what HQ holds under its number says something else."""
    NOT_YET = auto()
    """It is genuine, and not held or not posted."""
    NOT_READ = auto()
    """It is posted, and comes later in the export."""


class PostingCheck:
    """Posts every chain of HQ's file again, as far as HQ says that it is posted. HQ's rows come before the records."""

    def __init__(self, givers: GiversRecords, key_of: Callable[[ChainName], Vouched | None]) -> None:
        self.posted: dict[ChainName, int] = {}
        self.set_aside: dict[RecordRef, str] = {}
        self.mirrors: dict[ChainName, Mirror] = {}
        self.waiting: dict[ChainName, RecordRef] = {}
        """Chains whose next record takes what is not posted yet, and which record that is."""
        self._givers = givers
        self._key_of = key_of
        self._operations: defaultdict[str, set[OperationId]] = defaultdict(set)
        self._due: defaultdict[ChainName, deque[Due]] = defaultdict(deque)
        self._too_early: list[Wrong] = []
        self._revoked: set[ChainName] = set()
        self._fenced: dict[RecordRef, RecordRef] = {}
        """What HQ says to have set aside as it never hears of the giver's record, and which record that is."""
        self._late_gifts: set[SignedRecord] = set()
        """What fenced keepers gave by records that HQ does not hold, and that it has posted."""
        self._closed: set[ChainName] | None = None
        """The chains of which HQ takes nothing more, once all is read."""

    def take_row(self, row: ProgressRow | SetAsideRow) -> None:
        """Take what HQ says of a chain."""
        match row:
            case ProgressRow():
                self.posted[row.keeper, row.epoch] = row.posted
            case SetAsideRow():
                self.set_aside[RecordRef(Place(row.keeper), row.epoch, row.sequence)] = row.reason

    def take(self, record: Record, line: Line | None, *, understood: bool) -> None:
        """Do with a keeper's record what HQ must do; `line` is what it tells of the book, if anything."""
        if record.keeper == HEADQUARTERS and understood:
            self._note_revoked(record)
        if record.keeper == HEADQUARTERS or record.kind not in MIRRORED:
            return
        name, giver = (record.keeper, record.epoch), giver_of(record) if understood else None
        beyond = record.sequence - self.posted.get(name, 0)
        if beyond <= 0:
            refused = not understood or self._is_too_early(record)
            self._due[name].append(Due(record.ref, line, giver, refused))
            self._go_on(name)
        elif beyond == 1 and giver is not None and self._stands(giver) is Stands.NOT_YET:
            self.waiting[name] = giver.open().ref

    def faults(self, transfers: TransfersCheck, forked: set[ChainName]) -> Iterator[Wrong]:
        """What is wrong, when all is read: `transfers` are those of the whole export, `forked` the chains with two."""
        closed = self._closed = self._revoked | forked
        self._go_on_with_all()
        yield from self._too_early
        for ref, giver in sorted(self._fenced.items()):
            if (giver.keeper, giver.epoch) not in closed:
                what = f"HQ has set it aside ({GIVER_FENCED}), and nothing keeps it from hearing of {giver}"
                yield Wrong(Sort.NOT_POSTED, ref.keeper, ref, what)
        right = self.refused()
        for ref in sorted(self.set_aside.keys() - right):
            what = f"HQ has set it aside ({self.set_aside[ref]}), and the book takes it"
            yield Wrong(Sort.NOT_POSTED, ref.keeper, ref, what)
        for ref in sorted(right - self.set_aside.keys()):
            what = "the book cannot take it, and HQ does not show it as set aside"
            yield Wrong(Sort.NOT_POSTED, ref.keeper, ref, what)
        yield from self._wrongly_taken(transfers, right)
        yield from self._not_taken(transfers, right)

    def refused(self) -> set[RecordRef]:
        """The records that HQ was right, or would have been right, to set aside."""
        return {ref for mirror in self.mirrors.values() for ref in mirror.set_aside}

    def _go_on(self, name: ChainName, *, by_force: bool = False) -> None:
        """Post what is due, up to a record whose giver is not read yet; `by_force` posts that one, too."""
        due, mirror = self._due[name], self._mirror(name)
        while due:
            giver = due[0].giver
            stands = Stands.POSTED if giver is None else self._stands_for(due[0].ref, giver, by_force=by_force)
            if stands is Stands.NOT_READ and not by_force:
                return
            self._post(due.popleft(), mirror, stands)
            by_force = False

    def _go_on_with_all(self) -> None:
        """Post what waited for a chain that came later. Only a broken chain leaves something that must be forced."""
        while waiting := [name for name, due in self._due.items() if due]:
            left = sum(len(self._due[name]) for name in waiting)
            for name in waiting:
                self._go_on(name)
            if left == sum(len(self._due[name]) for name in waiting):
                self._go_on(waiting[0], by_force=True)

    def _post(self, due: Due, mirror: Mirror, stands: Stands) -> None:
        if due.refused or stands is Stands.REFUSED:
            mirror.refuse(due.ref)
            return
        if due.giver is not None and stands is Stands.NOT_YET:
            what = f"HQ has posted it before the record {due.giver.open().ref} that it takes"
            self._too_early.append(Wrong(Sort.NOT_POSTED, due.ref.keeper, due.ref, what))
        if due.line is not None:
            mirror.take(due.line)

    def _mirror(self, name: ChainName) -> Mirror:
        if name not in self.mirrors:
            self.mirrors[name] = Mirror(self._operations[name[0]])
        return self.mirrors[name]

    def _note_revoked(self, record: Record) -> None:
        given = record if record.kind is RecordKind.DIRECTIVE else None
        if record.kind is RecordKind.READOPTED:
            given = record.body_as(Readopted).directive.open()
        directive = None if given is None else given.body_as(Directive)
        if directive is not None and isinstance(directive.order, Revoke):
            self._revoked.add((directive.to, directive.to_epoch))

    def _stands_for(self, taker: RecordRef, quoted: SignedRecord, *, by_force: bool) -> Stands:
        """The same for who takes it: HQ may say that it never hears of that record, which the end must bear out."""
        stands, why = self._stands(quoted), self.set_aside.get(taker)
        if stands is not Stands.NOT_YET:
            return stands
        if why == GIVER_FENCED:
            self._fenced[taker] = quoted.open().ref
            return Stands.REFUSED
        if quoted in self._late_gifts:
            return Stands.POSTED
        if why is not None or self._givers.has(quoted) is not None:
            return stands
        return self._late(taker, quoted, by_force=by_force)

    def _late(self, taker: RecordRef, quoted: SignedRecord, *, by_force: bool) -> Stands:
        """HQ has posted what only this taker brings: its giver is fenced, and what it gave lay there (decision 33)."""
        given = quoted.open()
        name = (given.keeper, given.epoch)
        if self._closed is None or (self._due[name] and not by_force):
            return Stands.NOT_READ
        if name not in self._closed:
            return Stands.NOT_YET
        try:
            posting = posting_of(given)
        except NotARecord:
            return Stands.REFUSED
        mirror = self._mirror(name)
        if posting is None or not mirror.takes_late(posting):
            what = f"HQ has posted that it takes what {given.ref} gives, and that did not lie with {name[0]}/{name[1]}"
            self._too_early.append(Wrong(Sort.NOT_POSTED, taker.keeper, taker, what))
        self._late_gifts.add(quoted)
        return Stands.POSTED

    def _stands(self, quoted: SignedRecord) -> Stands:
        giver = quoted.open().ref
        if self._givers.is_back(quoted):
            return Stands.REFUSED
        name, has = (giver.keeper, giver.epoch), self._givers.has(quoted)
        if has is None:
            vouched = self._key_of(name)
            genuine = vouched is not None and is_signed_by(vouched.key, Context.RECORD, quoted)
            return Stands.NOT_YET if genuine else Stands.REFUSED
        if not has:
            return Stands.REFUSED
        if giver.keeper == HEADQUARTERS:  # what HQ gives, it posts at once
            return Stands.POSTED
        return self._stands_in(self.mirrors.get(name), giver)

    def _stands_in(self, mirror: Mirror | None, giver: RecordRef) -> Stands:
        if not self._is_posted(giver):
            return Stands.NOT_YET
        if mirror is not None and giver in mirror.set_aside:
            return Stands.REFUSED
        return Stands.POSTED if mirror is not None and giver in mirror.book.transactions else Stands.NOT_READ

    def _is_too_early(self, record: Record) -> bool:
        """It gives to an epoch of HQ that has not begun."""
        passage = given_in(record)
        return passage is not None and passage.to == HEADQUARTERS and passage.to_epoch > self._givers.hq_epoch

    def _is_posted(self, ref: RecordRef) -> bool:
        return ref.sequence <= self.posted.get((ref.keeper, ref.epoch), 0)

    def _wrongly_taken(self, transfers: TransfersCheck, right: set[RecordRef]) -> Iterator[Wrong]:
        for take in transfers.takes:
            if take.at.keeper != HEADQUARTERS or take.giver.keeper == HEADQUARTERS:
                continue
            if not self._is_posted(take.giver):
                what = f"HQ has taken what {take.giver} gives, and has not posted that record"
                yield Wrong(Sort.WRONG_TAKE, take.giver.keeper, take.at, what)
            elif take.giver in right:
                what = f"HQ has taken what {take.giver} gives, and its book cannot take that record"
                yield Wrong(Sort.WRONG_TAKE, take.giver.keeper, take.at, what)

    def _not_taken(self, transfers: TransfersCheck, right: set[RecordRef]) -> Iterator[Wrong]:
        taken = {take.giver for take in transfers.takes if take.at.keeper == HEADQUARTERS}
        for ref, gift in transfers.gifts.items():
            if gift.to == HEADQUARTERS and self._is_posted(ref) and ref not in right | taken:
                what = "HQ has posted that this was given to it, and its own chain does not take it"
                yield Wrong(Sort.NOT_TAKEN, ref.keeper, ref, what)
