from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.api.shop import Shop, open_shop
from tests.chains.company import POINTS_TOO
from tests.quick_books import quick_books

__all__ = ["quick_books"]


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with open_shop(tmp_path) as opened:
        yield opened


@pytest.fixture
async def points_shop(tmp_path: Path) -> AsyncIterator[Shop]:
    """One whose programme has points: 3 for every 10.00, and 7 of them pay 1.00."""
    async with open_shop(tmp_path, POINTS_TOO) as opened:
        yield opened
