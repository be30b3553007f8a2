"""One WebSocket as a line of messages, bounded in size and time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from aiohttp import WSCloseCode, WSMessage, WSMsgType, web

from offline_queue.gateway.host import World
from offline_queue.gateway.wire import LineOver
from offline_queue.rate import TokenBucket
from protocol.conversation import FRAME_BYTES_MAX, AnyMessage, decode, encode
from protocol.errors import NotAMessage

SEND_S_MAX = 15.0
"""Whoever takes nothing for so long is cut off; it calls again, and is told what it has missed."""
CLOSE_S_MAX = 2.0
HEARTBEAT_S = 30.0
"""After so much silence a caller is asked for a sign of life; it has half as long to give one."""
SIGNS_PER_S = 5
SIGNS_BURST = 20
"""Pings and pongs; whoever has more to say without words only waits for itself."""


class SocketWire:
    """A Wire over a WebSocket of aiohttp's."""

    def __init__(self, world: World) -> None:
        # A frame of exactly FRAME_BYTES_MAX is taken; aiohttp's own bound is the first size that is refused.
        self.socket = web.WebSocketResponse(
            max_msg_size=FRAME_BYTES_MAX + 1,
            heartbeat=HEARTBEAT_S,
            timeout=CLOSE_S_MAX,
            compress=False,
            autoping=False,
        )
        self._world = world
        self._signs = TokenBucket(SIGNS_PER_S, SIGNS_BURST, world.monotonic_s())

    async def say(self, message: AnyMessage) -> None:
        """Send a message."""
        async with _in_time():
            await self.socket.send_bytes(encode(message))

    async def hear(self) -> AnyMessage:
        """The next message."""
        frame = await self.socket.receive()
        while frame.type in (WSMsgType.PING, WSMsgType.PONG):
            await self._answer(frame)
            frame = await self.socket.receive()
        match frame.type:
            case WSMsgType.BINARY:
                return _message(frame.data)
            case WSMsgType.TEXT:
                raise LineOver(WSCloseCode.UNSUPPORTED_DATA, "text")
            case WSMsgType.ERROR if self.socket.close_code == WSCloseCode.MESSAGE_TOO_BIG:
                raise LineOver(WSCloseCode.MESSAGE_TOO_BIG, "")
            case WSMsgType.ERROR:
                raise LineOver(WSCloseCode.PROTOCOL_ERROR, "no_websocket")
            case _:
                raise LineOver(WSCloseCode.OK, "hung_up")

    async def _answer(self, sign: WSMessage) -> None:
        """A ping gets its pong; the sign itself has told aiohttp's heartbeat that the caller lives."""
        await asyncio.sleep(self._signs.take(1, self._world.monotonic_s()))
        if sign.type is WSMsgType.PING:
            async with _in_time():
                await self.socket.pong(sign.data)

    async def close(self, over: LineOver, transport: asyncio.Transport | None) -> None:
        """End the line within bounds, whatever its other end does."""
        try:
            with suppress(ConnectionError, TimeoutError):
                async with asyncio.timeout(CLOSE_S_MAX):
                    # Without waiting for what was said before: a drain that was cut short once raises CancelledError.
                    await self.socket.close(code=over.code, message=over.reason.encode(), drain=False)
        finally:
            if transport is not None and transport.get_write_buffer_size():
                # Otherwise it stays open until its other end has taken what it does not take.
                transport.abort()


@asynccontextmanager
async def _in_time() -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(SEND_S_MAX):
            yield
    except (ConnectionError, TimeoutError) as fault:
        raise LineOver(WSCloseCode.POLICY_VIOLATION, "takes_nothing") from fault


def _message(frame: bytes) -> AnyMessage:
    try:
        return decode(frame)
    except NotAMessage as fault:
        raise LineOver(WSCloseCode.PROTOCOL_ERROR, "not_a_message") from fault
