"""What the lower one asks while a customer waits: each question by itself, and none behind a batch of records."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from aiohttp import WSCloseCode

from ledger.ids import ChainId
from offline_queue.gateway.host import Host
from offline_queue.gateway.hosting import Hosting
from offline_queue.gateway.wire import LineOver, Wire
from offline_queue.rate import TokenBucket
from protocol.conversation import AnyMessage, Ask, Draw, Fetch, Find, History, Look, NoDraw, NotDrawn, Told
from protocol.records import SignedRecord

UNDER_WAY_MAX = 64
"""Of one line; far more than its cashiers can ask."""
QUESTIONS_PER_S = 100
QUESTIONS_BURST = 200
"""Whoever asks faster waits for itself."""

Question: TypeAlias = Draw | Fetch | Look | Find | History | Ask | Told
"""And what somebody tells whom another line has asked."""


class Questions:
    """The questions of one line that are under way, in tasks of the line's own group.

    `deliver` sends a directive, though it may have been sent before.
    """

    def __init__(
        self,
        chain: ChainId,
        wire: Wire,
        host: Host,
        hosting: Hosting,
        deliver: Callable[[SignedRecord], Awaitable[None]],
    ) -> None:
        self._chain = chain
        self._wire = wire
        self._host = host
        self._hosting = hosting
        self._deliver = deliver
        self._bucket = TokenBucket(QUESTIONS_PER_S, QUESTIONS_BURST, host.world.monotonic_s())
        self._under_way = 0

    async def ask(self, question: Question, tasks: asyncio.TaskGroup) -> None:
        """Begin to answer; one that comes when too many are under way is told so, or not answered."""
        if self._host.reception is None and not isinstance(question, Draw | Fetch):
            raise LineOver(WSCloseCode.PROTOCOL_ERROR, "out_of_turn")
        await asyncio.sleep(self._bucket.take(1, self._host.world.monotonic_s()))
        if self._under_way < UNDER_WAY_MAX:
            self._under_way += 1
            tasks.create_task(self._answer(question))
        elif isinstance(question, Draw | Fetch):
            await self._wire.say(self._no(question, NoDraw.BUSY))
        elif isinstance(question, Ask):
            await self._hosting.too_many(question)

    async def _answer(self, question: Question) -> None:
        try:
            match question:
                case Draw():
                    await self._give(await self._host.draw(self._chain, question))
                case Fetch():
                    await self._give(await self._host.fetch(self._chain, question))
                case Ask():
                    await self._hosting.ask(question)
                case Told():
                    await self._hosting.tell(question)
                case _:
                    await self._wire.say(await self._known(question))
        finally:
            self._under_way -= 1

    async def _known(self, question: Look | Find | History) -> AnyMessage:
        reception = self._host.reception
        assert reception is not None, "whoever has none is not asked"
        match question:
            case Look():
                return await reception.look(self._chain, question)
            case History():
                return await reception.history(question)
            case Find():
                return await reception.find(question)

    def _no(self, asked: Draw | Fetch, code: NoDraw) -> NotDrawn:
        return NotDrawn(asked.operation_id, code, (), self._host.world.now_ms())

    async def _give(self, drawn: SignedRecord | NotDrawn) -> None:
        if isinstance(drawn, NotDrawn):
            await self._wire.say(drawn)
        else:
            await self._deliver(drawn)
