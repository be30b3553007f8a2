from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.launcher import quick_starts
from tests.web.window import Window
from tests.web_hq.desk import SCREEN, SCREENS, SMALL_SCREEN, Desk, open_desk

__all__ = ["quick_starts"]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def window(browser: Browser) -> AsyncIterator[Window]:
    """One for all stories of a worker. It stands elsewhere than HQ does: times on the pages are HQ's all the same."""
    one = Window(browser, SCREEN, timezone_id="America/New_York")
    yield one
    await one.close()


@pytest.fixture
def promotions() -> str:
    """Those of HQ's programme; a module has its own."""
    return ""


@pytest_asyncio.fixture(loop_scope="session")
async def desk(request: pytest.FixtureRequest, window: Window, tmp_path: Path, promotions: str) -> AsyncIterator[Desk]:
    """HQ's pages before anybody has signed in. What fits on the small screen fits: others with --thorough."""
    async with open_desk(tmp_path, window, promotions) as opened:
        opened.screens = SCREENS if request.config.getoption("--thorough") else (SMALL_SCREEN,)
        yield opened
