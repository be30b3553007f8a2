from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.hq_server.forger import traded
from tests.hq_server.serving import Serving, serving
from tests.launcher import quick_starts

__all__ = ["quick_starts"]


@pytest.fixture
async def hq(tmp_path: Path) -> AsyncIterator[Serving]:
    """HQ with till 07-2, whose chain it does not hold yet."""
    async with serving(tmp_path) as running:
        await running.enrol(traded())
        yield running
