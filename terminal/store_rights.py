"""A lead's part when a till of its store needs the right to undo a sale: it has whoever may have that bring it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ledger.ids import ChainId
from offline_queue.gateway.host import World
from offline_queue.news import News
from protocol.conversation import Fetch, NoDraw, NotDrawn
from protocol.records import SignedRecord
from terminal.lead_host import OwnBook

BRING_S = 0.6
"""A till that has a right brings it so soon, or not: whoever needs it waits a second for its lead, and not longer."""


class StoreRights:
    """Who waits here for which right, and who is to be asked for it.

    `news` wakes the lines of the others; `look_at_slips` is called when a promise may have been kept.
    """

    def __init__(self, book: OwnBook, news: News, world: World, look_at_slips: Callable[[], None]) -> None:
        self._look_at_slips = look_at_slips
        self._book = book
        self._news = news
        self._world = world
        self._asked: dict[ChainId, dict[str, Fetch]] = {}
        self._waiting: set[asyncio.Event] = set()

    async def fetch(self, chain: ChainId, asked: Fetch) -> SignedRecord | NotDrawn:
        """The record that passes it to who needs it, or that it can't be had here now."""
        found = await self._bring(chain, asked)
        if found is None:
            return NotDrawn(asked.operation_id, NoDraw.NOT_REACHED, (), self._world.now_ms())
        return found

    async def bring_here(self, asked: Fetch) -> None:
        """Have it brought to this very till, if anybody does."""
        await self._bring(ChainId(self._book.identity.place, self._book.identity.epoch), asked)

    def came(self) -> None:
        """Something has come: whoever waits looks again, and what was promised may have been given back with it."""
        self._look_at_slips()
        for event in self._waiting:
            event.set()

    def asked_of(self, chain: ChainId) -> tuple[Fetch, ...]:
        """What this neighbour is to bring; it is said once."""
        return tuple(self._asked.pop(chain, {}).values())

    async def _bring(self, chain: ChainId, asked: Fetch) -> SignedRecord | None:
        came, told = asyncio.Event(), set[ChainId]()
        ends_s = asyncio.get_running_loop().time() + BRING_S
        self._waiting.add(came)
        try:
            while isinstance(found := await self._look(chain, asked), ChainId):
                if not self._news.is_heard(found):
                    return None
                if found not in told:
                    told.add(found)
                    self._ask(found, asked)
                async with asyncio.timeout_at(ends_s):
                    await came.wait()
                came.clear()
        except TimeoutError:
            return None
        finally:
            self._waiting.discard(came)
        return found

    async def _look(self, chain: ChainId, asked: Fetch) -> SignedRecord | ChainId | None:
        now_ms = self._world.now_ms()
        return await self._book.store.do(lambda store: store.rights.fetch(chain, asked.receipt_number, now_ms))

    def _ask(self, chain: ChainId, asked: Fetch) -> None:
        self._asked.setdefault(chain, {})[asked.receipt_number] = asked
        self._news.tell(chain)
