"""HQ's teller: answers draws and fetches, and calls home from other tills what does not lie at HQ."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec

from hq_server.storage.drawing import Drawn, Short
from hq_server.storage.fetching import RightElsewhere, Unreported
from hq_server.storage.sqlite import HqStore
from ledger.ids import AccountId, ChainId
from offline_queue.book_thread import BookThread
from offline_queue.news import News, OfAccount
from offline_queue.outbox import Stamp
from protocol.conversation import Draw, Fetch, NoDraw, NotDrawn
from protocol.records import SignedRecord

WAITING_MAX = 1000
"""Draws and fetches for which something is on its way home; each looks anew at every step of its member's."""
Missing = TypeVar("Missing", Short, RightElsewhere)


class Teller:
    """Gives value and rights to tills. `stamp` is what a record of HQ's carries now."""

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

        async def look() -> Drawn:
            return self._told(chain, await self._store.do(HqStore.draw, chain, asked, self._stamp()))

        async def call_home(short: Short) -> bool:
            return await self._call_value(asked, short)

        # Listening before the first look: what comes home while this draw is under way is kept for it.
        with self._news.about(OfAccount(AccountId(asked.account))) as posted:
            drawn = await look()
            return await self._wait(drawn, look, call_home, posted) if isinstance(drawn, Short) else drawn

    async def fetch(self, chain: ChainId, asked: Fetch) -> SignedRecord | NotDrawn:
        """The directive that entrusts, or why not, within the same time."""

        async def look() -> SignedRecord | NotDrawn | RightElsewhere:
            found = await self._store.do(HqStore.fetch, chain, asked, self._stamp())
            if isinstance(found, Unreported):
                return found.no(is_on_line=self._news.is_heard(found.maker))
            return self._told(chain, found)

        fetched = await look()
        if not isinstance(fetched, RightElsewhere):
            return fetched
        with self._news.about(OfAccount(fetched.account)) as posted:
            posted.set()  # it may have come home before anybody listened
            return await self._wait(fetched, look, self._call_right, posted)

    async def _wait(
        self,
        missing: Missing,
        look: Callable[[], Awaitable[SignedRecord | NotDrawn | Missing]],
        call_home: Callable[[Missing], Awaitable[bool]],
        posted: asyncio.Event,
    ) -> SignedRecord | NotDrawn:
        """Look again whenever something of the member's was posted, while somebody is on line who may send it home."""
        if self._waiting >= WAITING_MAX:
            return msgspec.structs.replace(missing.no, code=NoDraw.BUSY)
        ends_s = asyncio.get_running_loop().time() + self._recall_wait_s
        self._waiting += 1
        try:
            while await call_home(missing):
                try:
                    async with asyncio.timeout_at(ends_s):
                        await posted.wait()
                except TimeoutError:
                    break
                posted.clear()
                found = await look()
                if isinstance(found, SignedRecord | NotDrawn):
                    return found
                missing = found
            return missing.no
        finally:
            self._waiting -= 1

    def _told(self, chain: ChainId, found: SignedRecord | NotDrawn | Missing) -> SignedRecord | NotDrawn | Missing:
        if isinstance(found, SignedRecord):
            self._news.tell(chain)
        return found

    async def _call_value(self, asked: Draw, short: Short) -> bool:
        """Ask whoever is on line; False when nobody is who has any of it."""
        on_line = tuple(chain for chain in short.holders if self._news.is_heard(chain))
        if on_line:
            for chain in await self._store.do(HqStore.recall, asked, on_line, self._stamp()):
                self._news.tell(chain)
        return bool(on_line)

    async def _call_right(self, missing: RightElsewhere) -> bool:
        """Ask whoever has it; False when that one is not on line."""
        is_on_line = self._news.is_heard(missing.holder)
        if is_on_line and await self._store.do(HqStore.call_right, missing, self._stamp()):
            self._news.tell(missing.holder)
        return is_on_line
