"""Listening: a line is heard while other things are done."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from protocol.conversation import AnyMessage
from protocol.upstream import Session

HEARD_MAX = 16
"""Messages that were heard and not looked at yet; then HQ has to wait."""


class Ear:
    """What was heard on one line, in its order; a None is a sign of life without words."""

    def __init__(self, session: Session, noticed: Callable[[], None]) -> None:
        self._session = session
        self._noticed = noticed
        self._heard: asyncio.Queue[AnyMessage | None] = asyncio.Queue(HEARD_MAX)
        self._news = asyncio.Event()
        self._task = asyncio.create_task(self._listen())
        self._task.add_done_callback(lambda _: self._news.set())

    async def next(self) -> list[AnyMessage | None]:
        """All that was heard since; what was said before the line ended is heard first. Raises LineLost."""
        while self._heard.empty():
            if self._task.done():
                await self._task
            await self._news.wait()
            self._news.clear()
        return [self._heard.get_nowait() for _ in range(self._heard.qsize())]

    async def close(self) -> None:
        """Listen no more."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _listen(self) -> None:
        while True:
            message = await self._session.receive()
            await self._heard.put(message)
            self._noticed()
            self._news.set()


@asynccontextmanager
async def listening(session: Session, noticed: Callable[[], None]) -> AsyncIterator[Ear]:
    """An ear at the line; `noticed` is called at each sign of life."""
    ear = Ear(session, noticed)
    try:
        yield ear
    finally:
        await ear.close()


async def until_one_ends(*jobs: Coroutine[Any, Any, None]) -> None:
    """Do these at once until one ends, and end the others. Raises what it raises."""
    tasks = [asyncio.create_task(job) for job in jobs]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in tasks:
        if task in done:
            await task
