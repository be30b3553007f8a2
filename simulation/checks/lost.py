"""What HQ has written off of lost tills, against what lay there by all that it knew: decision 25, invariants 5 and 9.

HQ's own sums are not looked at here but where they are compared: everything is added up anew from books and records.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from hq_server.storage.keepers import Keepers
from hq_server.storage.sqlite import HqStore
from ledger.ids import HEADQUARTERS, AccountId, ChainId, LotId, Place, RecordRef
from ledger.journal_sqlite import Connection
from ledger.slices import Asset, Purse, SliceKey
from ledger.transactions import Side
from offline_queue.outbox import Chain as Records
from protocol.bodies import Directive, Enrol, Revoke
from protocol.people import how_many
from protocol.records import Record, RecordKind
from protocol.write_offs import PEOPLE, WrittenOff, key_of
from simulation.checks.chain import Running
from simulation.checks.own_books import OwnBook
from simulation.checks.whose import Whose, whose

Books = Mapping[ChainId, OwnBook]
"""Every keeper's, as HQ has them: its own, and its mirrors of the tills."""


class WriteOffs:
    """`units` is what was written off so far, by lost place and slice; `has_news`: maybe more than at the last look."""

    def __init__(self) -> None:
        self.has_news = False
        self.units: defaultdict[ChainId, Counter[SliceKey]] = defaultdict(Counter)
        self._since: dict[ChainId, int] = {}
        """Up to which record each place's chain was posted when it was first written off."""
        self._seen = 0, 0
        self._starts = 0

    def fresh(self, hq: Running[HqStore]) -> list[Record]:
        """The records of HQ's that write something off and were not looked at yet."""
        has_started = self._starts != hq.starts
        if has_started:
            # Where HQ was put back from a copy, some of them are gone; and one may be there that nobody has heard of.
            self._starts, self._seen = hq.starts, (0, 0)
            self.units.clear()
            self._since.clear()
        records = list(self._read_on(hq.store._connection))
        self.has_news = bool(records)
        if has_started:
            self._note(records)
        return [] if has_started else records

    def _read_on(self, book: Connection) -> Iterator[Record]:
        query = (
            "select epoch, sequence from transactions where keeper = ? and kind = 'write_off'"
            " and (epoch, sequence) > (?, ?) order by epoch, sequence"
        )
        for at in list(book.execute(query, (HEADQUARTERS, *self._seen))):
            self._seen = at
            record = _record(book, RecordRef(HEADQUARTERS, *at))
            assert record.kind is RecordKind.WRITTEN_OFF, f"{record.ref} gives something back, and is a {record.kind}"
            yield record

    def check(self, fresh: list[Record], books: Books, hq: HqStore) -> None:
        """What one commit has written off comes back to its members as it has to. Raises AssertionError."""
        before = {chain: Counter(units) for chain, units in self.units.items()}
        self._note(fresh)
        touched: defaultdict[tuple[ChainId, SliceKey], list[int]] = defaultdict(list)
        for record in fresh:
            body = record.body_as(WrittenOff)
            chain = ChainId(Place(body.keeper), body.epoch)
            posted = hq._connection.execute("select posted from progress where keeper = ? and epoch = ?", chain).get
            assert how_many(body.by) == PEOPLE, f"{record.ref}: {body.by} have written off {chain}"
            assert not hq.keeping(partial(_is_open, chain)), f"{chain} may spend what is back"
            assert body.posted <= posted, f"{record.ref} goes by record {body.posted} of {chain}: {posted} are posted"
            for part in body.parts:
                touched[chain, key_of(part)].append(part.units)
        for (chain, key), units in touched.items():
            there, now = there_by(books, chain)[key], self.units[chain][key]
            of = f"{key} at {chain}: {units} were written off, {now} in all, and {there} are there"
            assert now == there if max(units) > 0 else there <= now, of
            home = came_home(books, chain)[key]
            assert min(units) > 0 or before[chain][key] - now <= home, f"{of}; {home} have come home"

    def _note(self, records: list[Record]) -> None:
        for record in records:
            body = record.body_as(WrittenOff)
            chain = ChainId(Place(body.keeper), body.epoch)
            self._since.setdefault(chain, body.posted)
            self.units[chain].update({key_of(part): part.units for part in body.parts})

    def given_back(self) -> Counter[Whose]:
        """So much was written off, of whom."""
        sums: Counter[Whose] = Counter()
        for units in self.units.values():
            for key, one in units.items():
                sums[whose(key)] += one
        return sums

    def paid(self, books: Books) -> Counter[Whose]:
        """What of it the company has paid, by what HQ knows: it is not there, and not under way to there."""
        sums: Counter[Whose] = Counter()
        for chain, units in self.units.items():
            there = there_by(books, chain)
            for key, one in units.items():
                sums[whose(key)] += max(one - there[key], 0)
        return sums

    def check_settled(self, books: Books, hq: HqStore) -> None:
        """When all is said nothing lies at a place that was written off and is not back. Raises AssertionError."""
        for view in hq.showing(lambda showing: showing.keepers()):
            chain, said = ChainId(Place(view.keeper), view.epoch), view.write_off
            if said is None or said.agreed_by is None:
                assert not self.units[chain], f"{chain} was written off, and nobody has agreed"
                continue
            assert said.is_done, f"{chain} is still to be written off"
            there, units = there_by(books, chain), self.units[chain]
            beyond = +Counter({key: there[key] - units[key] for key in there})
            assert not beyond, f"{chain} was written off, and {beyond} there are nobody's"
            sums = _by_asset(units)
            paid = _by_asset({key: max(one - there[key], 0) for key, one in units.items()})
            gone = _gone_since(books[chain], hq._connection, self._since.get(chain, 0))
            over = +Counter({key: one - there[key] - gone[key] for key, one in units.items()})
            assert not over, f"{chain}: the company has paid {over} that nobody there has spent or given away"
            found = said.money, said.points, said.paid_money, said.paid_points
            assert found == (sums[Asset.MONEY], sums[Asset.POINTS], paid[Asset.MONEY], paid[Asset.POINTS]), (
                f"{chain}: HQ says {said}, and it is {sums}, of which {paid} were paid"
            )


