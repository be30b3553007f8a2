"""Write-offs: what HQ gave back of a lost place lay there, or was under way to it, and two people decided it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import NamedTuple, TypeAlias

from ledger.audit import Book
from ledger.ids import HEADQUARTERS, RecordRef
from ledger.slices import SliceKey
from ledger.transactions import Side
from offline_queue.auditing.keys import ChainName
from offline_queue.auditing.posting import PostingCheck
from protocol.bodies import Directive, Enrol, Revoke
from protocol.errors import NotARecord
from protocol.people import how_many
from protocol.records import Record, RecordKind
from protocol.recoveries import Readopted
from protocol.transfers import Passage, given_in, outgoing, taken_in
from protocol.write_offs import PEOPLE, WrittenOff, key_of

Tell: TypeAlias = Callable[[str, RecordRef, str], None]
"""Hears of the keeper whose chain it rests on, the record that is wrong, and what is."""


class Gift(NamedTuple):
    """What was given to a place, by which record of whom: HQ's own, or the giver's."""

    at: RecordRef
    units: Mapping[SliceKey, int]


class WriteOffsCheck:
    """Hears every record of HQ's file. `lost` are the places that it writes off, `posting` does again what it posts."""

    def __init__(self, lost: set[ChainName], posting: PostingCheck, tell: Tell) -> None:
        self._lost = lost
        self._posting = posting
        self._tell = tell
        self._written: list[tuple[RecordRef, WrittenOff]] = []
        self._gifts: defaultdict[ChainName, dict[RecordRef, Gift]] = defaultdict(dict)
        self._taken: defaultdict[RecordRef, list[RecordRef]] = defaultdict(list)
        """What was given to a lost place, and by which record it says to have it."""
        self._home: defaultdict[ChainName, dict[RecordRef, Gift]] = defaultdict(dict)
        """What HQ took from a lost place, or had back of what it gave to one."""
        self._closed: defaultdict[ChainName, list[RecordRef]] = defaultdict(list)
        """The records of HQ's by which a keeper was revoked, or another one put in its place."""
        self._sums: defaultdict[ChainName, Counter[SliceKey]] = defaultdict(Counter)
        self._back: defaultdict[ChainName, Counter[SliceKey]] = defaultdict(Counter)
        """What was written off and taken back as it had come home."""
        self._first: dict[ChainName, RecordRef] = {}
        self._places: dict[ChainName, LostPlace] = {}

    def take(self, record: Record) -> None:
        """Note what has to do with a lost place."""
        if self._lost:
            with suppress(NotARecord, ValueError):  # the replay says so
                self._take(record)

    def end(self, forked: set[ChainName]) -> None:
        """All is read; `forked` are the chains of which HQ keeps two."""
        for ref, body in sorted(self._written, key=lambda one: one[0]):
            self._check(ref, body, forked)

    def notes(self) -> Iterator[str]:
        """What was written off, and what of it the company has paid."""
        for (keeper, epoch), sums in sorted(self._sums.items()):
            written, paid = Counter[str](), Counter[str]()
            for key, units in sums.items():
                written[key.purse] += units
                paid[key.purse] += max(units - self._place((keeper, epoch)).there(key), 0)
            for purse in sorted(written):
                what = f"{written[purse]} units of {purse} were written off at {keeper}/{epoch}"
                yield f"{what}; the company has paid {paid[purse]} of them."

    def _take(self, record: Record) -> None:
        chain, passage, taken = (record.keeper, record.epoch), given_in(record), taken_in(record)
        if passage is not None and (passage.to, passage.to_epoch) in self._lost:
            gift = Gift(record.ref if record.keeper == HEADQUARTERS else passage.giver, _units(passage))
            self._gifts[passage.to, passage.to_epoch].setdefault(passage.giver, gift)
        if taken is not None and chain in self._lost:
            self._taken[taken.giver].append(record.ref)
        if record.keeper != HEADQUARTERS:
            return
        if taken is not None:
            is_back = record.kind is RecordKind.RECLAIMED
            home = (taken.to, taken.to_epoch) if is_back else (taken.giver.keeper, taken.giver.epoch)
            if home in self._lost:
                self._home[home][taken.giver] = Gift(record.ref, _units(taken))
        match record.kind:
            case RecordKind.WRITTEN_OFF:
                self._written.append((record.ref, record.body_as(WrittenOff)))
            case RecordKind.DIRECTIVE:
                self._close(record.ref, record.body_as(Directive))
            case RecordKind.READOPTED:
                self._close(record.ref, record.body_as(Readopted).directive.open().body_as(Directive))
            case _:
                pass

    def _close(self, at: RecordRef, directive: Directive) -> None:
        match directive.order:
            case Revoke():
                self._closed[directive.to, directive.to_epoch].append(at)
            case Enrol():
                for keeper, epoch in self._lost:
                    if keeper == directive.to and epoch < directive.to_epoch:
                        self._closed[keeper, epoch].append(at)
            case _:
                pass

    def _check(self, ref: RecordRef, body: WrittenOff, forked: set[ChainName]) -> None:
        chain = (body.keeper, body.epoch)
        name = f"{body.keeper}/{body.epoch}"
        self._first.setdefault(chain, ref)
        people = how_many(body.by)
        if people < PEOPLE:
            self._tell(HEADQUARTERS, ref, f"it writes off what lies at {name} by the word of {people}")
        if chain not in forked and not any(at < ref for at in self._closed[chain]):
            self._tell(HEADQUARTERS, ref, f"it writes off what lies at {name}, which may spend it")
        if body.posted > self._posting.posted.get(chain, 0):
            self._tell(body.keeper, ref, f"it names record {body.posted} of {name}, which HQ has not posted")
        for part in body.parts:
            with suppress(ValueError):  # the replay says so
                key = key_of(part)
                self._check_part(ref, chain, key, part.units, body.posted)
                self._sums[chain][key] += part.units

    def _check_part(self, ref: RecordRef, chain: ChainName, key: SliceKey, units: int, posted: int) -> None:
        before = self._sums[chain][key]
        of = f"account {key.account}, {key.purse}, lot {key.lot}"
        if units > 0:
            left = max(self._place(chain).there(key, posted, ref) - before, 0)
            if units > left:
                what = f"of {of} it writes off {units} units at {chain[0]}/{chain[1]}, and {left} are left to write off"
                self._tell(chain[0], ref, what)
            return
        since = self._first[chain]
        came = sum(gift.units.get(key, 0) for gift in self._home[chain].values() if since < gift.at < ref)
        home = came - self._back[chain][key]
        self._back[chain][key] -= units
        if -units > min(before, home):
            what = f"of {of} it takes back {-units} units, and {max(min(before, home), 0)} have come home"
            self._tell(chain[0], ref, what)

    def _place(self, chain: ChainName) -> LostPlace:
        if chain not in self._places:
            mirror, refused = self._posting.mirrors.get(chain), self._posting.refused()
            gifts = {giver: gift for giver, gift in self._gifts[chain].items() if giver not in refused}
            takes = ((giver, at) for giver, found in self._taken.items() for at in found if at not in refused)
            taken = {giver: at.sequence for giver, at in takes}
            book = Book() if mirror is None else mirror.book
            self._places[chain] = LostPlace(book, gifts, taken, self._home[chain])
        return self._places[chain]


