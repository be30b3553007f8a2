"""HQ that can be put back, and two tills of its."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hq_server.forger import Keeper
from tests.hq_server.recovery.restorable import Restorable, enrolled, funded


@pytest.fixture
def kind() -> type[Restorable]:
    """Of which kind HQ is; a module has its own."""
    return Restorable


@pytest.fixture
def office(tmp_path: Path, kind: type[Restorable]) -> Iterator[Restorable]:
    office = kind(tmp_path)
    yield office
    office.store.close()


@pytest.fixture
def till(office: Restorable) -> Keeper:
    """Till 07-2, enrolled; it has loaded 100 for Alice and given them to HQ."""
    return funded(office, "07-2", 7)


@pytest.fixture
def other(office: Restorable) -> Keeper:
    """Till 08-1, enrolled, with nothing."""
    return enrolled(office, "08-1", 8)
