"""Where lines come in, for a host that has no other server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from offline_queue.gateway.door import Door
from offline_queue.link import LINE_PATH


@asynccontextmanager
async def listening(door: Door, host: str, port: int) -> AsyncIterator[None]:
    """Let lines in at this address; in the end each is told. Raises OSError when the address can't be had."""
    app = web.Application()
    app.router.add_get(LINE_PATH, door.serve)
    app.on_shutdown.append(door.close)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield
    finally:
        await runner.cleanup()
