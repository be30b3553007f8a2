"""A till's part in its store: the line to the lead, or, where it is the lead or its witness, a door for others."""

from __future__ import annotations

import asyncio

import msgspec
import structlog

from ledger.ids import ChainId
from offline_queue.doubts import Hearer
from offline_queue.gateway.door import Door
from offline_queue.login import Caller
from protocol.signing import public_key
from terminal.config import LanSettings
from terminal.drawing import LEAD_TIMEOUT_S, Drawing
from terminal.exchanges import Exchanges
from terminal.hq_above import HqAbove
from terminal.lead_host import HandedOn, LeadHost, OwnBook
from terminal.lead_status import LeadState, LeadStatus
from terminal.lines import Lines
from terminal.listening import until_one_ends
from terminal.modes import KeptUp
from terminal.neighbour_above import NeighbourAbove, Tell
from terminal.neighbours import Led, Listener
from terminal.store_rights import StoreRights
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
        self.chance = world.random_bytes


class StoreLead:
    """Runs what the roster wants. `lan` says where this till may listen; None: it can be neither lead nor witness."""

    def __init__(  # noqa: PLR0913, PLR0917 - a till's parts, put together in one place only
        self, till: Till, book: OwnBook, world: World, lan: LanSettings | None, lines: Lines, hq: HqAbove
    ) -> None:
        self._till = till
        self._lines = lines
        self._hq = hq
        self._handed_on = HandedOn()
        till.hand_on = self._handed_on.keep
        self._book = book
        self._world = world
        self._lan = lan
        self._uplink: Uplink | None = None

    def wake(self) -> None:
        """The chain grows: whoever is above gets its copy. May be called from any thread."""
        if self._uplink is not None:
            self._uplink.wake()

    async def run(self) -> None:
        """Do what the last roster wants until cancelled. Raises BookBroken."""
        while True:
            led = await self._led()
            await until_one_ends(self._take_part(led), self._until_led_by_another(led))

    async def _led(self) -> Led:
        self._till.roster_changed.clear()
        return await self._book.store.do(lambda store: store.lending.led())

    async def _until_led_by_another(self, led: Led) -> None:
        """A roster that names the same lead ends no line: somebody may wait for what comes over it."""
        await self._till.roster_changed.wait()
        while await self._led() == led:
            await self._till.roster_changed.wait()

    async def _take_part(self, led: Led) -> None:
        here, (lead, witness) = self._book.identity.place, led
        if lead is None:
            await self._till.on_lead(None)
            await asyncio.Event().wait()
        elif lead.place == here:
            await self._lead(witness)
        elif witness is not None and witness.place == here:
            await until_one_ends(self._follow(lead), self._be_there(_tell_nobody))
        else:
            await self._follow(lead)

    async def _follow(self, lead: Listener) -> None:
        """Draw from the lead, and copy to it."""

        async def tell(state: LeadState) -> None:
            await self._till.on_lead(LeadStatus(lead.place, state))

        await self._copy_to(lead, self._till.lead_drawing, tell)

    async def _lead(self, witness: Listener | None) -> None:
        """Be there for the others, and copy to the witness."""
        stand = LeadStatus(self._book.identity.place, LeadState.SHUT)

        async def tell(state: LeadState) -> None:
            nonlocal stand
            stand = msgspec.structs.replace(stand, state=state)
            await self._till.on_lead(stand)

        async def tell_of_witness(state: LeadState) -> None:
            nonlocal stand
            stand = msgspec.structs.replace(stand, witness=state)
            await self._till.on_lead(stand)

        if witness is None:
            await self._be_there(tell)
        else:
            nobody_draws = Drawing(LEAD_TIMEOUT_S)
            await until_one_ends(self._be_there(tell), self._copy_to(witness, nobody_draws, tell_of_witness))

    async def _copy_to(self, above: Listener, drawing: Drawing, told: Tell) -> None:
        """Keep the line to a neighbour up."""
        me, key = self._book.identity, public_key(above.keeper.public_key)
        hearer, chain = Hearer(me.place, me.epoch, key), ChainId(above.place, above.keeper.epoch)
        neighbour = NeighbourAbove(self._till, self._book.store, self._hq, hearer, chain, drawing, told)
        caller = Caller(me.place, me.epoch, self._book.sign, above.place, self._world.random_bytes)
        line = self._lines.to(above.address, caller, key)
        self._uplink = Uplink(neighbour, self._book.store, line, self._world, Exchanges(None, KeptUp))
        try:
            await self._uplink.begin()
            await self._uplink.run()
        finally:
            self._uplink = None

    async def _be_there(self, told: Tell) -> None:
        """Listen for those who copy to here; where that can't be had, try again later."""
        world = LanWorld(self._world)
        rights = StoreRights(self._book, self._handed_on.news, world, self._till.slips.work.set)
        host = LeadHost(self._book, world, self._till.moment, self._handed_on, rights)
        self._till.deciding.bring_right = rights.bring_here
        door = Door(host, lines_max=LINES_MAX, records_per_s=RECORDS_PER_S)
        while True:
            try:
                await self._listen(door, told)
            except OSError as fault:
                log.warning("cannot listen for the other tills", lan=self._lan, why=str(fault))
            await told(LeadState.SHUT)
            await asyncio.sleep(LISTEN_AGAIN_S)

    async def _listen(self, door: Door, told: Tell) -> None:
        """Until cancelled; without an address not at all. Raises OSError."""
        if self._lan is None:
            log.warning("HQ has named this till, and its settings do not say where it listens: [lan]")
            return
        async with self._lines.listening(door, self._lan):
            log.info("listening for the other tills", lan=self._lan)
            await told(LeadState.HERE)
            await asyncio.Event().wait()


async def _tell_nobody(_: LeadState) -> None:
    """The page shows the lead, not its witness."""
