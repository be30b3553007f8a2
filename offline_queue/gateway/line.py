"""One keeper's line after its login: batches and questions come up, acknowledgements and directives go down."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import msgspec
import structlog
from aiohttp import WSCloseCode

from ledger.ids import ChainId
from offline_queue.forwarding import WINDOW_BATCHES, cut
from offline_queue.gateway.host import Host, Reception
from offline_queue.gateway.hosting import Hosting, PassOn
from offline_queue.gateway.questions import Questions
from offline_queue.gateway.wire import LineOver, Wire
from offline_queue.news import OfStore
from offline_queue.rate import TokenBucket
from protocol.conversation import (
    BATCH_RECORDS_MAX,
    Acknowledged,
    AnyMessage,
    Ask,
    Draw,
    Fetch,
    Find,
    HandOn,
    History,
    Look,
    Ordered,
    Records,
    Rejected,
    Resume,
    Told,
    Wanted,
)
from protocol.records import SignedRecord
from protocol.rejections import Fault, Rejection

PASSED_ON_MAX = 64
"""What others have asked or told and this one did not hear yet: as much as one may have under way itself."""

log = structlog.get_logger()


class Line:
    """Speaks with one keeper until either of them ends it."""

    def __init__(  # noqa: PLR0913, PLR0917 - put together by the door only
        self, chain: ChainId, wire: Wire, host: Host, pass_on: PassOn, records_per_s: int, copies_s: float
    ) -> None:
        self.chain = chain
        self._wire = wire
        self._host = host
        self._bucket = TokenBucket(records_per_s, BATCH_RECORDS_MAX, host.world.monotonic_s())
        # What the lower one may have under way waits here, and no more: behind that, its questions wait too.
        self._batches: asyncio.Queue[Records | LineOver] = asyncio.Queue(WINDOW_BATCHES)
        self._questions = Questions(chain, wire, host, Hosting(chain, host, pass_on, wire.say), self._deliver)
        self._passed_on: asyncio.Queue[Ask | Told] = asyncio.Queue(PASSED_ON_MAX)
        self._copies_s = copies_s
        self._asked: tuple[Wanted, asyncio.Future[int]] | None = None
        """Of which chain the lower one was asked for copies, and how many it brings that go on from there."""
        self._to_hand_on: dict[ChainId, HandOn] = {}
        self._handed_on: tuple[SignedRecord, ...] = ()
        """What was said of it last on this line."""
        self._acknowledging = asyncio.Lock()
        self._ordering = asyncio.Lock()
        self._resumed: asyncio.Future[Resume] = asyncio.get_running_loop().create_future()
        self._epoch = self._ordered = 0
        """In which of the host's epochs this line is, and the last directive of it that was said."""
        self._complained: set[tuple[str, Rejection]] = set()
        self._told: asyncio.Future[LineOver] = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        """Speak until the line is over. Raises an ExceptionGroup: of a LineOver, or of what the host has raised."""
        with self._host.news.about(self.chain) as news, self._host.news.about(OfStore(self.chain.store)) as of_store:
            news.set()  # what the keeper has missed is news to it
            of_store.set()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._hear(tasks))
                tasks.create_task(self._take())
                tasks.create_task(self._tell(news))
                if self._host.reception is not None:
                    tasks.create_task(self._tell_directory(of_store, self._host.reception))
                tasks.create_task(self._leave())

    def leave(self, over: LineOver) -> None:
        """End this line."""
        if not self._told.done():
            self._told.set_result(over)

    def pass_on(self, message: Ask | Told) -> bool:
        """Say this as soon as the wire takes it; False: too much waits for that already. Nobody waits here."""
        try:
            self._passed_on.put_nowait(message)
        except asyncio.QueueFull:
            return False
        return True

    async def _leave(self) -> None:
        raise await self._told

    async def _hear(self, tasks: asyncio.TaskGroup) -> None:
        resume = await self._wire.hear()
        if not isinstance(resume, Resume):
            raise _out_of_turn()
        await self._host.resumed(self.chain, resume)
        # Directives of another epoch of the upper one's have numbers of their own.
        self._epoch = await self._host.epoch()
        self._ordered = resume.directive if resume.hq_epoch == self._epoch else 0
        self._resumed.set_result(resume)
        tasks.create_task(self._tell_orders())
        tasks.create_task(self._collect())
        tasks.create_task(self._say_what_is_passed_on())
        try:
            while True:
                await self._heard(await self._wire.hear(), tasks)
        except LineOver as over:
            # Behind what has arrived: that is held though its line is gone.
            await self._batches.put(over)

    async def _heard(self, message: AnyMessage, tasks: asyncio.TaskGroup) -> None:
        match message:
            case Records():
                await self._batches.put(message)
            case Draw() | Fetch() | Look() | Find() | History() | Ask() | Told():
                await self._questions.ask(message, tasks)
            case _:
                raise _out_of_turn()

    async def _take(self) -> None:
        """One batch after another; while one is under way, or the keeper has had its share, the next has to wait."""
        while True:
            batch = await self._batches.get()
            if isinstance(batch, LineOver):
                raise batch
            share = min(1 + len(batch.records), BATCH_RECORDS_MAX)
            await asyncio.sleep(self._bucket.take(share, self._host.world.monotonic_s()))
            fault = await self._host.take(batch, self.chain)
            if fault is not None:
                self._complain(batch, fault)
            if self.chain != (batch.keeper, batch.epoch):
                # Copies. Whose they are hears of it on its own line.
                self._brought(batch, fault)
                continue
            if fault is not None:
                await self._wire.say(Rejected(fault.rejection, fault.at))
            await self._acknowledge(self.chain)

    def _complain(self, batch: Records, fault: Fault) -> None:
        """Once of each kind, and of all copies together: a line can be about any number of chains."""
        about = "own" if self.chain == (batch.keeper, batch.epoch) else "copies", fault.rejection
        if fault.rejection is not Rejection.GAP and about not in self._complained:
            self._complained.add(about)
            log.warning("batch rejected", keeper=batch.keeper, epoch=batch.epoch, code=fault.rejection, at=fault.at)

    def _brought(self, batch: Records, fault: Fault | None) -> None:
        """It may be what was asked for: the next records, or none."""
        if self._asked is not None:
            wanted, came = self._asked
            if (wanted.keeper, wanted.epoch) == (batch.keeper, batch.epoch) and not came.done():
                goes_on = fault is None and batch.records and batch.records[0].open().sequence == wanted.after + 1
                came.set_result(len(batch.records) if goes_on else 0)

    async def _say_what_is_passed_on(self) -> None:
        while True:
            await self._wire.say(await self._passed_on.get())

    async def _collect(self) -> None:
        """Ask for copies of those who say nothing themselves, and have them told what they do not hear; now and then.

        One batch after another, as each is asked for by what the one before it brought. Whoever does not answer is
        asked the next time.
        """
        while True:
            with suppress(TimeoutError):
                for wanted in await self._host.wanted(self.chain):
                    await self._collect_of(wanted)
            for message in await self._host.to_hand_on(self.chain):
                await self._have_handed_on(message)
            await asyncio.sleep(self._copies_s)

    async def _have_handed_on(self, message: HandOn) -> None:
        """Once on each line: the lower one keeps it for whom it is."""
        chain = ChainId(message.keeper, message.epoch)
        if self._to_hand_on.get(chain) != message:
            self._to_hand_on[chain] = message
            await self._wire.say(message)

    async def _collect_of(self, wanted: Wanted) -> None:
        """All that the lower one has of a chain. Raises TimeoutError."""
        came = 1
        while came:
            self._asked = wanted, asyncio.get_running_loop().create_future()
            await self._wire.say(wanted)
            async with asyncio.timeout(self._copies_s):
                came = await self._asked[1]
            wanted = msgspec.structs.replace(wanted, after=wanted.after + came)

    async def _tell(self, news: asyncio.Event) -> None:
        while True:
            await news.wait()
            news.clear()
            if self._resumed.done() and self._epoch != await self._host.epoch():
                raise LineOver(WSCloseCode.SERVICE_RESTART, "new_epoch")
            await self._acknowledge(self.chain)
            if self._resumed.done():
                await self._tell_orders()

    async def _tell_orders(self) -> None:
        await self._order()
        handed_on = await self._host.handed_on(self.chain)
        if handed_on and handed_on != self._handed_on:
            self._handed_on = handed_on
            await self._wire.say(Ordered(handed_on))
        for question in await self._host.asked_of(self.chain):
            await self._wire.say(question)

    async def _tell_directory(self, news: asyncio.Event, reception: Reception) -> None:
        version = (await self._resumed).directory
        while True:
            await news.wait()
            news.clear()
            while (told := await reception.directory(self.chain, version)) is not None:
                await self._wire.say(told)
                version = told.version

    async def _acknowledge(self, chain: ChainId) -> None:
        # One at a time: an older word that arrives after a newer one would say that records were lost.
        async with self._acknowledging:
            await self._wire.say(Acknowledged(await self._host.acknowledge(chain)))

    async def _order(self) -> None:
        async with self._ordering:
            while run := cut(await self._host.directives(self.chain, self._ordered)):
                await self._wire.say(Ordered(run))
                self._ordered = self._host.number(run[-1])

    async def _deliver(self, directive: SignedRecord) -> None:
        """Send a directive in its turn, or once more when that was before."""
        if self._host.number(directive) <= self._ordered:
            await self._wire.say(Ordered((directive,)))
        else:
            await self._order()


def _out_of_turn() -> LineOver:
    return LineOver(WSCloseCode.PROTOCOL_ERROR, "out_of_turn")