class LostPlace:
    """What lies at a lost place, or is under way to it, at any point of its chain and of HQ's."""

    def __init__(
        self,
        book: Book,
        gifts: Mapping[RecordRef, Gift],
        taken: Mapping[RecordRef, int],
        home: Mapping[RecordRef, Gift],
    ) -> None:
        self._taken = taken
        self._home = home
        self._moves: defaultdict[SliceKey, list[tuple[int, int]]] = defaultdict(list)
        self._gifts: defaultdict[SliceKey, list[tuple[RecordRef, RecordRef, int]]] = defaultdict(list)
        for entry, units in book.entries.items():
            if entry.side is Side.HELD:
                self._moves[entry.key].append((entry.ref.sequence, units))
        for giver, gift in gifts.items():
            for key, units in gift.units.items():
                self._gifts[key].append((giver, gift.at, units))

    def there(self, key: SliceKey, posted: int | None = None, by: RecordRef | None = None) -> int:
        """By its chain up to record `posted`, and HQ's before record `by`; None: all of them.

        Of what other tills gave nobody can say when HQ heard of it: all that HQ has posted counts.
        """
        lies = sum(units for sequence, units in self._moves[key] if posted is None or sequence <= posted)
        return lies + sum(units for giver, at, units in self._gifts[key] if self._is_under_way(giver, at, posted, by))

    def _is_under_way(self, giver: RecordRef, at: RecordRef, posted: int | None, by: RecordRef | None) -> bool:
        is_later = at.keeper == HEADQUARTERS and by is not None and at > by
        has_come = giver in self._taken and (posted is None or self._taken[giver] <= posted)
        is_back = giver in self._home and (by is None or self._home[giver].at < by)
        return not (is_later or has_come or is_back)


def _units(passage: Passage) -> Mapping[SliceKey, int]:
    return {key: -units for key, units in outgoing(passage).held_changes().items()}
