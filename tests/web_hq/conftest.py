from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.browsing import browser_program
from tests.launcher import quick_starts
from tests.web_hq.desk import Desk, open_desk

__all__ = ["quick_starts"]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One for all stories of a worker."""
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=browser_program())
        yield opened
        await opened.close()


@pytest_asyncio.fixture(loop_scope="session")
async def desk(browser: Browser, tmp_path: Path) -> AsyncIterator[Desk]:
    """HQ's pages before anybody has signed in."""
    async with open_desk(tmp_path, browser) as opened:
        yield opened
