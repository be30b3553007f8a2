"""The line to HQ: a WebSocket for the conversation, and one POST for enrolment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeAlias

import aiohttp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from offline_queue.login import Caller, log_in_over
from protocol.conversation import FRAME_BYTES_MAX, AnyMessage, decode, encode
from protocol.errors import NotAMessage
from protocol.upstream import LineLost, Session

LINE_PATH = "/v1/line"
ENROLMENTS_PATH = "/v1/enrolments"
CONNECT_S_MAX = 10.0
LOGIN_S_MAX = 10.0
SEND_S_MAX = 15.0
HEARTBEAT_S = 20.0
"""After so much silence HQ is asked for a sign of life; it has half as long to give one."""
CLOSE_S_MAX = 2.0
ANSWER_BYTES_MAX = 64 * 1024
ANSWER_S_MAX = 20.0

Socket: TypeAlias = "aiohttp.ClientWebSocketResponse[bool]"


class Link:
    """HQ at an address such as `https://hq.example.com`, or a neighbour, reached by `caller` and known by its key."""

    def __init__(self, url: str, caller: Caller, key: Ed25519PublicKey, *, heartbeat_s: float = HEARTBEAT_S) -> None:
        self._url = url.rstrip("/") + LINE_PATH
        self._caller = caller
        self._upper_key = key
        self._heartbeat_s = heartbeat_s

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Session]:
        """One line, logged in. Raises LineLost, TurnedAway, Stranger."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as http:
            socket = await self._open(http)
            try:
                session = _Session(socket, self._heartbeat_s * 2)
                async with _lost_when_it_takes(LOGIN_S_MAX):
                    await log_in_over(session, self._caller, self._upper_key)
                yield session
            finally:
                await socket.close()

    async def _open(self, http: aiohttp.ClientSession) -> Socket:
        async with _lost_when_it_takes(CONNECT_S_MAX):
            return await http.ws_connect(
                self._url,
                autoping=False,  # so that a pong is heard: a sign of life
                heartbeat=self._heartbeat_s,
                max_msg_size=FRAME_BYTES_MAX,
                timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_S_MAX),
            )


class _Session:
    def __init__(self, socket: Socket, silence_s_max: float) -> None:
        self._socket = socket
        self._silence_s_max = silence_s_max

    async def send(self, message: AnyMessage) -> None:
        async with _lost_when_it_takes(SEND_S_MAX):
            await self._socket.send_bytes(encode(message))

    async def receive(self) -> AnyMessage | None:
        async with _lost_when_it_takes(self._silence_s_max):
            frame = await self._socket.receive()
            if frame.type is aiohttp.WSMsgType.PING:
                await self._socket.pong(frame.data)
        if frame.type in (aiohttp.WSMsgType.PING, aiohttp.WSMsgType.PONG):
            return None
        if frame.type is not aiohttp.WSMsgType.BINARY:
            raise LineLost(f"it ended with {frame.type.name}")
        try:
            return decode(frame.data)
        except NotAMessage as fault:
            raise LineLost("it said what is no message") from fault


@asynccontextmanager
async def _lost_when_it_takes(most_s: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(most_s):
            yield
    except (aiohttp.ClientError, OSError) as fault:  # TimeoutError is an OSError
        raise LineLost(type(fault).__name__) from fault


async def post_enrolment(url: str, request: bytes) -> tuple[int, bytes]:
    """Send a request to be enrolled (JSON); HTTP status and body of the answer. Raises LineLost."""
    async with _lost_when_it_takes(ANSWER_S_MAX), aiohttp.ClientSession() as http:
        asked = http.post(
            url.rstrip("/") + ENROLMENTS_PATH,
            data=request,
            headers={"Content-Type": "application/json"},
            allow_redirects=False,
        )
        async with asked as answer:
            return answer.status, await _read(answer.content)


async def _read(content: aiohttp.StreamReader) -> bytes:
    body = b""
    async for chunk in content.iter_any():
        body += chunk
        if len(body) > ANSWER_BYTES_MAX:
            raise LineLost("it answered with more than an answer")
    return body
