"""HQ's directives as they come over a line: checked, carried out once and in their order, or doubted and shown."""

from __future__ import annotations

import structlog

from offline_queue.doubts import Doubt, Given, Hearer, check_directive
from protocol.bodies import Order, Relay, Roster, RunAs
from protocol.records import SignedRecord
from protocol.rights import Entrust
from protocol.upstream import LineLost
from terminal.drawing import Drawing
from terminal.exchanges import Occasion
from terminal.hq_standing import HqStanding
from terminal.settling import settle
from terminal.store_thread import StoreThread
from terminal.till import Till

log = structlog.get_logger()


class Directives:
    """Carries them out. What sales wait for is settled with its sale."""

    def __init__(self, till: Till, store: StoreThread, hearer: Hearer, standing: HqStanding) -> None:
        self._till = till
        self._store = store
        self._hearer = hearer
        self._standing = standing

    async def obey(self, signed: SignedRecord) -> None:
        """Carry a directive out; after one that can't be, no more on this line. Raises LineLost, DiskFull."""
        if self._standing.disobeyed is not None:
            return
        doubt = await self.follow(signed)
        if doubt is not None and doubt.is_of_the_line:
            raise LineLost(doubt)
        if doubt is not None:
            log.error("a directive of hq's is not carried out", doubt=doubt)
            self._standing.disobeyed = doubt

    async def follow(self, signed: SignedRecord) -> Doubt | None:
        """Carry a directive out, whoever has brought it; what is wrong with it. Raises DiskFull."""
        given = check_directive(signed, self._hearer)
        doubt = given if isinstance(given, Doubt) else await self._carry_out(given)
        if isinstance(given, Given) and doubt is None:
            self._standing.known = await self._store.do(lambda store: store.hq.known())
            await self._tell(given.directive.order)
        return doubt

    async def _tell(self, order: Order) -> None:
        match order:
            case RunAs():
                await self._till.look_at_book()
                self._till.exchange(Occasion.MODE)
            case Roster():
                self._till.roster_changed.set()
            case Entrust() | Relay():
                self._till.slips.work.set()  # what was promised may have been given back with it
            case _:
                pass

    async def _carry_out(self, given: Given) -> Doubt | None:
        waiting = self._drawing.claim(given.directive.order)
        if waiting is not None:
            return await settle(self._till, self._store, given, waiting)
        moment = self._till.moment()
        return await self._store.do(lambda store: store.hq.apply(given, moment))

    @property
    def _drawing(self) -> Drawing:
        return self._till.drawing
