"""Posts what is held, a step of each chain in turn, so that a long one makes no other wait."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from ledger.ids import ChainId
from offline_queue.book_thread import BookBroken, DiskFull

FULL_PAUSE_S = 5.0
"""Between two looks at a disk that is full."""

log = structlog.get_logger()


class Poster:
    """`post` posts the next step of a chain and says whether there may be more of it. A chain waits here but once."""

    def __init__(self, post: Callable[[ChainId], Awaitable[bool]], *, full_pause_s: float = FULL_PAUSE_S) -> None:
        self._post = post
        self._full_pause_s = full_pause_s
        self._waiting: dict[ChainId, None] = {}
        self._work = asyncio.Event()
        self._is_full = False

    def wake(self, chain: ChainId) -> None:
        """There is something to post of this chain."""
        self._waiting.setdefault(chain)
        self._work.set()

    async def run(self) -> None:
        """Post until cancelled. Raises BookBroken."""
        while True:
            await self._work.wait()
            chain = next(iter(self._waiting))
            del self._waiting[chain]
            if await self._step(chain):
                self.wake(chain)
            elif not self._waiting:
                self._work.clear()

    async def _step(self, chain: ChainId) -> bool:
        try:
            more = await self._post(chain)
        except DiskFull:
            self._say_full(full=True)
            await asyncio.sleep(self._full_pause_s)
            return True
        except BookBroken:
            raise
        except Exception:
            # Our own mistake, met in one chain: the others are posted, and this one is tried at its next batch.
            log.exception("posting failed", keeper=chain.keeper, epoch=chain.epoch)
            return False
        self._say_full(full=False)
        return more

    def _say_full(self, *, full: bool) -> None:
        if full != self._is_full:
            self._is_full = full
            log.warning("the disk is full, nothing is posted" if full else "the disk has room again")
