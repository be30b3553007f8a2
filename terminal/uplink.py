"""The till's task that speaks with whoever is above: HQ, or its lead. It never ends, and only a draw waits for it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from itertools import pairwise
from math import inf

import structlog

from offline_queue.book_thread import BookBroken, DiskFull
from offline_queue.doubts import Doubt, check_acknowledgement
from offline_queue.forwarding import Connect, Forwarding, HangUp, Patience, Send, Wait
from protocol.conversation import (
    Acknowledged,
    AnyMessage,
    Ask,
    Directory,
    Fetch,
    Found,
    HandOn,
    Movements,
    NotDrawn,
    Ordered,
    Records,
    Rejected,
    Seen,
    Told,
    Wanted,
)
from protocol.records import SignedRecord
from protocol.signing import Signed
from protocol.upstream import LineLost, Session, Stranger, TurnedAway, Upstream
from terminal.above import Above
from terminal.answers import Stopped
from terminal.exchanges import Exchanges, Occasion
from terminal.listening import Ear, listening, until_one_ends
from terminal.store import TillStore
from terminal.store_thread import StoreThread
from terminal.world import World

CODE_CHARACTERS_MAX = 40
PROBE_S = 2.0
"""So often HQ is probed while it is in doubt."""

log = structlog.get_logger()


class Uplink:
    """Sends the chain up as it grows, keeps acknowledgements, and has carried out what is ordered."""

    def __init__(
        self, above: Above, store: StoreThread, upstream: Upstream, world: World, exchanges: Exchanges
    ) -> None:
        self._above = above
        self._store = store
        self._upstream = upstream
        self._world = world
        self._drawing = above.drawing
        self._state = Forwarding(head=0)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._work = asyncio.Event()
        self._growths = self._looked_at = 0
        self._session: Session | None = None
        self._attempt = asyncio.Event()
        """Set when a call has come through, or has not."""
        self._exchanges = exchanges
        self._drawing.line = self

    @property
    def answers_draws(self) -> bool:
        """Whether the line is up, or HQ may be called, and nothing that was said so far is in dispute."""
        can_be_had = self._session is not None or self._exchanges.may_call(self._state)
        return can_be_had and self._state.halt is None and not self._above.is_in_dispute

    async def reach(self) -> bool:
        """Have the line up: HQ is called, if nobody does so yet. False when it cannot be had."""
        while self._session is None and self._exchanges.may_call(self._state):
            self._attempt.clear()
            self.exchange(Occasion.DRAW)
            await self._attempt.wait()
        return self._session is not None

    def exchange(self, occasion: Occasion) -> None:
        """Say to HQ what there is to say, and hear what it has, as soon as the line can be had."""
        self._exchanges.call(occasion, self._now_s())
        self._work.set()

    async def heard_elsewhere(self, held: int) -> None:
        """What is above has said by another way than this line how far it holds the chain."""
        self._state = self._state.learned(held)
        await self._tell()

    async def say(self, message: AnyMessage) -> bool:
        """Give a message to the line at once, before all records that wait; False when there is none to rely on."""
        if self._session is None or self._drawing.in_doubt.is_set():
            return False
        self._exchanges.busy(self._now_s())
        return await self.pass_on(message)

    @property
    def is_up(self) -> bool:
        """Whether there is a line now on which nothing is in dispute."""
        return self._session is not None and self._state.halt is None and not self._above.is_in_dispute

    async def pass_on(self, message: AnyMessage) -> bool:
        """Give a message to the line at once; False when there is none, or it ended."""
        if self._session is None:
            return False
        try:
            await self._session.send(message)
        except LineLost:  # whoever listens on it notices too
            return False
        return True

    def wake(self) -> None:
        """The chain grows. May be called from any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._grow)

    async def begin(self, patience: Patience | None = None) -> None:
        """Take up what the book knows, so that the till's first word about whoever is above is true."""
        self._loop = asyncio.get_running_loop()
        held = await self._above.begin()
        self._state = Forwarding(await self._head(), held, patience or Patience())
        await self._tell()

    async def run(self) -> None:
        """Forward until cancelled. Raises BookBroken."""
        while True:
            step = self._state.step(self._now_s())
            if isinstance(step, Wait):
                await self._pause(step.until_s)
            elif not self._exchanges.wants_line(self._state.waiting, self._now_s()):
                await self._pause(inf)
            else:
                await self._reach()
            await self._tell()

    async def _reach(self) -> None:
        """One line, from reaching for it until it is lost."""
        why, code = "", ""
        try:
            async with self._upstream.connect() as session:
                self._above.line_begins(self._state.waiting)
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
            log.exception("the uplink has failed", above=self._above.name)
        else:
            await self._above.remember()
            return
        await self._end_line(why, code)

    def _hang_up(self) -> None:
        """From here on whoever wants HQ calls anew, and does not speak into a line that ends."""
        self._session = None
        self._exchanges.done()
        self._state = self._state.hung_up()
        self._above.line_rests()

    async def _end_line(self, why: str, code: str) -> None:
        was_up = self._state.is_up
        self._state = self._state.lost(self._now_s(), self._world.chance(), code)
        self._above.line_ends(why, was_up=was_up)
        self._attempt.set()
        if was_up:
            await self._above.remember()

    async def _talk(self, session: Session) -> None:
        await session.send(await self._above.resume())
        self._session = session
        self._exchanges.busy(self._now_s())
        self._attempt.set()
        try:
            async with listening(session, self._above.gave_sign) as ear:
                await until_one_ends(self._attend(ear), self._forward(session), self._probe(session))
        finally:
            self._session = None
            self._drawing.line_ends()

    async def _forward(self, session: Session) -> None:
        """Until nothing is left to say on a line that is not kept up."""
        while True:
            await self._tell()
            match self._state.step(self._now_s()):
                case Send(after=after):
                    await self._send(session, after)
                case Wait(until_s=until_s):
                    somebody_waits = self._drawing.is_awaited or self._above.has_more
                    quiet_from_s = self._exchanges.quiet_from_s(self._state, somebody_waits=somebody_waits)
                    if quiet_from_s <= self._now_s() and not self._has_grown:
                        self._hang_up()
                        return
                    await self._pause(min(until_s, quiet_from_s))
                case HangUp() | Connect():
                    raise LineLost("it did not answer in time")

    async def _send(self, session: Session, after: int) -> None:
        batch = await self._store.do(TillStore.batch, after)
        if self._state.step(self._now_s()) == Send(after):  # HQ may have said meanwhile that it holds less, or all
            self._state = self._state.sent(after + len(batch), self._now_s())
            await session.send(self._records(batch))

    async def _probe(self, session: Session) -> None:
        """Whether HQ answers again: while it is in doubt nobody waits for it."""
        while True:
            await self._drawing.in_doubt.wait()
            self._drawing.probed()
            await session.send(self._records(()))
            await asyncio.sleep(PROBE_S)

    async def _attend(self, ear: Ear) -> None:
        while True:
            for message, following in pairwise([*await ear.next(), None]):
                # A later acknowledgement says all that an earlier one said, and each one that is kept costs a commit.
                if not isinstance(message, Wanted | None):  # it is asked now and then, as long as the line is up
                    self._exchanges.busy(self._now_s())
                if not (isinstance(message, Acknowledged) and isinstance(following, Acknowledged)):
                    await self._hear(message)
            self._work.set()

    async def _hear(self, message: AnyMessage | None) -> None:
        match message:
            case None:
                return
            case Acknowledged(acknowledgement=signed):
                await self._believe(signed)
            case Ordered(records=records):
                for directive in records:
                    await self._above.obey(directive)
            case Wanted():
                await self._bring_copies(message)
            case HandOn():
                await self._above.hand_on(message)
            case NotDrawn():
                self._drawing.not_drawn(message)
            case Seen() | Found() | Directory() | Movements() | Ask() | Told() | Fetch():
                await self._above.heard(message)
            case Rejected(code=code, at=at):
                code = code[:CODE_CHARACTERS_MAX]
                log.warning("records rejected", above=self._above.name, code=code, at=at[:CODE_CHARACTERS_MAX])
                self._state = self._state.rejected(code, self._now_s(), self._world.chance())
            case _:
                raise LineLost("it said what only the lower one says, or what belongs into a login")

    async def _bring_copies(self, wanted: Wanted) -> None:
        copies = await self._above.copies(wanted)
        if copies.records:
            self._exchanges.busy(self._now_s())
        if self._session is not None:
            await self._session.send(copies)

    async def _believe(self, signed: Signed) -> None:
        said = check_acknowledgement(signed, self._above.hearer)
        if isinstance(said, Doubt):
            raise LineLost(said)
        self._drawing.answered()
        doubt = await self._above.keep(signed, said)
        if doubt is None:
            self._state = self._state.acknowledged(said.held, self._now_s(), self._world.chance())
        else:
            who = f"{self._above.name}/{said.hq_epoch}"
            log.error("what is held above is not what lies here", above=who, doubt=doubt, held=said.held)
            self._state = self._state.doubted(doubt)

    async def _tell(self) -> None:
        await self._above.tell(self._state, rests=self._exchanges.rests(self._state))

    def _records(self, batch: tuple[SignedRecord, ...]) -> Records:
        hearer = self._above.hearer
        return Records(hearer.keeper, hearer.epoch, batch)

    async def _pause(self, until_s: float) -> None:
        """Until something happens, at most until then."""
        with suppress(TimeoutError):
            async with asyncio.timeout(None if until_s == inf else max(until_s - self._now_s(), 0)):
                await self._work.wait()
        growths = self._growths
        if growths != self._looked_at:
            head = await self._head()  # first: meanwhile HQ may be heard, and the state another
            self._state = self._state.grown(head)
            self._looked_at = growths  # last: a line that ends while we look must not take the news with it
        if not self._has_grown:
            self._work.clear()

    @property
    def _has_grown(self) -> bool:
        """Whether the chain is longer than we have looked."""
        return self._growths != self._looked_at

    async def _head(self) -> int:
        return (await self._store.do(TillStore.head)).ref.sequence

    def _grow(self) -> None:
        self._growths += 1
        self._work.set()

    def _now_s(self) -> float:
        return self._world.monotonic_s()
