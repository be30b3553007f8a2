"""The net between machines: cables that are pulled, and lines over them that are slow, stall and are lost.

A line is a stream, as a WebSocket is one: it loses, repeats and reorders no frame by itself. It ends, and each of its
ends notices that in its own time; what was under way is gone, and what is said again comes over a new line.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from random import Random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from offline_queue.gateway.door import Door
from offline_queue.gateway.wire import LineOver
from offline_queue.link import LOGIN_S_MAX
from offline_queue.login import Caller, log_in_over
from protocol.conversation import AnyMessage, decode, encode
from protocol.upstream import LineLost, Session
from simulation.loop import Program, VirtualLoop
from terminal.config import LanSettings

CLOSED = 1000
"""RFC 6455, 7.4.1."""
UNNOTICED_S_MAX = 40.0
"""So long an end may believe in a line that is cut: until nobody answers its heartbeat."""
STALL_ODDS = 0.01
STALL_S_MAX = 8.0
"""Longer than a till waits for a draw."""


class Cable:
    """What lines run through. Pulled, it ends them."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_in = True
        self.lines: dict[Line, None] = {}

    def pull(self) -> None:
        """Everything under way on it is lost."""
        self.is_in = False
        for line in list(self.lines):
            line.cut()

    def plug(self) -> None:
        """Whoever calls now comes through."""
        self.is_in = True


class Net:
    """Who listens where."""

    def __init__(self, loop: VirtualLoop, chance: Random) -> None:
        self.loop = loop
        self.chance = chance
        self.listeners: dict[str, tuple[Program, Door]] = {}
        self.lines: dict[Line, None] = {}
        self.said: Callable[[Program, AnyMessage], None] = _nobody_listens
        """Called with each message that a program gives to a line, or writes into a file."""

    def machine_went_off(self, program: Program) -> None:
        """Whoever is at the other ends of its lines notices, sooner or later."""
        for line in list(self.lines):
            line.machine_went_off(program)

    def latency_s(self) -> float:
        """How long a frame takes; seldom so long that whoever waits for it gives up."""
        stall_s = self.chance.uniform(0.5, STALL_S_MAX) if self.chance.random() < STALL_ODDS else 0.0
        return self.chance.uniform(0.002, 0.08) + stall_s

    def notice_s(self) -> float:
        """How long an end believes in a line that is cut."""
        return self.chance.choice((0.01, self.chance.uniform(0, UNNOTICED_S_MAX)))

    @contextmanager
    def listening(self, address: str, program: Program, door: Door) -> Iterator[None]:
        """Let lines in."""
        self.listeners[address] = program, door
        try:
            yield
        finally:
            if self.listeners.get(address) == (program, door):
                del self.listeners[address]


def _nobody_listens(_: Program, __: AnyMessage) -> None:
    """Nobody wants to know."""


class End:
    """One end of a line: what has arrived here, and whether it is known to be lost."""

    def __init__(self, line: Line, program: Program) -> None:
        self.program = program
        self.is_lost = False
        self._line = line
        self._arrives_s = 0.0
        self._frames: deque[bytes] = deque()
        self._news = asyncio.Event()

    def send(self, message: AnyMessage) -> None:
        """Give a message to the line. Raises LineLost where it is known to be lost."""
        if self.is_lost or self.program.is_cut:
            raise LineLost("it is cut")
        self._line.net.said(self.program, message)
        frame = encode(message)
        if not self._line.is_cut:
            other, net = self._line.other(self), self._line.net
            other._arrives_s = max(other._arrives_s, net.loop.time() + net.latency_s())
            net.loop.call_at(other._arrives_s, other._arrive, frame, context=other.program.context.copy())

    async def receive(self) -> bytes:
        """The next frame; those that arrived before the line was lost come first. Raises LineLost."""
        while not self._frames:
            if self.is_lost:
                raise LineLost("it is cut")
            self._news.clear()
            await self._news.wait()
        return self._frames.popleft()

    def lose(self, in_s: float) -> None:
        """Notice that the line is no more, behind what is still under way to here."""
        loop = self._line.net.loop
        at_s = max(self._arrives_s if not self._line.is_cut else 0.0, loop.time() + in_s)
        loop.call_at(at_s, self._lose, context=self.program.context.copy())

    def close(self) -> None:
        """Hang up."""
        if not self.is_lost:
            self._lose()
            if not self.program.is_cut:
                self._line.other(self).lose(self._line.net.latency_s())
        self._line.forget()

    def _arrive(self, frame: bytes) -> None:
        if not (self._line.is_cut or self.is_lost):
            self._frames.append(frame)
            self._news.set()

    def _lose(self) -> None:
        self.is_lost = True
        self._news.set()


