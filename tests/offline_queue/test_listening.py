"""A lead's own door on a real socket: it lets in whom it has room for, and is gone at once when it is to be."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path

import aiohttp
import pytest

from hardware_mocks.loopback import LOOPBACK
from offline_queue.gateway.door import Door
from offline_queue.gateway.listening import listening
from offline_queue.link import LINE_PATH
from terminal.lead_host import HandedOn, LeadHost, OwnBook
from terminal.store_lead import LanWorld
from terminal.store_rights import StoreRights
from terminal.store_thread import StoreThread
from terminal.world import World
from tests.terminal.one_store import new_till
from tests.terminal.till_on_line import AT_ONCE_S


@asynccontextmanager
async def open_door(folder: Path, *, lines_max: int) -> AsyncIterator[str]:
    """The URL of a till's door."""
    with socket.create_server((LOOPBACK, 0)) as free:
        port = free.getsockname()[1]
    till = new_till(folder, 1)
    thread = StoreThread(till.store)
    book, world, handed_on = OwnBook(thread, till.identity, till.key.sign), LanWorld(World()), HandedOn()
    host = LeadHost(book, world, till.moment, handed_on, StoreRights(book, handed_on.news, world, lambda: None))
    try:
        async with listening(Door(host, lines_max=lines_max, records_per_s=1), LOOPBACK, port):
            yield f"http://{LOOPBACK}:{port}{LINE_PATH}"
    finally:
        await asyncio.to_thread(thread.close)


async def status_of(url: str, **headers: str) -> int:
    """With what status a caller is turned away."""
    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await http.ws_connect(url, headers=headers)
    return refused.value.status


async def test_who_finds_no_room_is_told_so_and_takes_none(tmp_path: Path) -> None:
    async with open_door(tmp_path, lines_max=0) as url:
        assert await status_of(url) == HTTPStatus.SERVICE_UNAVAILABLE


async def test_a_subprotocol_that_we_do_not_have_is_refused_and_not_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_door(tmp_path, lines_max=1) as url:
        assert await status_of(url, **{"Sec-WebSocket-Protocol": "words"}) == HTTPStatus.BAD_REQUEST
    assert "words" not in caplog.text


async def test_whoever_says_nothing_does_not_keep_the_door_from_closing(tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    async with aiohttp.ClientSession() as http:
        async with open_door(tmp_path, lines_max=1) as url:
            silent = await http.ws_connect(url)
            with socket.create_connection((LOOPBACK, int(url.split(":")[2].split("/")[0]))) as mute:
                mute.sendall(b"GET /v1/line HTTP/1.1\r\n")
                await silent.receive()
                begun = loop.time()
        assert loop.time() - begun < AT_ONCE_S
