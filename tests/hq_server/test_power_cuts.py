"""The power goes off anywhere: nothing that HQ has acknowledged is lost, and what is posted is what the chains say."""

import random

import pytest

from tests.hq_server.headquarters_under_cuts import Headquarters

CUTS = 5
CHANGES_MAX = 400
SEEDS = 8


def cuts(seed: int) -> list[int]:
    chance = random.Random(f"cuts of hq {seed}")
    return [chance.randrange(1, CHANGES_MAX) for _ in range(CUTS)]


def broken(first: int, count: int = SEEDS, *, sloppy: bool = False) -> list[str]:
    return [
        f"seed {seed}: {said}"
        for seed in range(first, first + count)
        for said in Headquarters(seed, sloppy=sloppy).live_through(*cuts(seed))
    ]


@pytest.mark.parametrize("first", range(0, 4 * SEEDS, SEEDS))
def test_what_was_acknowledged_is_there_after_every_cut(first: int) -> None:
    assert not broken(first)


@pytest.mark.thorough
@pytest.mark.parametrize("first", range(1000, 1000 + 40 * SEEDS, SEEDS))
def test_what_was_acknowledged_is_there_after_every_cut_ten_times_over(first: int) -> None:
    assert not broken(first)


def test_a_book_that_does_not_sync_each_commit_is_found_out() -> None:
    assert any("acknowledged as held" in said for said in broken(0, sloppy=True))
