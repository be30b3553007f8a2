"""A real till behind a real socket, with hands: it swipes, asks over HTTP, and looks whether the book has changed."""

import asyncio
import json
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from aiohttp import ClientSession, TCPConnector, web

from drivers.events import CardSwiped, Tracks
from loyalty.programme import Programme
from receipts.wording import Language, Wording
from terminal.answers import Presentation
from terminal.api.app import make_app, make_runner
from terminal.shop import Shop as ShopFacts
from terminal.store import TillStore
from terminal.store_thread import StoreThread
from terminal.till import Till
from terminal.world import World
from tests.chains.company import PROGRAMME, SCHEME, number
from tests.chains.till import IDENTITY, KEY, NOON

ANSWER_S_MAX = 10


@dataclass
class Clock:
    """It stands still until a story moves it."""

    now_s: float = 0
    set_ms: int = 0
    """By how much somebody has set the clock on the wall."""

    def now_ms(self) -> int:
        return NOON + self.set_ms + round(self.now_s * 1000)

    def monotonic_s(self) -> float:
        return self.now_s


@dataclass
class Reply:
    status: int
    body: Any
    headers: dict[str, str]

    @property
    def code(self) -> str:
        """Of a problem, which must have the form of one."""
        assert self.headers["Content-Type"] == "application/problem+json", self
        assert self.body["status"] == self.status
        assert self.body["type"] == "about:blank"
        assert set(self.body["cashier_message"]) == {"zh-TW", "zh-CN", "en"}
        return str(self.body["code"])


class Shop:
    """Till 2 of store 07, the cashier's hands, and a client of its API."""

    def __init__(
        self, till: Till, store: StoreThread, clock: Clock, runner: web.AppRunner, http: ClientSession
    ) -> None:
        self.till, self.store, self.clock, self.http = till, store, clock, http
        self.port: int = runner.addresses[0][1]
        self.app, self.stop_serving = runner.app, runner.cleanup

    async def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        data: bytes | str | AsyncIterable[bytes] | BinaryIO | None = None,
        headers: dict[str, str] | None = None,
        params: dict[str, str] | None = None,
    ) -> Reply:
        """One request; `body` goes as JSON, `data` as it is."""
        if body is not None:
            data, headers = json.dumps(body), {"Content-Type": "application/json"}
        async with self.http.request(method, path, data=data, headers=headers, params=params) as reply:
            content = await reply.read()
            return Reply(reply.status, json.loads(content) if content else None, dict(reply.headers))

    async def raw(self, content: bytes, *, hang_up: bool = False, until: bytes = b"") -> bytes:
        """These bytes on a connection of their own, and what comes back: to its end, or to `until`."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(content)
            if hang_up:
                writer.write_eof()
            async with asyncio.timeout(ANSWER_S_MAX):
                return await (reader.readuntil(until) if until else reader.read())
        finally:
            writer.close()

    async def swipe(self, serial: int = 417) -> str:
        """Swipe that member's card; the name of its presentation."""
        await self.till.on_device(CardSwiped("reader", Tracks(track2=SCHEME.track2(number(serial)))))
        presentation = (await self.till.status()).presentation
        assert isinstance(presentation, Presentation)
        return presentation.presentation

    async def load(self, presentation: str, amount: int, operation_id: str = "load-0001") -> Reply:
        words = {"operation_id": operation_id, "presentation": presentation, "amount": amount, "tender": "cash"}
        reply = await self.ask("POST", "/v1/loads", words)
        assert (reply.status, reply.body["outcome"]) == (200, "done"), reply
        return reply

    async def sell(
        self, presentation: str, items: list[int], paid: dict[str, int], operation_id: str = "sale-0001", **more: str
    ) -> Reply:
        """Lines of these amounts, paid with these tenders."""
        lines = [{"article": f"article {number}", "amount": amount} for number, amount in enumerate(items)]
        parts = [{"tender": tender, "amount": amount} for tender, amount in paid.items()]
        words = {"operation_id": operation_id, "presentation": presentation, "items": lines, "paid": parts, **more}
        return await self.ask("POST", "/v1/sales", words)

    async def refund(self, receipt_number: str, amount: int, operation_id: str = "refund-0001", **more: str) -> Reply:
        words = {"operation_id": operation_id, "receipt_number": receipt_number, "amount": amount, **more}
        return await self.ask("POST", "/v1/refunds", words)

    async def void(self, receipt_number: str, operation_id: str = "void-0001", **more: str) -> Reply:
        words = {"operation_id": operation_id, "receipt_number": receipt_number, **more}
        return await self.ask("POST", "/v1/voids", words)

    async def book(self) -> str:
        """The chain's head: the same as long as nothing was decided."""
        return (await self.store.do(TillStore.head)).hash.hex()


@asynccontextmanager
async def open_shop(folder: Path, programme: Programme = PROGRAMME) -> AsyncIterator[Shop]:
    clock = Clock()
    store = StoreThread(TillStore.open(folder / "till.db", IDENTITY, KEY.sign, programme))
    facts = ShopFacts(IDENTITY, "Maple", "Main Street", Language.TAIWAN, ZoneInfo("Asia/Taipei"), "transfer")
    till = Till(facts, SCHEME, programme, store, World(now_ms=clock.now_ms, monotonic_s=clock.monotonic_s))
    await till.begin()
    runner = make_runner(make_app(till, Wording.load(), own_hosts=("127.0.0.1", "localhost")))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    try:
        async with ClientSession(f"http://127.0.0.1:{port}", connector=TCPConnector(limit=0)) as http:
            yield Shop(till, store, clock, runner, http)
    finally:
        await runner.cleanup()
        await asyncio.to_thread(store.close)
