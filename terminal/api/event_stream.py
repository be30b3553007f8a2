"""What happens at the till as server-sent events (HTML, 9.2), with what a page has missed."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import AsyncGenerator
from contextlib import aclosing

import msgspec
from aiohttp import web

from terminal.answers import Problem
from terminal.api.reading import Flaw
from terminal.events import Event, EventLog

KEEP_ALIVE_S = 15.0
SLOW_CLIENT_S = 5.0
"""A client that takes nothing for so long is cut off; it comes back and gets what it missed."""
FIRST_WORDS = b"retry: 1000\n\n"
KEEP_ALIVE = b": still here\n\n"
NONE_YET = -1
"""No event has this number, so the log begins with a reset, and the client knows from where it hears."""


class EventStreams:
    """Everybody who watches. Ids are `<run>-<number>`, as a till that starts anew counts from 1 again."""

    def __init__(self, events: EventLog) -> None:
        self._events = events
        self._run = secrets.token_hex(4)
        self._open: set[asyncio.Transport] = set()

    async def serve(self, request: web.Request) -> web.StreamResponse | Flaw:
        """Pass on what happens until the client, the till or a wire ends it."""
        after = self._after(request)
        if isinstance(after, Flaw):
            return after
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        transport = request.transport
        if transport is None:
            return response
        self._open.add(transport)
        try:
            await response.prepare(request)
            await self._relay(response, after)
        except* (ConnectionError, TimeoutError):
            transport.abort()
        finally:
            self._open.discard(transport)
        return response

    async def close(self, _app: web.Application) -> None:
        """End every stream now; one whose client is behind is cut."""
        self._events.close()
        for transport in self._open:
            if transport.get_write_buffer_size():
                transport.abort()

    async def _relay(self, response: web.StreamResponse, after: int) -> None:
        events = self._events.subscribe(after)
        assert isinstance(events, AsyncGenerator), "it is closed here, not when somebody finds it"
        async with aclosing(events), asyncio.TaskGroup() as tasks:
            beat = tasks.create_task(_keep_alive(response))
            await _send(response, FIRST_WORDS)
            async for event in events:
                await _send(response, self._frame(event))
            beat.cancel()

    def _frame(self, event: Event) -> bytes:
        data = msgspec.json.encode(event.data)
        return b"id: %s-%d\nevent: %s\ndata: %s\n\n" % (self._run.encode(), event.id, event.name.encode(), data)

    def _after(self, request: web.Request) -> int | Flaw:
        """The number of the last event that the client has. The header is newer than the address, which stays."""
        text = request.headers.get("Last-Event-ID") or request.query.get("after")
        if text is None:
            return NONE_YET
        last = _EVENT_ID.fullmatch(text)
        if last is None:
            return Flaw(Problem.BAD_REQUEST, "This is not the id of an event.")
        return int(last["number"]) if last["run"] == self._run else NONE_YET


_EVENT_ID = re.compile(r"(?P<run>[0-9a-f]{8})-(?P<number>[0-9]{1,18})")


async def _send(response: web.StreamResponse, content: bytes) -> None:
    async with asyncio.timeout(SLOW_CLIENT_S):
        await response.write(content)


async def _keep_alive(response: web.StreamResponse) -> None:
    """A word now and then: the client knows that the till is there, and the till finds out that the client is gone."""
    while True:
        await asyncio.sleep(KEEP_ALIVE_S)
        await _send(response, KEEP_ALIVE)
