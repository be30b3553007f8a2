"""A whole chain of shops in one process: real stores of tills and HQ, each on its own disk, and lines between them.

Nothing moves by itself. A walk says who asks for what, which frame arrives, when a line is cut, where the power goes
off; check() says what is not as DESIGN 10 has it. One list of acts is one run: nothing else is left to chance.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from checkout.requests import Charge, Entry, Load, PresentedCard, Tender
from hq_server.exporting import export_headquarters
from hq_server.news import ChainId
from hq_server.storage.sqlite import HqStore
from ledger.cards import Card
from ledger.digest import digest
from ledger.ids import OperationId, Place
from ledger.journal_sqlite import SqliteJournal, transaction
from ledger.slices import Asset
from offline_queue.auditing.audit import audit
from offline_queue.book_rows import read_rows
from offline_queue.exporting import heading, save_export
from offline_queue.outbox import Stamp
from protocol.acknowledgements import open_acknowledgement
from protocol.conversation import Draw, Records
from protocol.records import SignedRecord
from terminal.answers import Answer, DayClose, Problem
from terminal.asking import Asked, Moment
from terminal.exporting import TABLES
from terminal.modes import ModeName
from terminal.store import TillStore
from tests.chains.head_office import HeadOffice
from tests.chains.machine import Machine, WentOff
from tests.chains.mirrored import OF_HQ, Mirrored, check_promises
from tests.chains.own_books import OwnBook, add_up, read_own
from tests.chains.shop_till import ShopTill
from tests.chains.till import NOON, asked, moment
from tests.chains.truth import Truth
from tests.hq_server.office import HQ_KEY, HQ_RAW_KEY

SHOPS = (
    ("07-1", ModeName.TRANSFER),
    ("07-2", ModeName.REAL_TIME),
    ("08-1", ModeName.TRANSFER),
)
TILLS_MAX = 5
"""With those that took the place of another."""
ROUNDS_MAX = 300
"""Until nobody has anything more to say; a chain that needs more goes round in a circle."""
Images = dict[str, dict[str, bytes]]


class Chain:
    """Three tills in two stores, enrolled, and HQ. No line is up."""

    def __init__(self, images: Images | None = None) -> None:
        self.now_ms, self.operations = NOON, 0
        self.truth = Truth()
        self.tills: list[ShopTill] = []
        self.revoked: set[ChainId] = set()
        self.events: Counter[str] = Counter()
        """What has happened, so that a walk can show that it happens at all."""
        self._seen: dict[str, bytes] = {}
        self._mirrored = Mirrored()
        self._own: dict[ChainId, OwnBook] = {}
        self._ending: list[ShopTill] = []
        images = images or {}
        self.hq = HeadOffice(self, images.get("hq"))
        for place, mode in SHOPS:
            self._open_shop(place, mode, images.get(place))

    def _open_shop(self, place: str, mode: str, image: dict[str, bytes] | None = None) -> None:
        """A till with a key of its own is enrolled, in the next epoch of its place."""
        key = _key(len(self.tills))
        epoch = 1 if image else self.hq.enrol(Place(place), key.public_key().public_bytes_raw())
        self.tills.append(ShopTill(ChainId(Place(place), epoch), key, mode, self, image))

    # The world of the machines

    def moment(self) -> Moment:
        self.now_ms += 1000
        return moment(self.now_ms)

    def stamp(self) -> Stamp:
        at = self.moment()
        return Stamp(at.now_ms, at.local_date, "hq")

    def hears(self, till: ShopTill, request: Asked, answer: Answer | Problem) -> None:
        self.truth.hear(till.name, request, answer)
        self.events[answer.outcome if isinstance(answer, Answer) else answer] += 1

    def sees(self, signed: SignedRecord) -> None:
        ref = str(signed.open().ref)
        assert self._seen.setdefault(ref, signed.hash) == signed.hash, f"two records {ref} have left one machine"

    def say(self, to: ChainId, frame: bytes) -> None:
        till = self.named(to)
        if till.is_on_line:
            till.down.append(frame)

    def named(self, name: ChainId) -> ShopTill:
        (till,) = (till for till in self.tills if till.name == name)
        return till

    # What may happen

    def act(self, deed: Callable[[], object]) -> None:
        """Do something. Where the power goes off, that machine starts again, and its lines are lost."""
        todo = [deed]
        while todo:
            try:
                todo.pop(0)()
            except WentOff as off:
                self.events["went off"] += 1
                todo.append(partial(self.come_back, off.machine))
            todo += [till.line_ends for till in self._ending]
            self._ending = []

    def come_back(self, machine: object) -> None:
        """A machine starts again, and keeps its word."""
        if machine is self.hq.machine:
            self.hq.come_back()
            self._ending += [till for till in self.tills if till.is_on_line]
            check_promises(self.hq.machine.store._connection, self.hq.said)
            self.hq.settle()
            return
        (till,) = (till for till in self.tills if till.machine is machine)
        self.hq.line_ends(till.name)
        till.come_back()
        self._check_word(till)

    def restart(self, till: ShopTill) -> None:
        """The power of a till goes off between two things that it does."""
        self.act(lambda: self.come_back(till.machine))

    def load_of(self, who: Card, units: int) -> Load:
        return Load(self._operation(), PresentedCard(who, Entry.SWIPED), units, Tender.CASH, "C01", None)

    def charge_of(self, who: Card, units: int) -> Charge:
        return Charge(self._operation(), PresentedCard(who, Entry.SWIPED), units, "C01", None)

    def ask(self, till: ShopTill, request: Charge | Load) -> None:
        self.act(lambda: till.ask(asked(request, self.moment())))

    def connect(self, till: ShopTill) -> None:
        """A line comes up, and replaces one that HQ still believes in."""

        def both() -> None:
            till.connect()
            self.hq.line_begins(till.name)

        if not till.is_on_line:
            self.act(both)

    def cut(self, till: ShopTill, *, hq_knows: bool = True) -> None:
        """A line is cut; HQ may find that out later."""
        if till.is_on_line:
            if hq_knows:
                self.hq.line_ends(till.name)
            self.act(till.line_ends)

    def deliver_up(self, till: ShopTill, frames: int) -> bool:
        """So many frames of a till reach HQ."""
        delivered = False
        while till.up and frames > 0:
            frames, delivered = frames - 1, True
            self.act(lambda: self.hq.hear(till.name, till.up.popleft()))
        return delivered

    def deliver_down(self, till: ShopTill, frames: int) -> bool:
        """So many frames of HQ's reach a till."""
        delivered = False
        while till.down and frames > 0:
            frames, delivered = frames - 1, True
            self.act(till.hear)
        return delivered

    def exchange(self, till: ShopTill) -> bool:
        """All that is under way arrives, and what is new is said and posted, once."""
        self.connect(till)
        self.act(lambda: till.forward(250))
        moved = self.deliver_up(till, 1000)
        self.act(lambda: self.hq.post(till.name))
        return self.deliver_down(till, 1000) or moved

    def carry(self, till: ShopTill, first: int, most: int) -> None:
        """Somebody else brings a run of a chain: again, late, or with a gap before it."""
        run = tuple(till.machine.store.records(first))[:most]
        for signed in run:
            self.sees(signed)
        self.act(lambda: self.hq.take(Records(*till.name, run)))

    def repeat_orders(self, till: ShopTill, after: int) -> None:
        """Directives that a till has carried out come once more."""
        done = till.machine.store.hq.known().directive
        orders = self.hq.machine.store.keeping(lambda keepers: keepers.directives(*till.name, 0))[after:done]
        for order in orders:
            self.act(partial(till.obey, order))

    def recall(self, till: ShopTill, who: Card) -> None:
        """HQ asks for all that a till has of a member's money."""
        wanted = Draw("by-hand", who.token, who.account, Asset.MONEY, 1, 1)
        self.act(lambda: self.hq.recall(wanted, (till.name,)))

    def block(self, who: Card) -> None:
        self.act(lambda: self.hq.order(lambda keepers, stamp: keepers.block(who.token, stamp)))

    def unblock(self, who: Card) -> None:
        self.act(lambda: self.hq.order(lambda keepers, stamp: keepers.unblock(who.token, stamp)))

    def close_day(self, till: ShopTill) -> None:
        def close() -> None:
            assert isinstance(till.machine.do(lambda store: store.close_day(self.moment())), DayClose)

        self.act(close)

    def revoke(self, till: ShopTill) -> None:
        """Its key is trusted no longer. The till may not know for long, and goes on."""
        if till.name in self.revoked:
            return

        def revoke() -> None:
            self.hq.order(lambda keepers, stamp: [till.name] if keepers.revoke(*till.name, stamp) else None)
            self.revoked.add(till.name)

        self.act(revoke)
        self.revoked |= {till.name for till in self.tills if self._is_fenced(till)}

    def enrol_anew(self, till: ShopTill) -> None:
        """Another machine with another key takes over this till's place; the old one goes on as long as it can."""
        if len(self.tills) < TILLS_MAX:
            self.act(lambda: self._open_shop(till.name.keeper, till.mode))

    def _is_fenced(self, till: ShopTill) -> bool:
        return bool(self.hq.machine.store.keeping(lambda keepers: keepers.fences(*till.name)))

    def _operation(self) -> OperationId:
        self.operations += 1
        return OperationId(f"operation-{self.operations}")

    # What must be so

    def check(self) -> None:
        """Every invariant that holds at any time. Raises AssertionError."""
        for till in self.tills:
            if till.machine.is_dirty:
                self._own[till.name] = read_own(till.machine.store._connection, till.name)
                self._check_heard(till)
        if self.hq.machine.is_dirty:
            self._check_hq()
        summed = add_up(self._own.values())
        for account, units in self.truth.left().items():
            has = summed.held.get(account, 0) + summed.under_way.get(account, 0)
            assert has == units, f"{account} has {has}, and what it was told adds up to {units}"
        for machine in self._machines():
            machine.is_dirty = False

    def _check_hq(self) -> None:
        book = self.hq.machine.store._connection
        self._own[OF_HQ] = read_own(book, OF_HQ)
        check_promises(book, self.hq.said)
        stores = {till.name: till.machine.store for till in self.tills}
        keys = {till.name: till.key.public_key().public_bytes_raw() for till in self.tills}
        self._mirrored.check(book, stores, keys | {OF_HQ: HQ_RAW_KEY})

    def _check_heard(self, till: ShopTill) -> None:
        """What a till has had acknowledged, HQ holds."""
        signed = till.machine.store.hq.acknowledgement("furthest")
        if signed is not None:
            check_promises(self.hq.machine.store._connection, {till.name: open_acknowledgement(signed)})

    def _check_word(self, till: ShopTill) -> None:
        """What a till has answered and said is still so."""
        for (name, operation_id), answer in self.truth.answers.items():
            if name == till.name:
                found = till.machine.store.find(operation_id)
                assert found == answer, f"{operation_id} was answered {answer}, and now it is {found}"
        for signed in till.machine.store.records():
            self.sees(signed)

    def settle_down(self) -> None:
        """Deliver everything, post everything, until nobody has anything more to say."""
        for machine in self._machines():
            machine.stay_on()
        for _ in range(ROUNDS_MAX):
            moved = [self.exchange(till) for till in self.tills]
            moved += [self.hq.post(chain) for chain in self.hq.unposted()]
            if not any(moved) and not self.hq.time_out() and not any(till.time_out() for till in self.tills):
                return
        raise AssertionError("they never come to an end")

    def check_quiet(self) -> None:
        """What holds when all is said, beside check(): HQ's mirror is what lies there, and nothing waits."""
        self.check()
        assert not list(self.hq.machine.store._connection.execute("select * from waits"))
        for till in self.tills:
            if till.name not in self.revoked:
                self._check_mirror(till)
        under_way = add_up(self._own.values()).under_way
        assert not under_way or self.revoked, f"{under_way} is under way, and everything has arrived"

    def _check_mirror(self, till: ShopTill) -> None:
        own, hq = till.machine.store, self.hq.machine.store
        head, word = own.head(), hq.acknowledgement(*till.name, self.now_ms)
        assert (word.held, word.posted, word.held_hash) == (head.ref.sequence, head.ref.sequence, head.hash)
        assert own.hq.known().directive == word.directive
        mirror = SqliteJournal(hq._connection, *till.name).everything()
        assert mirror == self._own[till.name].held, f"HQ's mirror of {till.name} is not what lies there"
        assert digest(mirror) == digest(SqliteJournal(own._connection, *till.name).everything())

    def audit(self, folder: Path) -> list[str]:
        """What counterfoil-audit finds in the exports of all of them."""
        paths = [folder / "hq"]
        with transaction(self.hq.machine.store._connection):
            export_headquarters(self.hq.machine.store._connection, paths[0], now_ms=self.now_ms)
        for till in self.tills:
            paths.append(folder / f"{till.name.keeper}.{till.name.epoch}")
            book = till.machine.store._connection
            with transaction(book):
                save_export(paths[-1], heading(till.name.keeper, self.now_ms), read_rows(book, TABLES))
        report = audit(paths, HQ_KEY.public_key()).report
        assert report.exit_code == bool(report.found)
        return [str(found) for found in report.found]

    def _machines(self) -> list[Machine[HqStore] | Machine[TillStore]]:
        return [self.hq.machine, *(till.machine for till in self.tills)]

    def close(self) -> None:
        for machine in self._machines():
            machine.store.close()

    def images(self) -> Images:
        """What lies on all disks when everybody has gone home."""
        return {"hq": self.hq.machine.image()} | {till.name.keeper: till.machine.image() for till in self.tills}


@cache
def opened() -> Images:
    """The disks of a chain that has just opened: every walk begins with a copy of them."""
    return Chain().images()


def _key(number: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes([100 + number]) * 32)
