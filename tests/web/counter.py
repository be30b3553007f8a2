"""A cashier's counter: the real till program, its virtual reader and printer, and its page in a real browser.

Starting the program takes longer than most stories, so they share a shop: each has a page of its own, and cards that
nobody has used before. A story that needs another shop, or an empty book, opens its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
from playwright.async_api import ConsoleMessage, Error, Page, Route, ViewportSize, expect

from hardware_mocks.demo_store import TAIWAN, DemoStore
from hardware_mocks.magstripe_reader import VirtualMagstripeReader
from hardware_mocks.patience import wait_until
from hardware_mocks.receipt_printer import VirtualReceiptPrinter
from hardware_mocks.slip import Slip
from hardware_mocks.till_process import TillProcess
from tests.web.window import Window

SCREEN = ViewportSize(width=1024, height=768)
SMALL_SCREEN = ViewportSize(width=1024, height=640)
"""A browser with its own bars."""
SCREENS = (SCREEN, ViewportSize(width=1366, height=768), SMALL_SCREEN)
SHOWS_MS_MAX = 20_000
PAD = {
    "Enter": "NumpadEnter",
    "+": "NumpadAdd",
    "-": "NumpadSubtract",
    "*": "NumpadMultiply",
    "/": "NumpadDivide",
    ".": "NumpadDecimal",
}
CARDS_OF_A_STORY = 10
READS_MAX = 100
RESULT_STAYS_MS = 1000
PROBE = "**/probe"
PROBES_MAX = 1000
READ_AGAIN_MS = 50
expect.set_options(timeout=SHOWS_MS_MAX)


@dataclass
class Shop:
    """A till program that runs, and its devices. `stories` counts those who were here."""

    store: DemoStore
    till: TillProcess
    reader: VirtualMagstripeReader
    printer: VirtualReceiptPrinter
    stories: count[int] = field(default_factory=count)

    def start_again(self) -> None:
        """The till program, at the same address as before."""
        port = urlsplit(self.till.url).port
        assert port is not None
        settings_of(self.store, self.reader, self.printer, port)
        self.till.start()

    def tidy(self) -> None:
        """As a story expects it: till and devices are on, nothing lies on the counter, no slip waits."""
        if self.printer.is_silent and not self.till.ended:
            self.till.kill()  # it would leave such a printer in peace for ten seconds
        self.printer.speak()
        if self.till.ended:
            self.start_again()
        self.printer.new_roll()
        presentation = self.till.get("/v1/status")["presentation"]
        if presentation is not None:
            self._dismiss(presentation["presentation"])
        wait_until(self._is_quiet)

    def _dismiss(self, presentation: str) -> None:
        url = f"{self.till.url}/v1/presentations/{presentation}"
        urlopen(Request(url, method="DELETE"), timeout=SHOWS_MS_MAX / 1000).close()  # noqa: S310 - our own address

    def _is_quiet(self) -> bool:
        status = self.till.get("/v1/status")
        for slip in status["slips_waiting"]:
            if slip["state"] == "unknown":
                self.till.post(f"/v1/slips/{slip['receipt_number']}/answers", {"came_out": True})
        ready = all(device["state"] == "ready" for device in status["devices"])
        return ready and not status["slips_waiting"]


@dataclass
class Counter:
    """`press` plays on the number pad; `shows` and `reads` wait until the screen says so.

    Cards have numbers from 1 on; those of one story are never those of another.
    """

    shop: Shop
    page: Page
    first_card: int = 0
    slips_before: int = 0
    faults: list[str] = field(default_factory=list)
    screens: tuple[ViewportSize, ...] = (SMALL_SCREEN,)
    """On which a look at the page is taken; all of them with --thorough."""

    @property
    def store(self) -> DemoStore:
        return self.shop.store

    @property
    def till(self) -> TillProcess:
        return self.shop.till

    @property
    def reader(self) -> VirtualMagstripeReader:
        return self.shop.reader

    @property
    def printer(self) -> VirtualReceiptPrinter:
        return self.shop.printer

    def digits(self, which: int = 1) -> str:
        """The number on a card."""
        return self.store.card(self.first_card + which).digits

    def masked(self, which: int = 1) -> str:
        return f"6222 **** {self.digits(which)[-4:]}"

    def track2(self, which: int = 1) -> str:
        return self.store.track2(self.first_card + which)

    async def last_slip(self) -> str:
        """The number of the slip of which the strip speaks, as soon as it speaks of one."""
        strip = self.page.locator("[data-value=strip_number]")
        await expect(strip).not_to_have_text("")
        return await strip.inner_text()

    async def last_operation(self) -> str:
        """The id of the last operation whose result this page has shown."""
        return str(await self.page.evaluate("JSON.parse(sessionStorage.getItem('last')).operation_id"))

    async def slips(self, number: int) -> list[Slip]:
        """The slips of this story, as soon as there are so many."""
        all_slips = await asyncio.to_thread(self.printer.wait_for_slips, self.slips_before + number)
        return all_slips[self.slips_before :]

    async def open(self) -> None:
        """Open the page as a cashier does in the morning, and note what goes wrong in it."""
        self.page.on("pageerror", self._hear_fault)
        self.page.on("console", self._hear_line)
        await self.page.goto(self.till.url + "/")
        await self.shows("empty")
        await asyncio.to_thread(self.reader.wait_until_connected)

    def leave(self) -> None:
        """What goes wrong from now on is not this story's."""
        self.page.remove_listener("pageerror", self._hear_fault)
        self.page.remove_listener("console", self._hear_line)

    async def swipe(self, which: int = 1) -> None:
        """Swipe a card that opens, and wait for it: whatever was on the screen, nothing is keyed now."""
        await self.slide(self.track2(which))
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

    async def charge(self, dollars: int) -> None:
        """Pay from the card that is loaded, and leave it on the counter."""
        await self.swipe()
        await self.press(f"{dollars} Enter")
        await self.shows("done")
        await self.read_on("amount")

    async def read_on(self, face: str) -> None:
        """Press Enter until a result goes, however often somebody presses."""
        await self.result_was_seen()
        before = await self.page.locator("body").get_attribute("data-face")
        for _ in range(READS_MAX):
            await self.press("Enter")
            if await self.page.locator("body").get_attribute("data-face") != before:
                break
            await self.page.wait_for_timeout(READ_AGAIN_MS)
        await self.shows(face)

    async def result_was_seen(self) -> None:
        """It stays a second, which need not pass."""
        await self.page.evaluate(f"ahead += {RESULT_STAYS_MS}")

    async def has_told(self, rows: str) -> None:
        """The till has told what stands at `data-rows` or `data-paper` of this name."""
        await expect(self.page.locator(f"[data-rows={rows}], [data-paper={rows}]").first).not_to_be_empty()

    async def meet_once(self, path: str, handler: Callable[[Route], Awaitable[None]]) -> None:
        """The next request to `path` meets `handler`, later ones the till.

        Playwright's own `times=1` stops intercepting while the handler still runs: that very request may get through.
        """
        met = False

        async def meet(route: Route) -> None:
            nonlocal met
            first, met = not met, True
            await (handler(route) if first else route.continue_())

        await self.meet(path, meet)

    async def meet(self, path: str, handler: Callable[[Route], Awaitable[None]]) -> None:
        """From now on requests to `path` meet `handler`.

        The first route of a page is set before the browser has heard of it everywhere: a request right after it may
        still go through. A probe tells when none does any more.
        """
        await self.page.route(path, handler)
        await self.page.route(PROBE, _answer_probe)
        for _ in range(PROBES_MAX):
            if await self.page.evaluate("fetch('/probe').then((answer) => answer.status)") == HTTPStatus.NO_CONTENT:
                return
        raise TimeoutError("the browser does not ask us")

    async def ask_again(self) -> None:
        """The page hears that something is not as it was, and asks the till how it stands."""
        await self.page.evaluate("tell('status')")

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
        self.shop.start_again()

    def _hear_fault(self, fault: Error) -> None:
        self.faults.append(str(fault))

    def _hear_line(self, line: ConsoleMessage) -> None:
        if "Content Security Policy" in line.text or "Uncaught" in line.text:
            self.faults.append(line.text)


