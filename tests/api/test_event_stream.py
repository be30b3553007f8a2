"""Pages that watch: they hear what happens, and after a break exactly what they have missed."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import msgspec
import pytest
from aiohttp import ClientResponse

from terminal.api.app import SHUTDOWN_TIMEOUT_S
from terminal.events import BEHIND_MAX, KEPT_MAX
from tests.api.shop import ANSWER_S_MAX, Shop
from tests.chains.company import number


class Heard(NamedTuple):
    id: str
    name: str
    data: Any


END = Heard("", "", None)


class Page:
    """Reads a stream as a browser does."""

    def __init__(self, stream: ClientResponse) -> None:
        self.stream = stream
        self.start = END

    async def lines(self) -> list[str]:
        """Up to the next empty line; nothing at the end."""
        lines: list[str] = []
        while line := (await self.stream.content.readline()).decode():
            if line == "\n":
                return lines
            lines.append(line.rstrip("\n"))
        return lines

    async def next(self) -> Heard:
        """The next event; END at the end of the stream."""
        async with asyncio.timeout(ANSWER_S_MAX):
            while lines := await self.lines():
                fields = dict(line.split(": ", 1) for line in lines)
                if "data" in fields:
                    return Heard(fields["id"], fields["event"], msgspec.json.decode(fields["data"]))
        return END

    async def hear(self, count: int) -> list[Heard]:
        return [await self.next() for _ in range(count)]


@asynccontextmanager
async def watching(shop: Shop, last_id: str | None = None, *, after: str | None = None) -> AsyncIterator[Page]:
    """A page that listens; what happens from here on it will hear."""
    headers = {} if last_id is None else {"Last-Event-ID": last_id}
    params = {} if after is None else {"after": after}
    async with shop.http.get("/v1/events", headers=headers, params=params) as stream:
        assert (stream.status, stream.content_type) == (200, "text/event-stream")
        page = Page(stream)
        assert await page.lines() == ["retry: 1000"]
        if last_id is None and after is None:
            page.start = await page.next()
            assert page.start.name == "reset"
        yield page


async def notes(shop: Shop, first: int, last: int) -> None:
    """Things that happen: their data are numbers that count up."""
    for count in range(first, last + 1):
        shop.till.events.say("note", {"count": count})
        await asyncio.sleep(0)


async def test_a_new_page_is_told_to_ask_how_things_are(shop: Shop) -> None:
    """Were it cut off before the first event, it must know from where it has missed."""
    await notes(shop, 1, 3)
    async with watching(shop) as page:
        start = page.start
    await notes(shop, 4, 4)
    async with watching(shop, start.id) as page:
        assert (await page.next()).data == {"count": 4}


async def test_a_page_hears_of_a_card_and_of_a_sale(shop: Shop) -> None:
    async with watching(shop) as page:
        card = await shop.swipe()
        answer = await shop.load(card, 100)
        await shop.ask("POST", "/v1/presentations", {"number": "6222"})
        await shop.ask("DELETE", f"/v1/presentations/{card}")
        presented, done, gone = await page.hear(3)
    assert (presented.name, presented.data["presentation"]) == ("card.presented", card)
    assert (done.name, done.data) == ("operation.done", answer.body)
    assert (gone.name, gone.data) == ("card.gone", {"presentation": card})


async def test_two_pages_hear_the_same(shop: Shop) -> None:
    async with watching(shop) as one, watching(shop) as other:
        await notes(shop, 1, 5)
        assert await one.hear(5) == await other.hear(5)


@pytest.mark.parametrize("way", ["header", "address", "both"])
async def test_a_page_that_comes_back_gets_exactly_what_it_missed(shop: Shop, way: str) -> None:
    """The header is newer than the address, which a reconnecting page repeats."""
    async with watching(shop) as page:
        await notes(shop, 1, 3)
        first, _, last = await page.hear(3)
    await notes(shop, 4, 9)
    header = None if way == "address" else last.id
    address = {"header": None, "address": last.id, "both": first.id}[way]
    async with watching(shop, header, after=address) as page:
        missed = await page.hear(6)
        await notes(shop, 10, 11)
        later = await page.hear(2)
    assert [event.data["count"] for event in missed + later] == [4, 5, 6, 7, 8, 9, 10, 11]


async def test_a_page_that_missed_nothing_gets_nothing_again(shop: Shop) -> None:
    async with watching(shop) as page:
        await notes(shop, 1, 1)
        (last,) = await page.hear(1)
    async with watching(shop, last.id) as page:
        await notes(shop, 2, 2)
        assert [event.data["count"] for event in await page.hear(1)] == [2]


async def test_a_page_that_missed_too_much_is_told_to_ask_anew(shop: Shop) -> None:
    async with watching(shop) as page:
        await notes(shop, 1, 1)
        (last,) = await page.hear(1)
    await notes(shop, 2, KEPT_MAX + 2)
    async with watching(shop, last.id) as page:
        reset = await page.next()
        await notes(shop, 1000, 1000)
        after = await page.next()
    assert (reset.name, reset.data, after.data) == ("reset", {}, {"count": 1000})
    async with watching(shop, reset.id) as page:
        assert await page.next() == after


async def test_an_id_of_the_till_s_last_run_means_to_ask_anew(shop: Shop) -> None:
    """Numbers begin at 1 at each start: 7 of the last run isn't 7 of this one."""
    await notes(shop, 1, 20)
    for other_run in ("00000000-7", "00000000-20", "00000000-0"):
        async with watching(shop, other_run) as page:
            assert (await page.next()).name == "reset"


