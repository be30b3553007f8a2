"""Whatever a hosted store's till and its place at HQ go through, each thing has one effect and one true answer."""

import pytest

from tests.terminal.hosted_walk import HostedWalk


@pytest.mark.parametrize("seed", range(6))
def test_a_walk_ends_with_the_sums_of_what_was_answered(seed: int) -> None:
    HostedWalk(seed).run()


@pytest.mark.thorough
@pytest.mark.parametrize("first", range(0, 1000, 20))
def test_many_walks(first: int) -> None:
    for seed in range(1000 + first, 1020 + first):
        HostedWalk(seed).run()
