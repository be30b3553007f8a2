from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser

from tests.launcher import quick_starts
from tests.web_hq.desk import Desk, open_desk

__all__ = ["quick_starts"]


@pytest_asyncio.fixture(loop_scope="session")
async def desk(browser: Browser, tmp_path: Path) -> AsyncIterator[Desk]:
    """HQ's pages before anybody has signed in."""
    async with open_desk(tmp_path, browser) as opened:
        yield opened
