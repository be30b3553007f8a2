"""The till's one task that speaks with HQ. No sale waits for it, and it never ends, whatever HQ does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from itertools import pairwise
from math import inf

import structlog

from offline_queue.book_thread import BookBroken, DiskFull
from offline_queue.doubts import Doubt, Hearer, check_acknowledgement, check_directive
from offline_queue.forwarding import Connect, Forwarding, HangUp, Patience, Send, Wait
from protocol.conversation import Acknowledged, AnyMessage, Ordered, Records, Rejected
from protocol.records import SignedRecord
from protocol.signing import Signed
from protocol.upstream import LineLost, Session, Stranger, TurnedAway, Upstream
from terminal.answers import Stopped
from terminal.hq_standing import HqStanding
from terminal.store import TillStore
from terminal.store_thread import StoreThread
from terminal.till import Till
from terminal.world import World

HEARD_MAX = 16
"""Messages that were heard and not looked at yet; then HQ has to wait."""
CODE_CHARACTERS_MAX = 40

Heard = asyncio.Queue[AnyMessage | None]

log = structlog.get_logger()


class Uplink:
    """Sends the chain up as it grows, keeps HQ's acknowledgements, and carries out its directives."""

    def __init__(self, till: Till, store: StoreThread, upstream: Upstream, hearer: Hearer, world: World) -> None:
        self._till = till
        self._store = store
        self._upstream = upstream
        self._hearer = hearer
        self._world = world
        self._standing = HqStanding(till, world)
        self._state = Forwarding(head=0)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._work = asyncio.Event()
        self._has_grown = False

    def wake(self) -> None:
        """The chain grows. May be called from any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._grow)

    async def begin(self, patience: Patience | None = None) -> None:
        """Take up what the book knows, so that the till's first word about HQ is true."""
        self._loop = asyncio.get_running_loop()
        known = await self._store.do(lambda store: store.hq.known())
        self._standing.remember(known)
        self._state = Forwarding(await self._head(), known.held, patience or Patience())
        await self._standing.tell(self._state)

    async def run(self) -> None:
        """Forward until cancelled. Raises BookBroken."""
        while True:
            step = self._state.step(self._now_s())
            if isinstance(step, Wait):
                await self._pause(step.until_s)
            else:
                await self._reach()
            await self._standing.tell(self._state)

    async def _reach(self) -> None:
        """One line, from reaching for it until it is lost."""
        why, code = "", ""
        try:
            async with self._upstream.connect() as session:
                self._standing.line_begins(self._state.waiting)
                self._state = self._state.connected(self._now_s())
                await self._talk(session)
        except TurnedAway as refusal:
            why = code = refusal.code[:CODE_CHARACTERS_MAX]
        except Stranger:
            why = code = Stopped.STRANGER
        except (LineLost, DiskFull) as fault:
            why = f"{type(fault).__name__} {fault}"
        except BookBroken:
            raise
        except Exception as fault:
            # A mistake of ours in here must not end the till: it goes on selling, and the line is tried again later.
            why = type(fault).__name__
            log.exception("the uplink has failed")
        await self._end_line(why, code)

    async def _end_line(self, why: str, code: str) -> None:
        was_up, heard_at_ms = self._state.is_up, self._standing.heard_at_ms
        self._state = self._state.lost(self._now_s(), self._world.chance(), code)
        self._standing.line_ends(why, was_up=was_up)
        if was_up and heard_at_ms is not None:
            with suppress(DiskFull):  # the page would only show an older time after the next start
                await self._store.do(lambda store: store.hq.hear(heard_at_ms))

    async def _talk(self, session: Session) -> None:
        async with _listening(session, self._hear_something, self._work.set) as (ear, heard):
            while True:
                await self._attend(heard)
                if ear.done():
                    await ear
                await self._standing.tell(self._state)
                match self._state.step(self._now_s()):
                    case Send(after=after):
                        await self._send(session, after)
                    case Wait(until_s=until_s):
                        await self._pause(until_s)
                    case HangUp() | Connect():
                        raise LineLost("it did not answer in time")

    async def _send(self, session: Session, after: int) -> None:
        batch = await self._store.do(TillStore.batch, after)
        await session.send(Records(self._hearer.keeper, self._hearer.epoch, batch))
        self._state = self._state.sent(after + len(batch), self._now_s())

    async def _attend(self, heard: Heard) -> None:
        messages = [heard.get_nowait() for _ in range(heard.qsize())]
        for message, following in pairwise([*messages, None]):
            # A later acknowledgement says all that an earlier one said, and each one that is kept costs a commit.
            if not (isinstance(message, Acknowledged) and isinstance(following, Acknowledged)):
                await self._hear(message)

    async def _hear(self, message: AnyMessage | None) -> None:
        match message:
            case None:
                return
            case Acknowledged(acknowledgement=signed):
                await self._believe(signed)
            case Ordered(records=records):
                for directive in records:
                    await self._obey(directive)
            case Rejected(code=code, at=at):
                log.warning("hq has rejected records", code=code[:CODE_CHARACTERS_MAX], at=at[:CODE_CHARACTERS_MAX])
                self._state = self._state.rejected(code[:CODE_CHARACTERS_MAX], self._now_s(), self._world.chance())
            case _:
                raise LineLost("it said what only belongs into a login")

    async def _believe(self, signed: Signed) -> None:
        said = check_acknowledgement(signed, self._hearer)
        if isinstance(said, Doubt):
            raise LineLost(said)
        now_ms = self._world.now_ms()
        doubt = await self._store.do(lambda store: store.hq.keep(signed, said, now_ms))
        if doubt is None:
            self._state = self._state.acknowledged(said.held, self._now_s(), self._world.chance())
        else:
            log.error("what hq holds is not what lies here", doubt=doubt, held=said.held, hq_epoch=said.hq_epoch)
            self._state = self._state.doubted(doubt)

    async def _obey(self, signed: SignedRecord) -> None:
        """Carry a directive out; after one that can't be, no more on this line."""
        if self._standing.disobeyed is not None:
            return
        doubt = await self._apply(signed)
        if doubt is None:
            self._standing.known = await self._store.do(lambda store: store.hq.known())
            self._grow()
        elif doubt.is_of_the_line:
            raise LineLost(doubt)
        else:
            log.error("a directive of hq's is not carried out", doubt=doubt)
            self._standing.disobeyed = doubt

    async def _apply(self, signed: SignedRecord) -> Doubt | None:
        given = check_directive(signed, self._hearer)
        if isinstance(given, Doubt):
            return given
        moment = self._till.moment()
        return await self._store.do(lambda store: store.hq.apply(given, moment))

    async def _pause(self, until_s: float) -> None:
        """Until something happens, at most until then."""
        with suppress(TimeoutError):
            async with asyncio.timeout(None if until_s == inf else max(until_s - self._now_s(), 0)):
                await self._work.wait()
        self._work.clear()
        if self._has_grown:
            self._has_grown = False
            self._state = self._state.grown(await self._head())

    async def _head(self) -> int:
        return (await self._store.do(TillStore.head)).ref.sequence

    def _grow(self) -> None:
        self._has_grown = True
        self._work.set()

    def _hear_something(self) -> None:
        self._standing.hear()
        self._work.set()

    def _now_s(self) -> float:
        return self._world.monotonic_s()


@asynccontextmanager
async def _listening(
    session: Session, noticed: Callable[[], None], ended: Callable[[], None]
) -> AsyncIterator[tuple[asyncio.Task[None], Heard]]:
    """Hear while something else is done. The task ends when the line does, by raising LineLost."""
    heard: Heard = asyncio.Queue(HEARD_MAX)

    async def listen() -> None:
        while True:
            message = await session.receive()
            await heard.put(message)
            noticed()

    ear = asyncio.create_task(listen())
    ear.add_done_callback(lambda _: ended())
    try:
        yield ear, heard
    finally:
        ear.cancel()
        await asyncio.gather(ear, return_exceptions=True)
