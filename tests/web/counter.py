"""A cashier's counter: the real till program, its virtual reader and printer, and its page in a real browser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, Page, Route, ViewportSize, expect

from hardware_mocks.demo_store import DemoStore
from hardware_mocks.magstripe_reader import VirtualMagstripeReader
from hardware_mocks.receipt_printer import VirtualReceiptPrinter
from hardware_mocks.till_process import TillProcess
from tests.web.modules import script

SCREEN = ViewportSize(width=1024, height=768)
SHOWS_MS_MAX = 20_000
PAD = {
    "Enter": "NumpadEnter",
    "+": "NumpadAdd",
    "-": "NumpadSubtract",
    "*": "NumpadMultiply",
    "/": "NumpadDivide",
    ".": "NumpadDecimal",
}
expect.set_options(timeout=SHOWS_MS_MAX)


@dataclass
class Counter:
    """`press` plays on the number pad; `shows` and `reads` wait until the screen says so."""

    store: DemoStore
    till: TillProcess
    reader: VirtualMagstripeReader
    printer: VirtualReceiptPrinter
    page: Page
    faults: list[str] = field(default_factory=list)

    async def open(self) -> None:
        """Open the page as a cashier does in the morning, and note what goes wrong in it."""
        self.page.on("pageerror", lambda fault: self.faults.append(str(fault)))
        self.page.on("console", lambda line: self._note(line.text))
        await self.page.add_init_script(script("ear"))
        await self.page.goto(self.till.url + "/")
        await self.shows("empty")
        await asyncio.to_thread(self.reader.wait_until_connected)

    async def swipe(self, which: int = 1) -> None:
        """Swipe a card that opens, and wait for it: whatever was on the screen, nothing is keyed now."""
        await self.slide(self.store.track2(which))
        await self.shows("amount")
        await expect(self.page.locator("[data-value=typed]")).to_have_text("0")

    async def slide(self, track2: str) -> None:
        await asyncio.to_thread(self.reader.swipe, track2=track2)

    async def press(self, keys: str) -> None:
        """`press("129 Enter")`: on the number pad, with NumLock off."""
        for word in keys.split():
            for key in [word] if word in PAD else word:
                await self.page.keyboard.press(PAD.get(key, f"Numpad{key}"))

    async def shows(self, face: str) -> None:
        await expect(self.page.locator("body")).to_have_attribute("data-face", face)

    async def reads(self, name: str, text: str) -> None:
        """What stands at `data-value` name, where it is visible."""
        await expect(self.page.locator(f"[data-value={name}]:visible").first).to_have_text(text)

    async def has_tone(self, name: str, tone: str) -> None:
        await expect(self.page.locator(f"[data-tone-of={name}]").first).to_have_attribute("data-tone", tone)

    async def speak(self, language: str) -> None:
        await self.page.locator(f"button[data-language={language}]").click()

    async def load(self, dollars: int, which: int = 1) -> None:
        """Swipe a card, load it with cash, and put the result away."""
        await self.swipe(which)
        await self.press(f"+ {dollars} Enter 1")
        await self.shows("done")
        await self.press("/")
        await self.shows("empty")

    async def meet_once(self, path: str, handler: Callable[[Route], Awaitable[None]]) -> None:
        """The next request to `path` meets `handler`, later ones the till.

        Playwright's own `times=1` stops intercepting while the handler still runs: that very request may get through.
        """
        met = False

        async def meet(route: Route) -> None:
            nonlocal met
            first, met = not met, True
            await (handler(route) if first else route.continue_())

        await self.page.route(path, meet)

    async def go_deaf(self) -> None:
        """From now on no event reaches the page, and nothing tells it so; until it is loaded anew."""
        await self.page.evaluate("window.deaf = true")

    def ask(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """What the till itself says, page or no page."""
        return self.till.get(path)

    def spendable(self) -> int:
        """Of the card on the counter, in units."""
        return int(self.ask("/v1/status")["presentation"]["spendable"])

    def start_again(self) -> None:
        """The till program, at the same address as before."""
        port = urlsplit(self.till.url).port
        assert port is not None
        settings_of(self.store, self.reader, self.printer, port)
        self.till.start()

    def _note(self, line: str) -> None:
        if "Content Security Policy" in line or "Uncaught" in line:
            self.faults.append(line)


def settings_of(
    store: DemoStore, reader: VirtualMagstripeReader, printer: VirtualReceiptPrinter, port: int = 0
) -> Path:
    return store.settings(port=port, reader_address=reader.address, printer_port=printer.port)


@asynccontextmanager
async def open_counter(
    folder: Path,
    browser: Browser,
    store_name: str = "中山店",
    before: Callable[[DemoStore], None] = lambda _store: None,
) -> AsyncIterator[Counter]:
    """Everything on, page open; at the end nothing in the page may have gone wrong. `before` the till is on."""
    store = DemoStore(folder)
    before(store)
    with VirtualMagstripeReader() as reader, VirtualReceiptPrinter() as printer:
        settings = settings_of(store, reader, printer)
        settings.write_text(settings.read_text("utf-8").replace("中山店", store_name), "utf-8")
        with TillProcess(settings, folder / "till.log") as till:
            context = await browser.new_context(viewport=SCREEN, locale="zh-TW")
            counter = Counter(store, till, reader, printer, await context.new_page())
            await counter.open()
            yield counter
            await context.close()
            assert not counter.faults
