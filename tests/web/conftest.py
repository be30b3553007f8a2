import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import ClientSession, web
from playwright.async_api import Browser, ViewportSize

from terminal.web.pages import add_pages
from tests.launcher import quick_starts
from tests.web.counter import SCREEN, SCREENS, SMALL_SCREEN, Counter, Shop, at_counter, open_shop
from tests.web.modules import Modules
from tests.web.window import Window

__all__ = ["quick_starts"]


@pytest.fixture(scope="session")
def screens(request: pytest.FixtureRequest) -> tuple[ViewportSize, ...]:
    """What fits on the smallest fits on the others: they are looked at with --thorough."""
    return SCREENS if request.config.getoption("--thorough") else (SMALL_SCREEN,)


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One for all stories of a worker."""
    with open_shop(tmp_path_factory.mktemp("shop")) as opened:
        yield opened


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def window(browser: Browser) -> AsyncIterator[Window]:
    """One for all stories of a worker."""
    one = Window(browser, SCREEN, scripts=("ear", "watch"))
    yield one
    await one.close()


@pytest_asyncio.fixture(loop_scope="session")
async def counter(window: Window, shop: Shop, screens: tuple[ViewportSize, ...]) -> AsyncIterator[Counter]:
    await asyncio.to_thread(shop.tidy)
    async with window.lent() as page, at_counter(shop, page) as opened:
        opened.screens = screens
        yield opened


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def pages_url() -> AsyncIterator[str]:
    """The page's files alone, without a till."""
    app = web.Application()
    add_pages(app)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    address: Any = runner.addresses[0]
    yield f"http://127.0.0.1:{address[1]}"
    await runner.cleanup()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def parts_url(pages_url: str) -> str:
    """The folder with the page's parts, as the page names it."""
    async with ClientSession() as client, client.get(pages_url) as answer:
        named = re.search(r'"(/page/[0-9a-f]{16})/main\.js"', await answer.text())
    assert named
    return pages_url + named[1]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def modules(browser: Browser, parts_url: str) -> AsyncIterator[Modules]:
    """The page's modules in a real browser, without the page."""
    page = await browser.new_page()
    await page.goto(f"{parts_url}/money.js")
    yield Modules(page)
    await page.close()
