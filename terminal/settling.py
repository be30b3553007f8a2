"""Settling: what a sale waits for has come, and is taken in the commit that decides the sale."""

from __future__ import annotations

import asyncio

import msgspec

from offline_queue.doubts import Doubt, Gift, Given, Passed
from terminal.drawing import Waiting
from terminal.store import TillStore
from terminal.store_thread import StoreThread
from terminal.till import Till


async def settle(till: Till, store: StoreThread, drawn: Given | Gift | Passed, waiting: Waiting) -> Doubt | None:
    """Take it and decide the sale, whether or not the line lasts so long. Raises DiskFull, BookBroken."""
    asked = msgspec.structs.replace(waiting.asked, moment=till.moment())
    settling = asyncio.ensure_future(store.do(TillStore.settle, drawn, asked, waiting.mode))
    settling.add_done_callback(waiting.settled)
    # The line may end meanwhile: the commit goes on, and the sale hears of it.
    outcome = await asyncio.shield(settling)
    return outcome if isinstance(outcome, Doubt) else None
