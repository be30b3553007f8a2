"""A whole chain of shops in one process: real stores of tills and HQ, each on its own disk, and lines between them.

Nothing moves by itself. A walk says who asks for what, which frame arrives, when a line is cut, where the power goes
off; check() says what is not as DESIGN 10 has it. One list of acts is one run: nothing else is left to chance.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from functools import cache, partial

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hq_server.storage.sqlite import HqStore
from ledger.cards import Card
from ledger.ids import ChainId, Place
from ledger.slices import Asset
from offline_queue.doubts import Doubt
from offline_queue.outbox import Stamp
from protocol.conversation import Draw, Records
from protocol.records import SignedRecord
from simulation.checks.chain import Keeper
from simulation.checks.mirrored import check_promises
from simulation.checks.truth import Truth
from terminal.answers import Answer, DayClose, Problem
from terminal.asking import Asked, Moment
from terminal.clock_guard import DATE_DAYS_MAX
from terminal.modes import ModeName
from terminal.store import TillStore
from tests.chains.company import POINTS_TOO
from tests.chains.counter import Counter
from tests.chains.head_office import HeadOffice
from tests.chains.machine import Machine, WentOff
from tests.chains.shop_till import ShopTill
from tests.chains.till import NOON, Request, asked, moment

SHOPS = (
    ("07-1", ModeName.TRANSFER),
    ("07-2", ModeName.REAL_TIME),
    ("08-1", ModeName.TRANSFER),
)
TILLS_MAX = 5
"""With those that took the place of another."""
LATE = (Doubt.OLDER_HQ, Doubt.ORDER_MISSING, Doubt.ORDER_CHANGED)
"""Why a till does not carry out an order that comes behind all others."""
ROUNDS_MAX = 50
"""Until nobody has anything more to say; a chain that needs more goes round in a circle."""
Images = dict[str, dict[str, bytes]]


def nobody() -> None:
    """Looks at nothing."""


class Chain:
    """Three tills in two stores, enrolled, and HQ. No line is up."""

    def __init__(self, images: Images | None = None) -> None:
        self.now_ms, self._names = NOON, 0
        self.counter = Counter()
        self.truth = Truth(POINTS_TOO)
        self.tills: list[ShopTill] = []
        self.revoked: set[ChainId] = set()
        self.gone: set[ChainId] = set()
        self.watch: Callable[[], None] = nobody
        """Called between two acts."""
        self._old_orders: defaultdict[ChainId, list[SignedRecord]] = defaultdict(list)
        """Of epochs that HQ has ended, as far as nobody has brought them once more."""
        self._copied: tuple[dict[str, bytes], int, frozenset[ChainId]] | None = None
        self._seen: dict[str, bytes] = {}
        self._ending: list[ShopTill] = []
        self.all_is_told = True
        """A till that goes off in mid-sale is asked at once what became of it."""
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

    def new_name(self) -> str:
        self._names += 1
        return f"draw-{self._names:06d}"

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
            with suppress(WentOff):
                todo.pop(0)()
            todo += [partial(self.come_back, machine) for machine in self.machines() if machine.disk.is_off]
            todo += [till.line_ends for till in self._ending]
            self._ending = []
        self.watch()

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

    def ask(self, till: ShopTill, request: Request) -> None:
        words = asked(request, self.moment())
        self.truth.asks(till.name, words)
        self.act(lambda: till.ask(words))

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
        known = till.machine.store.hq.known()
        if known.hq_epoch != self.hq.machine.store.own_head().ref.epoch:
            return
        done = known.directive
        orders = self.hq.machine.store.keeping(lambda keepers: keepers.directives(*till.name, 0))[after:done]
        for order in orders:
            self.act(partial(till.obey, order))

    def copy_hq(self) -> None:
        """Somebody copies HQ's disk."""

        def copy() -> None:
            self._copied = self.hq.copy(), len(self.tills), frozenset(self.revoked)
            self._ending += [till for till in self.tills if till.is_on_line]

        if not self.hq.is_recovering:
            self.act(copy)

    def put_hq_back(self) -> None:
        """HQ's disk fails, and the copy takes its place; tills that it does not know are another story."""
        if self._copied is None or self._copied[1:] != (len(self.tills), frozenset(self.revoked)):
            return
        image = self._copied[0]

        def put_back() -> None:
            for till in self.tills:
                self._old_orders[till.name] += self.hq.orders(till.name)
            self._ending += [till for till in self.tills if till.is_on_line]
            self.hq.put_back(image)

        self.act(put_back)

    def bring_old_order(self, till: ShopTill) -> bool:
        """Whoever has kept it brings a till an order that HQ gave before it was put back, and forgot or not.

        False: there is none any more.
        """
        orders = self._old_orders[till.name]
        if not orders:
            return False
        order = orders.pop(0)
        self.act(lambda: till.obey(order, but=LATE))
        return True

    def end_recovery(self) -> None:
        self.act(self.hq.end_recovery)

    def recall(self, till: ShopTill, who: Card, asset: Asset) -> None:
        """HQ asks for all that a till has of a member's money, or points."""
        if self.hq.is_recovering:
            return
        wanted = Draw("by-hand", who.token, who.account, asset, 1, 1)
        self.act(lambda: self.hq.recall(wanted, (till.name,)))

    def block(self, who: Card) -> None:
        self.act(lambda: self.hq.order(lambda keepers, stamp: keepers.block(who.token, stamp)))

    def unblock(self, who: Card) -> None:
        self.act(lambda: self.hq.order(lambda keepers, stamp: keepers.unblock(who.token, stamp)))

    def close_day(self, till: ShopTill) -> None:
        """It runs ahead of the calendar, which stands still, only as far as nobody doubts the clock for it."""
        opened, today = till.machine.store.head().business_date, self.moment().local_date
        if (date.fromisoformat(opened) - date.fromisoformat(today)).days >= DATE_DAYS_MAX:
            return

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

    def is_open(self, till: Keeper) -> bool:
        """Whether HQ may ask it for value, and give it some."""
        return self.hq.machine.store.keeping(lambda keepers: keepers.is_open(*till.name))

    def _is_fenced(self, till: ShopTill) -> bool:
        return bool(self.hq.machine.store.keeping(lambda keepers: keepers.fences(*till.name)))

    # At the end

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
        for machine in self.machines():
            machine.stay_on()
        for _ in range(ROUNDS_MAX):
            moved = [self.exchange(till) for till in self.tills]
            moved += [self._post(chain) for chain in self.hq.unposted()]
            if not any(moved) and not self.hq.time_out() and not any(till.time_out() for till in self.tills):
                return
        raise AssertionError("they never come to an end")

    def _post(self, chain: ChainId) -> bool:
        posted = self.hq.post(chain)
        self.watch()
        return posted

    def machines(self) -> list[Machine[HqStore] | Machine[TillStore]]:
        """HQ's and those of all tills."""
        return [self.hq.machine, *(till.machine for till in self.tills)]

    def close(self) -> None:
        for machine in self.machines():
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
