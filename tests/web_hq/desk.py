"""HQ's own program with hand-made tills on its lines, and its pages in a real browser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from playwright.async_api import ConsoleMessage, Error, Locator, Page, ViewportSize, expect

from hardware_mocks.hq_process import HqProcess
from protocol.enrolment import ask, parse_code
from protocol.signing import public_key
from tests.hq_server.forger import Keeper
from tests.hq_server.serving import ANEW, call, settings_file
from tests.web.window import Window

SCREEN = ViewportSize(width=1366, height=768)
SMALL_SCREEN = ViewportSize(width=1024, height=768)
SCREENS = (SCREEN, SMALL_SCREEN)
SHOWS_MS_MAX = 20_000
HOLDS_S_MAX = 20
expect.set_options(timeout=SHOWS_MS_MAX)


@dataclass
class Desk:
    """`hq` is the program; `page` is what somebody at HQ looks at. `stack` holds the lines that stay up."""

    hq: HqProcess
    page: Page
    http: aiohttp.ClientSession
    stack: AsyncExitStack
    faults: list[str] = field(default_factory=list)
    screens: tuple[ViewportSize, ...] = (SMALL_SCREEN,)
    """On which a look at the pages is taken."""

    @property
    def token(self) -> str:
        return self.hq.headers["Authorization"].removeprefix("Bearer ")

    async def open(self, at: str = "") -> None:
        """Open the pages, and note what goes wrong in them."""
        self.page.on("pageerror", self._hear_fault)
        self.page.on("console", self._hear_line)
        await self.page.goto(f"{self.hq.url}/{at}")

    def leave(self) -> None:
        """What goes wrong from now on is not this story's."""
        self.page.remove_listener("pageerror", self._hear_fault)
        self.page.remove_listener("console", self._hear_line)

    async def sign_in(self, token: str | None = None) -> None:
        await self.page.locator("#sign_in input").fill(self.token if token is None else token)
        await self.page.keyboard.press("Enter")

    async def go(self, to: str) -> None:
        """To the page of that name, until HQ has answered: `go("records/07-2/1")`."""
        await self.page.evaluate("to => { location.hash = to }", f"#/{to}")
        await expect(self.page.locator("#page")).to_have_attribute("data-shows", to.partition("/")[0])

    async def look_again(self) -> None:
        """What somebody sees who comes back to this window: no need to wait for the next refresh."""
        await self.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    async def speak(self, language: str) -> None:
        await self.page.locator(f"button[data-language={language}]").click()

    def row(self, key: str, inside: str = "") -> Locator:
        """A line of a list, by its name."""
        return self.page.locator(f'{inside} tr[data-key="{key}"]')

    async def reads(self, key: str, *cells: str, inside: str = "") -> None:
        """What stands in the first cells of a line."""
        for index, text in enumerate(cells):
            await expect(self.row(key, inside).locator("td").nth(index)).to_have_text(text)

    async def enrol(self, *tills: Keeper) -> None:
        """With the code that HQ shows, as at the till itself."""
        for till in tills:
            code = parse_code(self.hq.post("/v1/tills", {"place": till.place})["code"])
            assert code is not None
            request = msgspec.to_builtins(ask(till.place, till.raw_key, bytes(32), code))
            assert "sealed" in self.hq.post("/v1/enrolments", request)

    async def send(self, till: Keeper, *, stays: bool = False) -> None:
        """All that a till has signed; its line stays up if it is said so. Returns when HQ holds it."""
        key = public_key(bytes.fromhex(self.hq.get("/v1/hq")["public_key"]))
        async with AsyncExitStack() as over:
            caller = await over.enter_async_context(call(self.http, self.hq.url, key))
            await caller.log_in(till)
            await caller.say(ANEW)
            await caller.say(till.batch())
            async with asyncio.timeout(HOLDS_S_MAX):
                while not await asyncio.to_thread(self._holds, till):  # noqa: ASYNC110 - it is told by no event
                    await asyncio.sleep(0.02)
            if stays:
                self.stack.push_async_exit(over.pop_all())

    def ask(self, path: str) -> Any:  # noqa: ANN401 - JSON
        return self.hq.get(path)

    def _holds(self, till: Keeper) -> bool:
        """Held, and posted up to where it waits."""
        seen = next(one for one in self.hq.get("/v1/tills")["tills"] if one["keeper"] == till.place)
        waits = any(one["record"].startswith(f"{till.place}/") for one in self.hq.get("/v1/waiting")["lines"])
        return bool(seen["held"] == len(till.chain) and (waits or seen["waits"] == 0))

    def _hear_fault(self, fault: Error) -> None:
        self.faults.append(str(fault))

    def _hear_line(self, said: ConsoleMessage) -> None:
        if "Content Security Policy" in said.text or "Uncaught" in said.text:
            self.faults.append(said.text)


@asynccontextmanager
async def open_desk(folder: Path, window: Window, promotions: str = "") -> AsyncIterator[Desk]:
    """HQ without a till, nobody signed in; at the end nothing in the pages may have gone wrong."""
    with HqProcess(settings_file(folder, promotions=promotions), folder / "hq.log") as hq:
        async with aiohttp.ClientSession() as http, AsyncExitStack() as stack, window.lent() as page:
            desk = Desk(hq, page, http, stack)
            yield desk
            desk.leave()
            assert not desk.faults


def member(number: str, name: str, phone: str, **otherwise: object) -> dict[str, object]:
    return {"number": number, "name": name, "phone": phone, "store": "07", "tier": "gold", **otherwise}