async def _answer_probe(route: Route) -> None:
    await route.fulfill(status=HTTPStatus.NO_CONTENT)


def settings_of(
    store: DemoStore, reader: VirtualMagstripeReader, printer: VirtualReceiptPrinter, port: int = 0
) -> Path:
    return store.settings(port=port, reader_address=reader.address, printer_port=printer.port)


@contextmanager
def open_shop(
    folder: Path, store_name: str = "中山店", before: Callable[[DemoStore], None] = lambda _store: None, rules: str = ""
) -> Iterator[Shop]:
    """Everything on. `before` the till is; `rules` are more of the demo's programme."""
    store = DemoStore(folder, replace(TAIWAN, rules=rules))
    before(store)
    with VirtualMagstripeReader() as reader, VirtualReceiptPrinter() as printer:
        settings = settings_of(store, reader, printer)
        settings.write_text(settings.read_text("utf-8").replace("中山店", store_name), "utf-8")
        with TillProcess(settings, folder / "till.log") as till:
            yield Shop(store, till, reader, printer)


def shop_of(rules: str) -> Callable[..., Iterator[Shop]]:
    """A module's own `shop`, with more of the programme: one for all its stories."""

    @pytest.fixture(scope="module", name="shop")
    def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
        with open_shop(tmp_path_factory.mktemp("shop"), rules=rules) as opened:
            yield opened

    return shop


@asynccontextmanager
async def at_counter(shop: Shop, page: Page) -> AsyncIterator[Counter]:
    """Page open; at the end nothing in it may have gone wrong."""
    first_card, slips = 100 + next(shop.stories) * CARDS_OF_A_STORY, len(shop.printer.paper)
    counter = Counter(shop, page, first_card, slips)
    await counter.open()
    yield counter
    counter.leave()
    assert not counter.faults


@asynccontextmanager
async def open_counter(
    folder: Path,
    window: Window,
    store_name: str = "中山店",
    before: Callable[[DemoStore], None] = lambda _store: None,
    rules: str = "",
) -> AsyncIterator[Counter]:
    """In a shop of its own, with the demo's first cards."""
    with open_shop(folder, store_name, before, rules) as shop:
        async with window.lent() as page, at_counter(shop, page) as counter:
            counter.first_card = 0
            yield counter
