"""One of a walk's machines: a till's core on a disk whose power can be cut, and which comes back."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import suppress
from random import Random
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.journal_sqlite import BookError, BookUnusable
from protocol.bodies import TransactionBody
from protocol.records import Record, RecordKind
from receipts.wording import Language
from simulation.disk import Disk, PowerCut
from simulation.files import Files
from simulation.loop import Program, VirtualLoop
from terminal.asking import Identity
from terminal.shop import Shop
from terminal.store import TillStore
from terminal.store_thread import StoreThread
from terminal.till import Till
from terminal.world import World
from tests.chains.company import PROGRAMME, SCHEME
from tests.terminal.hosted_pair import ANSWERED


class Around(NamedTuple):
    """What a machine stands in; `went_off` is to switch it on again."""

    loop: VirtualLoop
    chance: Random
    now_ms: Callable[[], int]
    went_off: Callable[[Side], None]


class Side:
    """One machine: its disk outlives its programs."""

    def __init__(
        self,
        around: Around,
        identity: Identity,
        key: Ed25519PrivateKey,
        run: Callable[[Side], Coroutine[Any, Any, None]],
    ) -> None:
        self.around, self.identity, self.run = around, identity, run
        self._key = key
        self.disk = Disk(Random(around.chance.random()))
        self.program: Program | None = None
        self.is_ready = False

    def switch_on(self) -> None:
        self.program = Program(self.identity.place)
        self._files = Files(self.disk)
        self.around.loop.spawn(self.program, self._begin())

    async def _begin(self) -> None:
        try:
            vfs, sign = self._files.vfs_name, self._key.sign
            self.book = TillStore.open(f"{self.identity.place}.db", self.identity, sign, PROGRAMME, vfs=vfs)
        except (BookError, BookUnusable):
            assert self.disk.is_off
            self.around.went_off(self)
            return
        self.store, around = StoreThread(self.book), self.around
        shop = Shop(self.identity, "Maple", "Main Street", Language.TAIWAN, ZoneInfo("Asia/Taipei"), "hosted", 0.5)
        names = (f"{self.identity.place}-{one}" for one in iter(around.chance.random, None))
        world = World(
            around.now_ms, around.loop.time, lambda: next(names), around.chance.random, around.chance.randbytes
        )
        self.till = Till(shop, SCHEME, PROGRAMME, self.store, world)
        self.till.hq = ANSWERED
        await self.till.begin()
        await self.run(self)

    def go_off(self) -> None:
        """From here on nothing that its program does reaches the disk or anybody else."""
        assert self.program is not None
        self.disk.cut_at = min(self.disk.changes, self.disk.cut_at or self.disk.changes)
        self.around.loop.cut(self.program)
        self.program, self.is_ready = None, False
        with suppress(PowerCut, AttributeError):
            self.book.close()

    def come_back(self, *, killed: bool) -> None:
        """`killed`: only the program had died."""
        if killed:
            self.disk.start()
        else:
            self.disk.power_on()
        self.switch_on()

    def moved(self) -> list[tuple[Record, TransactionBody]]:
        """The movements of its own chain."""
        records = [signed.open() for signed in self.book.records()]
        return [(one, one.body_as(TransactionBody)) for one in records if one.kind is RecordKind.TRANSACTION]
