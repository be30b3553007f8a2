from pathlib import Path

import pytest

from tests.audit.halves import Halves, traded


@pytest.fixture
def halves(tmp_path: Path) -> Halves:
    """A till and HQ after a day of trade, closed."""
    return traded(tmp_path)
