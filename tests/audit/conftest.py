from pathlib import Path

import pytest

from tests.audit.by_hand import Company, with_value_moved
from tests.audit.halves import Halves, traded
from tests.launcher import quick_starts
from tests.quick_books import quick_books

__all__ = ["quick_books", "quick_starts"]


@pytest.fixture(scope="session")
def traded_once(tmp_path_factory: pytest.TempPathFactory) -> Halves:
    return traded(tmp_path_factory.mktemp("traded"))


@pytest.fixture
def halves(traded_once: Halves, tmp_path: Path) -> Halves:
    """A till and HQ after a day of trade, closed: files of one's own, to do anything to."""
    return traded_once.copied(tmp_path)


@pytest.fixture
def company(tmp_path: Path) -> Company:
    """HQ and tills made by hand, after value has gone home and on to another till."""
    return with_value_moved(tmp_path)
