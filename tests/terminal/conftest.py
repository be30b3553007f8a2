from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.chains.proof import prove
from tests.chains.till import IDENTITY
from tests.launcher import quick_starts
from tests.quick_books import quick_books
from tests.terminal.draws import HASTY, STEADY, proved
from tests.terminal.hosted_pair import Pair, done, opened
from tests.terminal.stand_in_hq import StandInHq
from tests.terminal.till_on_line import TillOnLine, opened_till

__all__ = ["quick_books", "quick_starts"]


@pytest.fixture
async def hq() -> AsyncIterator[StandInHq]:
    hq = await StandInHq(IDENTITY.place, IDENTITY.epoch, IDENTITY.public_key).open()
    yield hq
    await hq.close()


@pytest.fixture
async def till(tmp_path: Path, hq: StandInHq) -> AsyncIterator[TillOnLine]:
    async with opened_till(tmp_path, hq) as till:
        yield till


@pytest.fixture
async def steady(tmp_path: Path, hq: StandInHq) -> AsyncIterator[TillOnLine]:
    """Its line is up, and it waits for HQ longer than any test."""
    async with opened_till(tmp_path, hq, STEADY) as till:
        await till.all_arrived()
        yield till
        await proved(till)


@pytest.fixture
async def hasty(tmp_path: Path, hq: StandInHq) -> AsyncIterator[TillOnLine]:
    """One that does not wait for long."""
    async with opened_till(tmp_path, hq, HASTY) as till:
        await till.all_arrived()
        yield till
        await proved(till)


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pair]:
    """A hosted store's till and its place at HQ; both books are right in the end."""
    async with opened(Pair(tmp_path)) as pair:
        yield pair
        await pair.rest()
        assert not pair.faults
        prove(pair.place.book)
        prove(pair.shop.book)


@pytest.fixture
async def funded(pair: Pair) -> Pair:
    """Alice has 500.00 at the place at HQ, and its bonus."""
    done(await pair.load(500_00))
    return pair
