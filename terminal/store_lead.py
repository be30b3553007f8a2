"""A till's part in its store: the line to the lead, or, where it is the lead itself, the door for the others."""

from __future__ import annotations

import asyncio
import secrets

import structlog

from offline_queue.doubts import Hearer
from offline_queue.gateway.door import Door
from offline_queue.gateway.listening import listening
from offline_queue.link import Link
from offline_queue.login import Caller
from protocol.bodies import Lead, Neighbour
from protocol.signing import public_key
from terminal.answers import LeadState, LeadStatus
from terminal.config import LanSettings
from terminal.exchanges import Exchanges
from terminal.lead_above import LeadAbove
from terminal.lead_host import LeadHost, OwnBook
from terminal.till import Till
from terminal.uplink import Uplink
from terminal.world import World

LINES_MAX = 200
"""Tills of one store."""
RECORDS_PER_S = 2_000
"""Of one neighbour. After a day without its lead it has some thousands."""
LISTEN_AGAIN_S = 30.0

log = structlog.get_logger()


class LanWorld:
    """A till's world, as the gateway wants it."""

    def __init__(self, world: World) -> None:
        self.now_ms = world.now_ms
        self.monotonic_s = world.monotonic_s
        self.chance = secrets.token_bytes


class StoreLead:
    """Runs what the roster wants. `lan` says where this till may listen; None: it can't be a lead."""

    def __init__(self, till: Till, book: OwnBook, world: World, lan: LanSettings | None) -> None:
        self._till = till
        self._book = book
        self._world = world
        self._lan = lan
        self._uplink: Uplink | None = None

    def wake(self) -> None:
        """The chain grows: the lead gets its copy. May be called from any thread."""
        if self._uplink is not None:
            self._uplink.wake()

    async def run(self) -> None:
        """Do what the last roster wants until cancelled. Raises BookBroken."""
        while True:
            led = await self._led()
            part = asyncio.create_task(self._take_part(led))
            change = asyncio.create_task(self._until_led_by_another(led))
            try:
                await asyncio.wait((part, change), return_when=asyncio.FIRST_COMPLETED)
                if part.done():
                    part.result()
            finally:
                for task in (part, change):
                    task.cancel()
                await asyncio.gather(part, change, return_exceptions=True)

    async def _led(self) -> tuple[Lead, Neighbour] | None:
        self._till.roster_changed.clear()
        return await self._book.store.do(lambda store: store.lending.lead())

    async def _until_led_by_another(self, led: tuple[Lead, Neighbour] | None) -> None:
        """A roster that names the same lead ends no line: somebody may wait for what comes over it."""
        await self._till.roster_changed.wait()
        while await self._led() == led:
            await self._till.roster_changed.wait()

    async def _take_part(self, led: tuple[Lead, Neighbour] | None) -> None:
        if led is None:
            await self._till.on_lead(None)
            await asyncio.Event().wait()
        elif led[0].place == self._book.identity.place:
            await self._lead()
        else:
            await self._follow(*led)

    async def _follow(self, lead: Lead, keeper: Neighbour) -> None:
        """Keep the line to the lead up."""
        me, key = self._book.identity, public_key(keeper.public_key)
        above = LeadAbove(self._till, self._book.store, Hearer(me.place, me.epoch, key), keeper.place, keeper.epoch)
        link = Link(lead.address, Caller(me.place, me.epoch, self._book.sign, lead.place), key)
        self._uplink = Uplink(above, self._book.store, link, self._world, Exchanges(None, lambda: self._till.mode))
        try:
            await self._uplink.begin()
            await self._uplink.run()
        finally:
            self._uplink = None

    async def _lead(self) -> None:
        """Be there for the others; where that can't be had, try again later."""
        host = LeadHost(self._book, LanWorld(self._world))
        door = Door(host, lines_max=LINES_MAX, records_per_s=RECORDS_PER_S)
        while True:
            try:
                await self._listen(door)
            except OSError as fault:
                log.warning("cannot listen for the other tills", lan=self._lan, why=str(fault))
            await self._tell(LeadState.SHUT)
            await asyncio.sleep(LISTEN_AGAIN_S)

    async def _listen(self, door: Door) -> None:
        """Until cancelled; without an address not at all. Raises OSError."""
        if self._lan is None:
            log.warning("this till is its store's lead, and its settings do not say where it listens: [lan]")
            return
        async with listening(door, self._lan.host, self._lan.port):
            log.info("listening for the other tills", lan=self._lan)
            await self._tell(LeadState.HERE)
            await asyncio.Event().wait()

    async def _tell(self, state: LeadState) -> None:
        await self._till.on_lead(LeadStatus(self._book.identity.place, state))
