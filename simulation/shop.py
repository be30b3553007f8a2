"""A till of the chain: the real program on a simulated machine, around its real book."""

from __future__ import annotations

import asyncio
from enum import Enum
from random import Random
from typing import NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.cards import CardScheme
from ledger.ids import ChainId, agent_of
from loyalty.programme import Programme
from simulation.loop import here
from simulation.machine import Machine
from simulation.marker import MemoryMarker
from simulation.net import HQ_ADDRESS, Cable, Net, StoreLines
from simulation.paper import LANGUAGE, PAPER
from simulation.printer import ShopPrinter
from terminal.asking import Identity
from terminal.config import LanSettings, TillSettings
from terminal.exchanges import ExchangeRules
from terminal.hq_file import HqFile
from terminal.modes import ModeName
from terminal.printing import Looks
from terminal.shop import Shop
from terminal.store import TillStore
from terminal.till import Till
from terminal.wiring import Core, put_together
from terminal.world import World

ZONE = ZoneInfo("Asia/Taipei")
SOFTWARE = "counterfoil simulated"
LOOKS = Looks(again_s=30.0, idle_s=300.0)
"""At printers, more seldom than in a shop: the chain has days, and each look costs the book some calls."""
Manner: TypeAlias = tuple[ModeName, ExchangeRules | None]
"""How a store is run at first, and when its tills call HQ in transfer mode; None: their lines are kept up."""


class HqAnswer(NamedTuple):
    """HQ's file for a till, and the epoch of HQ's that it is of."""

    content: bytes
    hq_epoch: int


class Fate(Enum):
    """Where a machine is."""

    IN_SHOP = "in the shop"
    LOST = "lost"
    """Stolen or broken for good; what is on its disk nobody in the chain knows."""
    FOUND = "found"
    """It runs again, somewhere: no customer stands before it."""


class ShopTill:
    """Its place in one epoch, with one key. `core` is what runs now."""

    def __init__(  # noqa: PLR0913, PLR0917 - what a till is made of
        self,
        name: ChainId,
        key: Ed25519PrivateKey,
        net: Net,
        chance: Random,
        company: tuple[Programme, CardScheme],
        cables: tuple[Cable, Cable, Cable],
        manner: Manner,
        start_ms: int,
    ) -> None:
        self.name, self.key = name, key
        self.marker = MemoryMarker()
        self.core: Core | None = None
        self.fate = Fate.IN_SHOP
        self.is_doomed = False
        """It is going to be lost."""
        self.successor: ShopTill | None = None
        """The machine at which its customers are served now."""
        self.hq_key = b""
        self.has_copy = False
        """Somebody has put an old copy into the machine."""
        self.old_files: list[HqAnswer] = []
        """What HQ has answered on sticks; they lie about in the shop."""
        self._programme, self._scheme = company
        *self._to_hq, self._lan = cables
        self.mode, self.exchange = manner
        self._start_ms = start_ms
        self.printer = None if agent_of(name.keeper) is not None else ShopPrinter(net.loop, Random(chance.random()))
        """What stands beside the till; places at HQ have none."""
        self.machine: Machine[TillStore] = Machine(f"{name.keeper}.{name.epoch}", net, chance)
        self.machine.open_book, self.machine.run = self._open, self._run

    @property
    def till(self) -> Till:
        """The till as its page and POS reach it."""
        assert self.core is not None, f"{self.machine.name} is off"
        return self.core.till

    @property
    def latest(self) -> ShopTill:
        """Who serves its customers now: it, or the last of those that have taken its place."""
        return self if self.successor is None else self.successor.latest

    def unplug(self) -> None:
        """From its next start on it has no line to anybody."""
        nowhere = Cable("nowhere")
        nowhere.pull()
        self._to_hq, self._lan = [nowhere], nowhere

    @property
    def address(self) -> str:
        """Where it listens for its neighbours, if it is to."""
        lan = self._lan_settings
        return f"http://{lan.host}:{lan.port}"

    @property
    def _lan_settings(self) -> LanSettings:
        """Where one of a place is found again, another has its address."""
        return LanSettings(f"{'old-' * (self.fate is Fate.FOUND)}{self.name.keeper}.example")

    def _identity(self) -> Identity:
        store, till = self.name.keeper.split("-")
        return Identity(store, till, self.key.public_key().public_bytes_raw(), SOFTWARE, self.name.epoch)

    def _open(self, vfs_name: str) -> TillStore:
        return TillStore.open(
            "till.db", self._identity(), self.key.sign, self._programme, vfs=vfs_name, marker=self.marker
        )

    async def _run(self, book: TillStore) -> None:
        """What counterfoil-till does, without readers and pages."""
        who, machine = book.identity, self.machine
        names = Random(machine.chance.random())
        world = World(
            now_ms=lambda: self._start_ms + round(machine.loop.time() * 1000) + machine.clock_off_ms,
            monotonic_s=machine.monotonic_s,
            new_id=lambda: names.randbytes(9).hex(),
            chance=names.random,
            random_bytes=names.randbytes,
        )
        settings = TillSettings(
            who.store,
            who.till,
            "Maple",
            f"Store {who.store}",
            mode=self.mode,
            exchange=self.exchange,
            lan=self._lan_settings,
        )
        shop = Shop(who, settings.chain_name, settings.store_name, LANGUAGE, ZONE, self.mode)
        hq = HqFile(HQ_ADDRESS, self.hq_key, self.name.epoch)
        lines = StoreLines(machine.net, here(), self._to_hq, self._lan)
        core = put_together(shop, self._scheme, self._programme, book, self.key.sign, hq, settings, world, lines)
        assert core.uplink is not None
        assert core.lead is not None
        await core.till.begin()
        assert not self.has_copy or book.trust.problem is not None, f"{self.name} believes an old disk"
        await core.uplink.begin()
        jobs = [core.uplink.run()]
        if core.agent is not None:
            await core.agent.begin()
            jobs += [core.lead.run(), core.agent.run()]
        if self.printer is not None:
            jobs.append(core.till.printing(self.printer, PAPER, LOOKS).run())
        self.core = core
        machine.serve()
        await asyncio.gather(*jobs)
