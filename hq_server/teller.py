"""HQ's teller: answers draws, and calls value home from other tills when too little of it lies at HQ."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec

from hq_server.storage.drawing import Drawn, Short
from hq_server.storage.sqlite import HqStore
from ledger.ids import AccountId, ChainId
from offline_queue.book_thread import BookThread
from offline_queue.news import News, OfAccount
from offline_queue.outbox import Stamp
from protocol.conversation import Draw, NoDraw, NotDrawn
from protocol.records import SignedRecord

WAITING_MAX = 1000
"""Draws for which something is on its way home; each looks at the book again at every step of its member's."""


class Teller:
    """Gives value to tills. `stamp` is what a record of HQ's carries now."""

    def __init__(
        self, store: BookThread[HqStore], news: News, stamp: Callable[[], Stamp], *, recall_wait_s: float
    ) -> None:
        self._store = store
        self._news = news
        self._stamp = stamp
        self._recall_wait_s = recall_wait_s
        self._waiting = 0

    async def draw(self, chain: ChainId, asked: Draw) -> SignedRecord | NotDrawn:
        """The directive that gives, or why not, within `recall_wait_s` and what the book takes to answer."""
        # Listening before the first look: what comes home while this draw is under way is kept for it.
        with self._news.about(OfAccount(AccountId(asked.account))) as posted:
            drawn = await self._look(chain, asked)
            if not isinstance(drawn, Short):
                return drawn
            if self._waiting >= WAITING_MAX:
                return msgspec.structs.replace(drawn.no, code=NoDraw.BUSY)
            self._waiting += 1
            try:
                return await self._wait(chain, asked, drawn, posted)
            finally:
                self._waiting -= 1

    async def _wait(self, chain: ChainId, asked: Draw, short: Short, posted: asyncio.Event) -> SignedRecord | NotDrawn:
        loop = asyncio.get_running_loop()
        ends_s = loop.time() + self._recall_wait_s
        while await self._call_home(asked, short):
            try:
                async with asyncio.timeout_at(ends_s):
                    await posted.wait()
            except TimeoutError:
                break
            posted.clear()
            drawn = await self._look(chain, asked)
            if not isinstance(drawn, Short):
                return drawn
            short = drawn
        return short.no

    async def _look(self, chain: ChainId, asked: Draw) -> Drawn:
        drawn = await self._store.do(HqStore.draw, chain, asked, self._stamp())
        if isinstance(drawn, SignedRecord):
            self._news.tell(chain)
        return drawn

    async def _call_home(self, asked: Draw, short: Short) -> bool:
        """Ask whoever is on line; False when nobody is who has any of it."""
        on_line = tuple(chain for chain in short.holders if self._news.is_heard(chain))
        if on_line:
            for chain in await self._store.do(HqStore.recall, asked, on_line, self._stamp()):
                self._news.tell(chain)
        return bool(on_line)
