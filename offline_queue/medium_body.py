"""A medium's file as it comes over HTTP: piece by piece, however large, and not for longer than its sender sends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

MEDIUM_BYTES_MAX = 1 << 30
"""Months of a busy till."""
PIECE_S_MAX = 10.0


async def pieces(read: Callable[[], Awaitable[bytes]]) -> AsyncIterator[bytes]:
    """The body as it comes; whoever sends too slowly is not waited for. Raises TimeoutError."""
    while True:
        async with asyncio.timeout(PIECE_S_MAX):
            piece = await read()
        if not piece:
            return
        yield piece
