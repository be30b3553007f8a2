"""Where lines come in, for a host that has no other server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import hdrs, web

from offline_queue.gateway.door import Door
from offline_queue.http_log import http_logger
from offline_queue.link import LINE_PATH

IDLE_S_MAX = 30.0
"""A connection on which nobody asks for anything is closed."""
SHUTDOWN_S_MAX = 2.0


@asynccontextmanager
async def listening(door: Door, host: str, port: int) -> AsyncIterator[None]:
    """Let lines in at this address; in the end each is told. Raises OSError when the address can't be had."""

    async def line(request: web.Request) -> web.StreamResponse:
        # A subprotocol that we do not have would be logged with its caller's words.
        if hdrs.SEC_WEBSOCKET_PROTOCOL in request.headers:
            raise web.HTTPBadRequest
        if door.is_crowded:
            raise web.HTTPServiceUnavailable
        return await door.serve(request)

    app = web.Application()
    app.router.add_get(LINE_PATH, line)
    app.on_shutdown.append(door.close)
    runner = web.AppRunner(
        app,
        access_log=None,
        logger=http_logger(),
        keepalive_timeout=IDLE_S_MAX,
        lingering_time=SHUTDOWN_S_MAX,
        shutdown_timeout=SHUTDOWN_S_MAX,
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield
    finally:
        await runner.cleanup()
