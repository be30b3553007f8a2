from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.hq_server.forger import traded
from tests.hq_server.serving import Serving, serving
from tests.launcher import quick_starts
from tests.quick_books import quick_books

__all__ = ["quick_books", "quick_starts"]


@pytest.fixture
async def hq(tmp_path: Path) -> AsyncIterator[Serving]:
    """HQ with till 07-2, whose chain it does not hold yet."""
    async with serving(tmp_path) as running:
        await running.enrol(traded())
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def steady_hq(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Serving]:
    """The same, one for all stories of a module that change nothing there; they run in its loop, the module's."""
    async with serving(tmp_path_factory.mktemp("hq")) as running:
        await running.enrol(traded())
        yield running