class Fences:
    """To take a key's trust away, or to give a place another keeper, moves nothing: invariant 9.

    While somebody does so, each commit of HQ's is looked at.
    """

    def __init__(self) -> None:
        self._going_on = 0
        self._before: tuple[RecordRef, object] | None = None

    @contextmanager
    def watching(self, hq: Running[HqStore]) -> Iterator[None]:
        """Somebody at HQ, which is on, fences or enrols."""
        self._going_on += 1
        self._before = hq.store.own_head().ref, _sums(hq.store._connection)
        try:
            yield
        finally:
            self._going_on -= 1

    def look(self, hq: Running[HqStore]) -> None:
        """HQ has made a commit. Raises AssertionError."""
        if not self._going_on:
            self._before = None
            return
        book, head = hq.store._connection, hq.store.own_head().ref
        now = head, _sums(book)
        if self._before is not None and self._before[0].epoch == head.epoch:
            after = self._before[0].sequence
            done = [signed.open() for signed in hq.store.records(Place(HEADQUARTERS), head.epoch, after)]
            orders = [one.body_as(Directive).order for one in done if one.kind is RecordKind.DIRECTIVE]
            if any(isinstance(order, Enrol | Revoke) for order in orders):
                assert now[1] == self._before[1], f"{head} fences or enrols, and moves {self._before[1]} to {now[1]}"
        self._before = now


def _is_open(chain: ChainId, keepers: Keepers) -> bool:
    return keepers.is_open(*chain)


def there_by(books: Books, chain: ChainId) -> Counter[SliceKey]:
    """What lies at a place, or is under way to it."""
    there = Counter(books[chain].held)
    taken = {giver for book in books.values() for giver in book.taken}
    for book in books.values():
        for giver in book.given.keys() - taken:
            if book.takers[giver] == chain:
                there.update(book.given[giver])
    return there


def came_home(books: Books, chain: ChainId) -> Counter[SliceKey]:
    """What HQ has taken of a place, or has had back of what it had given to it."""
    home: Counter[SliceKey] = Counter()
    for book in books.values():
        if book.name.keeper != HEADQUARTERS:
            continue
        for giver, parts in book.taken.items():
            ref = RecordRef.parse(giver)
            assert ref is not None, giver
            if ChainId(ref.keeper, ref.epoch) == chain or book.takers[giver] == chain:
                home.update(parts)
    return home


def _gone_since(lost: OwnBook, book: Connection, since: int) -> Counter[SliceKey]:
    """What has left a place by its keeper's records behind `since`, but for what has come home to HQ."""
    home = {giver for giver in lost.given if lost.takers[giver].keeper == HEADQUARTERS}
    query = (
        "select sequence, account, purse, lot, units from entries"
        " where keeper = ? and epoch = ? and side = ? and sequence > ? and units < 0"
    )
    gone: Counter[SliceKey] = Counter()
    for sequence, account, purse, lot, units in book.execute(query, (*lost.name, Side.HELD, since)):
        if str(RecordRef(*lost.name, sequence)) not in home:
            gone[SliceKey(AccountId(account), Purse(purse), LotId(lot))] -= units
    return gone


def _by_asset(units: Mapping[SliceKey, int]) -> Counter[Asset]:
    sums: Counter[Asset] = Counter()
    for key, one in units.items():
        sums[whose(key)[1]] += one
    return sums


def _sums(book: Connection) -> object:
    """What members have, all places together, and what is on no place's side."""
    held = list(book.execute("select account, purse, sum(units) from slices group by account, purse"))
    return held, list(book.execute("select purse, side, sum(units) from entries group by purse, side"))


def _record(book: Connection, ref: RecordRef) -> Record:
    signed = Records(book, ref.keeper, ref.epoch).record(ref.sequence)
    assert signed is not None, f"{ref} writes something off, and is no record"
    return signed.open()
