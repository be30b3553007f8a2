"""HQ on a disk whose power goes off: tills send, HQ takes, posts, acknowledges, and after each start keeps its word."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

from hq_server.storage.showing import Showing
from ledger.audit import compare, replay
from ledger.ids import HEADQUARTERS
from protocol.acknowledgements import Acknowledgement
from protocol.chain import verify_each
from protocol.records import SignedRecord
from protocol.replaying import lines
from simulation.disk import Disk, PowerCut
from simulation.files import Files
from tests.chains.book_reading import read_book
from tests.hq_server.forger import ALICE, Keeper, part, traded
from tests.hq_server.office import HQ_KEY, NOON_MS, STAMP, Office

KILLED = 0.3
ACTS_MAX = 400
BATCH_MAX = 12


class Headquarters:
    """Everything that this HQ has said stays said. `tamper` is done to each store that is opened."""

    def __init__(self, seed: int, *, sloppy: bool = False) -> None:
        self.chance = random.Random(seed)
        self.disk = Disk(self.chance, powersafe=self.chance.random() < 0.5)
        self.keepers = (traded(2), traded(2, place="07-3", seed=8))
        self._sloppy = sloppy
        self._files: Files | None = None
        self._office: Office | None = None
        self._enrolled: set[str] = set()
        self._fenced: set[str] = set()
        self._said: dict[str, Acknowledgement] = {}
        self._returned: set[str] = set()
        self._drawn: dict[tuple[str, int], bytes] = {}
        self._done: Counter[str] = Counter()

    def live_through(self, *cuts: int) -> list[str]:
        """Work until each cut, and check after it; what was not kept, in words, at the first bad start."""
        for changes in (*cuts, None):
            self.disk.cut_at = None if changes is None else self.disk.changes + changes
            broken = list(self._live(0 if changes is None else ACTS_MAX))
            self._end()
            if broken:
                return broken
        return []

    def _live(self, acts: int) -> Iterator[str]:
        try:
            self._files = Files(self.disk)
            self._office = Office("hq.db", vfs=self._files.vfs_name)
            if self._sloppy:
                self._office.store._connection.execute("pragma synchronous=normal")
            broken = list(self._broken_promises(self._office))
            yield from broken
            acts = 0 if broken else acts
            self._office.store._connection.wal_autocheckpoint(self.chance.choice((1, 10, 1000)))
            for _ in range(acts):
                self._act(self._office)
        except PowerCut:
            return

    def _end(self) -> None:
        """The power goes off, or only the program is killed: then the disk still has, unsynced, what it wrote."""
        self.disk.cut_at = self.disk.changes
        if self._office is not None:
            with suppress(PowerCut):
                self._office.store.close()
        if self.chance.random() < KILLED:
            self.disk.start()
        else:
            self.disk.power_on()

    def _act(self, office: Office) -> None:
        keeper = self.chance.choice(self.keepers)
        if keeper.place not in self._enrolled:
            office.enrol(keeper)
            self._enrolled.add(keeper.place)
        luck = self.chance.random()
        if luck < 0.4:
            keeper.load(ALICE, self.chance.randrange(1, 100))
        elif luck < 0.7:
            first = self.chance.randrange(1, len(keeper.chain) + 1)
            office.take(keeper.batch(first, first + self.chance.randrange(BATCH_MAX)))
        elif luck < 0.75:
            self._return_something(keeper)
        elif luck < 0.8:
            self._draw(office, keeper)
        elif luck < 0.85:
            self._carry_out(office, keeper)
        elif luck < 0.95:
            office.store.post(keeper.place, 1, STAMP)
        elif luck < 0.955:
            office.store.keeping(lambda book: book.revoke(keeper.place, 1, STAMP))
            self._fenced.add(keeper.place)
        self._said[keeper.place] = office.store.acknowledgement(keeper.place, 1, NOON_MS)

    def _return_something(self, keeper: Keeper) -> None:
        """Some of the last lot that it has loaded, once; its own book would know how much is left of it."""
        lots = [lot for lot in keeper.loaded if lot not in self._returned]
        if lots:
            self._returned.add(lots[-1])
            keeper.give(ALICE, part(lots[-1], 1))

    def _draw(self, office: Office, keeper: Keeper) -> None:
        number = self.chance.randrange(1, 30)
        drawn = office.draw(keeper, self.chance.randrange(1, 5), operation_id=f"operation-{number}")
        if isinstance(drawn, SignedRecord):
            told = self._drawn.setdefault((keeper.place, number), drawn.content)
            assert told == drawn.content, "a draw was answered twice, and not alike"

    def _carry_out(self, office: Office, keeper: Keeper) -> None:
        """The till has heard what HQ has said until now, and does the next of it."""
        done = self._done[keeper.place]
        for directive in office.directives(keeper, done)[:1]:
            keeper.apply(directive)
            self._done[keeper.place] += 1

    def _broken_promises(self, office: Office) -> Iterator[str]:
        verify_each(office.store.records(HEADQUARTERS, 1), HQ_KEY.public_key())
        known = {view.keeper for view in office.store.showing(Showing.keepers)}
        yield from _unbalanced(office)
        yield from self._lost_draws(office)
        yield from (f"{place} is enrolled no more" for place in self._enrolled - known)
        for keeper in self.keepers:
            if keeper.place in self._said and keeper.place in known:
                yield from self._broken_for(office, keeper, self._said[keeper.place])

    def _lost_draws(self, office: Office) -> Iterator[str]:
        """Every draw that was answered is in HQ's chain, and HQ's own book is what that chain says."""
        own = list(office.store.records(HEADQUARTERS, 1))
        known = {signed.content for signed in own}
        for (place, number), content in self._drawn.items():
            if content not in known:
                yield f"{place} has drawn {number}, and HQ knows nothing of it"
        replayed = replay(lines(own))
        yield from map(str, replayed.findings)
        yield from map(str, compare(replayed.book, read_book(office.store._connection, HEADQUARTERS)))

    def _broken_for(self, office: Office, keeper: Keeper, said: Acknowledgement) -> Iterator[str]:
        now = office.store.acknowledgement(keeper.place, 1, NOON_MS)
        held = office.held(keeper)
        if now.held < said.held or held != [signed.content for signed in keeper.chain[: now.held]]:
            yield f"{keeper.place} had {said.held} records acknowledged as held, and now it has {now.held}"
        if now.posted < said.posted or now.posted > now.held:
            yield f"{keeper.place} had {said.posted} records posted, and now it has {now.posted}"
        if now.directive < said.directive:
            yield f"{keeper.place} was given directive {said.directive}, and now the last is {now.directive}"
        if keeper.place in self._fenced and not office.view(keeper).fences:
            yield f"{keeper.place} was revoked, and now it is trusted"
        replayed = replay(lines(keeper.chain[: now.posted]))
        yield from map(str, compare(replayed.book, read_book(office.store._connection, keeper.place)))


def _unbalanced(office: Office) -> list[str]:
    try:
        office.assert_conserved()
    except AssertionError as fault:
        return [f"value was made or lost: {fault}"]
    return [f"{line.record} was set aside: {line.reason}" for line in office.suspense()]