class Line:
    """A line from a lower program to an upper one."""

    def __init__(self, net: Net, lower: Program, upper: Program, cables: Sequence[Cable]) -> None:
        self.net = net
        self.is_cut = False
        self.lower, self.upper = End(self, lower), End(self, upper)
        self._cables = cables
        net.lines[self] = None
        for cable in cables:
            cable.lines[self] = None

    def other(self, end: End) -> End:
        """Who is at the other end."""
        return self.upper if end is self.lower else self.lower

    def cut(self) -> None:
        """What is under way is lost, and each end notices in its own time."""
        if not self.is_cut:
            self.is_cut = True
            for end in (self.lower, self.upper):
                end.lose(self.net.notice_s())
        self.forget()

    def machine_went_off(self, program: Program) -> None:
        """One end is gone; what it had sent still arrives."""
        if program in (self.lower.program, self.upper.program):
            mine = self.lower if program is self.lower.program else self.upper
            self.other(mine).lose(self.net.notice_s())
            self.forget()

    def forget(self) -> None:
        """It runs through no cable any more."""
        self.net.lines.pop(self, None)
        for cable in self._cables:
            cable.lines.pop(self, None)


class Upwards:
    """The lower end, as a till's uplink wants it: an Upstream."""

    def __init__(  # noqa: PLR0913, PLR0917 - who calls whom, over what
        self, net: Net, program: Program, address: str, cables: Sequence[Cable], caller: Caller, key: Ed25519PublicKey
    ) -> None:
        self._net, self._program, self._address, self._cables = net, program, address, cables
        self._caller, self._key = caller, key

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Session]:
        """One line, logged in. Raises LineLost, TurnedAway, Stranger."""
        await asyncio.sleep(self._net.latency_s())
        upper = self._net.listeners.get(self._address)
        if upper is None or upper[0].is_cut or not all(cable.is_in for cable in self._cables):
            raise LineLost("nobody answers there")
        line = Line(self._net, self._program, upper[0], self._cables)
        self._net.loop.spawn(upper[0], _serve(line, upper[1]))
        session = _Session(line.lower)
        try:
            try:
                async with asyncio.timeout(LOGIN_S_MAX):
                    await log_in_over(session, self._caller, self._key)
            except TimeoutError as fault:
                raise LineLost("the login took too long") from fault
            yield session
        finally:
            line.lower.close()


async def _serve(line: Line, door: Door) -> None:
    try:
        await door.speak(_Wire(line.upper))
    finally:
        line.upper.close()


class _Session:
    def __init__(self, end: End) -> None:
        self._end = end

    async def send(self, message: AnyMessage) -> None:
        self._end.send(message)

    async def receive(self) -> AnyMessage | None:
        return decode(await self._end.receive())


class _Wire:
    def __init__(self, end: End) -> None:
        self._end = end

    async def say(self, message: AnyMessage) -> None:
        try:
            self._end.send(message)
        except LineLost as lost:
            raise LineOver(CLOSED, "hung_up") from lost

    async def hear(self) -> AnyMessage:
        try:
            return decode(await self._end.receive())
        except LineLost as lost:
            raise LineOver(CLOSED, "hung_up") from lost


class StoreLines:
    """A till's lines, as terminal.lines wants them: one cable to HQ, and one to its neighbours."""

    def __init__(self, net: Net, program: Program, to_hq: Sequence[Cable], lan: Cable) -> None:
        self._net, self._program = net, program
        self._to_hq, self._lan = to_hq, lan

    def to(self, address: str, caller: Caller, key: Ed25519PublicKey) -> Upwards:
        """HQ, or a neighbour."""
        cables = self._to_hq if address == HQ_ADDRESS else (self._lan,)
        return Upwards(self._net, self._program, address, cables, caller, key)

    @asynccontextmanager
    async def listening(self, door: Door, lan: LanSettings) -> AsyncIterator[None]:
        """Let neighbours in."""
        with self._net.listening(f"http://{lan.host}:{lan.port}", self._program, door):
            yield


HQ_ADDRESS = "http://hq.example:8380"
