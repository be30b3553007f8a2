"""One keeper's line after its login: batches come up, acknowledgements and directives go down."""

from __future__ import annotations

import asyncio

import structlog
from aiohttp import WSCloseCode

from hq_server.desk import Desk
from hq_server.gateway.wire import LineOver, Wire
from hq_server.intake import Fault
from hq_server.news import ChainId
from hq_server.rate import TokenBucket
from offline_queue.forwarding import cut
from protocol.bodies import Directive
from protocol.conversation import BATCH_RECORDS_MAX, Acknowledged, Ordered, Records, Rejected
from protocol.rejections import Rejection

log = structlog.get_logger()


class Line:
    """Speaks with one keeper until either of them ends it."""

    def __init__(self, chain: ChainId, wire: Wire, desk: Desk, records_per_s: int) -> None:
        self.chain = chain
        self._wire = wire
        self._desk = desk
        self._bucket = TokenBucket(records_per_s, BATCH_RECORDS_MAX, desk.world.monotonic_s())
        self._turn = asyncio.Lock()
        self._ordered = 0
        self._complained = ""
        self._told: asyncio.Future[LineOver] = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        """Speak until the line is over. Raises an ExceptionGroup: of a LineOver, or of what HQ's disk has raised."""
        with self._desk.news.about(self.chain) as news:
            news.set()  # what the keeper has missed is news to it
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._hear())
                tasks.create_task(self._tell(news))
                tasks.create_task(self._leave())

    def leave(self, over: LineOver) -> None:
        """End this line."""
        if not self._told.done():
            self._told.set_result(over)

    async def _leave(self) -> None:
        raise await self._told

    async def _hear(self) -> None:
        """One batch after another; while one is under way, or the keeper has had its share, the next has to wait."""
        while True:
            batch = await self._wire.hear()
            if not isinstance(batch, Records):
                raise LineOver(WSCloseCode.PROTOCOL_ERROR, "out_of_turn")
            share = min(1 + len(batch.records), BATCH_RECORDS_MAX)
            await asyncio.sleep(self._bucket.take(share, self._desk.world.monotonic_s()))
            fault = await self._desk.take(batch)
            if fault is not None:
                await self._reject(batch, fault)
            if fault is None or fault.rejection is not Rejection.UNKNOWN_KEEPER:
                await self._acknowledge(ChainId(batch.keeper, batch.epoch))

    async def _reject(self, batch: Records, fault: Fault) -> None:
        if fault.rejection is not Rejection.GAP and self._complained != fault.rejection:
            self._complained = fault.rejection
            log.warning("batch rejected", keeper=batch.keeper, epoch=batch.epoch, code=fault.rejection, at=fault.at)
        await self._wire.say(Rejected(fault.rejection, fault.at))

    async def _tell(self, news: asyncio.Event) -> None:
        while True:
            await news.wait()
            news.clear()
            await self._acknowledge(self.chain)
            await self._order()

    async def _acknowledge(self, chain: ChainId) -> None:
        # One at a time: an older word that arrives after a newer one would say that HQ has lost records.
        async with self._turn:
            await self._wire.say(Acknowledged(await self._desk.acknowledge(chain)))

    async def _order(self) -> None:
        while run := cut(await self._desk.directives(self.chain, self._ordered)):
            await self._wire.say(Ordered(run))
            self._ordered = run[-1].open().body_as(Directive).number
