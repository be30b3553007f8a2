"""`GET /v1/line`: strangers come in, prove who they are, and become lines; one for each keeper."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from aiohttp import WSCloseCode, web

from ledger.ids import ChainId
from offline_queue.book_thread import BookBroken, DiskFull
from offline_queue.gateway.host import Host
from offline_queue.gateway.line import Line
from offline_queue.gateway.login import LOGIN_S_MAX, Complaints, let_in
from offline_queue.gateway.socket_wire import SocketWire
from offline_queue.gateway.wire import COPIES_S, REPLACED, LineOver, Wire
from protocol.conversation import Ask, Told

STRANGERS_MAX = 256
"""Connections that have not said yet who they are; each has LOGIN_S_MAX to do so."""

UPPER_ENDS = LineOver(WSCloseCode.GOING_AWAY, "hq_ends")
"""The reason names HQ, whoever the upper one is."""

log = structlog.get_logger()


class Door:
    """Every line of one host. At most `lines_max` at once, of which each may send `records_per_s`."""

    def __init__(
        self,
        host: Host,
        *,
        lines_max: int,
        records_per_s: int,
        copies_s: float = COPIES_S,
        login_s_max: float = LOGIN_S_MAX,
    ) -> None:
        self._host = host
        self._copies_s = copies_s
        self._lines_max = lines_max
        self._records_per_s = records_per_s
        self._login_s_max = login_s_max
        self._complaints = Complaints()
        self._strangers = 0
        self._lines: dict[ChainId, Line] = {}

    @property
    def is_crowded(self) -> bool:
        """Whether nobody more can come in now."""
        return self._strangers >= STRANGERS_MAX or len(self._lines) >= self._lines_max

    def is_up(self, chain: ChainId) -> bool:
        """Whether this keeper's line is up."""
        return chain in self._lines

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Speak with one caller until its line is over."""
        wire = SocketWire(self._host.world)
        try:
            await wire.socket.prepare(request)
        except ConnectionError:
            return wire.socket  # the caller hung up before its line was one
        await wire.close(await self.speak(wire), request.transport)
        return wire.socket

    async def speak(self, wire: Wire) -> LineOver:
        """The same over a wire that is there already; why it is over."""
        over = LineOver(WSCloseCode.OK, "")
        try:
            with self._stranger():
                chain = await let_in(wire, self._host, self._complaints, login_s_max=self._login_s_max)
            line = Line(chain, wire, self._host, self._pass_on, self._records_per_s, self._copies_s)
            with self._entered(line):
                await line.run()
        except* Exception as faults:  # noqa: BLE001 - what one line meets must not end the others
            over = _reason(list(_leaves(faults)))
        return over

    async def close(self, _app: web.Application) -> None:
        """End every line: the upper one ends, and will be back."""
        for line in self._lines.values():
            line.leave(UPPER_ENDS)

    def _pass_on(self, chain: ChainId, message: Ask | Told) -> bool:
        line = self._lines.get(chain)
        return line is not None and line.pass_on(message)

    @contextmanager
    def _stranger(self) -> Iterator[None]:
        self._strangers += 1
        try:
            yield
        finally:
            self._strangers -= 1

    @contextmanager
    def _entered(self, line: Line) -> Iterator[None]:
        """The line is this keeper's only one: an earlier one is most likely dead and does not know it yet."""
        earlier = self._lines.get(line.chain)
        if earlier is not None:
            earlier.leave(LineOver(REPLACED, "replaced"))
        self._lines[line.chain] = line
        log.info("line up", keeper=line.chain.keeper, epoch=line.chain.epoch, replaced=earlier is not None)
        try:
            yield
        finally:
            if self._lines.get(line.chain) is line:
                del self._lines[line.chain]
                log.info("line down", keeper=line.chain.keeper, epoch=line.chain.epoch)


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for fault in group.exceptions:
        if isinstance(fault, BaseExceptionGroup):
            yield from _leaves(fault)
        else:
            yield fault


def _reason(ends: list[BaseException]) -> LineOver:
    """Why the line is over. The host's troubles are no Rejected: the keeper did no wrong, and calls again later."""
    for fault in ends:
        if not isinstance(fault, LineOver | DiskFull | BookBroken):
            log.error("a line has failed", exc_info=fault)
            return LineOver(WSCloseCode.INTERNAL_ERROR, "internal")
    if any(isinstance(fault, DiskFull) for fault in ends):
        return LineOver(WSCloseCode.TRY_AGAIN_LATER, "disk_full")
    return next((fault for fault in ends if isinstance(fault, LineOver)), UPPER_ENDS)