async def test_what_is_no_id_is_a_problem(shop: Shop) -> None:
    for odd in ("x", "-1", "1", "1.0", "00000000-", "0000000g-1", "00000000-" + "9" * 40, "٣"):
        reply = await shop.ask("GET", "/v1/events", params={"after": odd})
        assert (reply.status, reply.code) == (400, "bad_request")


async def test_a_till_with_nothing_to_say_says_that_it_is_there(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("terminal.api.event_stream.KEEP_ALIVE_S", 0.01)
    async with watching(shop) as page:
        assert await page.lines() == [": still here"]
        await notes(shop, 1, 1)
        assert (await page.next()).data == {"count": 1}


async def watchers(shop: Shop, count: int) -> None:
    """Wait until so many watch."""
    async with asyncio.timeout(ANSWER_S_MAX):
        while len(shop.till.events._watchers) != count:  # noqa: ASYNC110 - the log tells nobody who comes and goes
            await asyncio.sleep(0.005)


async def test_a_page_that_left_is_forgotten(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("terminal.api.event_stream.KEEP_ALIVE_S", 0.01)
    async with watching(shop):
        await watchers(shop, 1)
    await watchers(shop, 0)


async def test_a_page_that_reads_nothing_is_cut_off_and_comes_back_for_the_rest(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It costs a bounded number of events and bytes, others hear on, and no event is missing afterwards."""
    monkeypatch.setattr("terminal.api.event_stream.SLOW_CLIENT_S", 0.2)
    count, weight = 3 * BEHIND_MAX, "x" * 100_000
    with socket.socket() as asleep:
        asleep.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        asleep.setblocking(False)  # noqa: FBT003 - the library's own way to say it
        loop = asyncio.get_running_loop()
        await loop.sock_connect(asleep, ("127.0.0.1", shop.port))
        await loop.sock_sendall(asleep, f"GET /v1/events HTTP/1.1\r\nHost: 127.0.0.1:{shop.port}\r\n\r\n".encode())
        await watchers(shop, 1)
        for one in range(1, count + 1):
            shop.till.events.say("note", {"count": one, "weight": weight})
            await asyncio.sleep(0.002)
        await watchers(shop, 0)
        received = await drain(asleep)
    assert not received.endswith(b"0\r\n\r\n"), "cut, and not ended in good order once it reads"
    whole = [piece for piece in received.split(b"\n\n") if b'{"count":' in piece and piece.endswith(b'"}')]
    counts = [int(piece.split(b'{"count":')[1].split(b",")[0]) for piece in whole]
    assert counts == list(range(1, len(counts) + 1))
    assert 0 < len(counts) < count
    last_id = whole[-1].split(b"id: ")[1].split(b"\n")[0].decode()
    async with watching(shop, last_id) as page:
        rest = await page.hear(count - len(counts))
    assert [event.data["count"] for event in rest] == list(range(len(counts) + 1, count + 1))


async def drain(connection: socket.socket) -> bytes:
    """All that is left to read, up to the end or the reset that the till's cut is."""
    loop, received = asyncio.get_running_loop(), b""
    try:
        while piece := await loop.sock_recv(connection, 1 << 20):
            received += piece
    except ConnectionResetError:
        return received
    return received


async def test_a_watcher_that_falls_behind_in_one_go_misses_nothing(shop: Shop) -> None:
    """Many things happen between two turns of the loop: the stream ends, and the page comes back for what it lacks."""
    count = 2 * BEHIND_MAX
    heard: list[Heard] = []
    async with watching(shop) as page:
        for one in range(1, count + 1):
            shop.till.events.say("note", {"count": one})
        while (event := await page.next()) is not END:
            heard.append(event)
    last = heard[-1] if heard else page.start
    async with watching(shop, last.id) as page:
        heard += await page.hear(count - len(heard))
    assert [event.data["count"] for event in heard] == list(range(1, count + 1))


async def test_when_the_till_ends_the_streams_end_at_once(shop: Shop) -> None:
    async with watching(shop) as page, watching(shop) as other:
        started = asyncio.get_running_loop().time()
        await shop.stop_serving()
        assert [await page.next(), await other.next()] == [END, END]
        assert asyncio.get_running_loop().time() - started < SHUTDOWN_TIMEOUT_S


async def test_when_the_till_ends_a_page_that_reads_nothing_does_not_hold_it_up(shop: Shop) -> None:
    async with watching(shop):
        for _ in range(BEHIND_MAX - 1):
            shop.till.events.say("note", {"weight": "x" * 400_000})
        await asyncio.sleep(0.1)
        started = asyncio.get_running_loop().time()
        await shop.stop_serving()
        assert asyncio.get_running_loop().time() - started < SHUTDOWN_TIMEOUT_S


async def test_no_stream_ever_carries_a_card_number(shop: Shop) -> None:
    digits = number(417).digits
    async with watching(shop) as page:
        await shop.swipe(417)
        await shop.ask("POST", "/v1/presentations", {"number": digits})
        await shop.ask("POST", "/v1/presentations", {"number": digits[:-1]})
        heard = await page.hear(2)
    assert digits not in str(heard)
    assert digits[6:12] not in str(heard)
