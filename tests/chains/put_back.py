"""A story of each seed: HQ is copied, the shops go on, the copy takes HQ's place, and all of them come home."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

import hq_server.storage.sqlite
from ledger.slices import Asset
from simulation.signatures import checked_once
from tests.chains.all_back import bring_all_back
from tests.chains.chain import opened
from tests.chains.chain_walk import POST_RECORDS_MAX, Walk
from tests.chains.company import ALICE, BOB
from tests.chains.counter_walk import SHARES, VOID, WHAT_OF_A_DRAW


class Story:
    """What may happen between two moments is drawn from the seed; each act is followed by every check."""

    def __init__(self, seed: int) -> None:
        self._chance = Random(seed)
        self._walk = Walk()
        self._chain = self._walk.chain
        self._proof = self._walk.proof

    def live(self) -> None:
        """From the first act to the audit. Raises AssertionError where something is not as it must be."""
        self._act(4, 12, self._business)
        for _ in range(self._chance.choice((1, 1, 2))):
            self._chain.copy_hq()
            self._act(4, 14, self._business)
            self._chain.put_hq_back()
            self._act(2, 10, self._business + self._old_orders)
            self._come_home()
            self._act(1, 8, self._business + self._old_orders)
        self._end()

    @property
    def _business(self) -> list[Callable[[], object]]:
        at, who, walk = self._chance.randrange(9), self._chance.choice((ALICE, BOB)), self._walk
        rounds, percent = self._chance.randrange(4), self._chance.randrange(1, 101)
        return [
            lambda: walk.load(at=at, who=who, units=self._chance.randrange(1, 100_000)),
            lambda: walk.charge(at=at, who=who, percent=percent),
            lambda: walk.sell(at=at, who=who, price=percent * 300, points=self._chance.choice((0, 50, 100)), money=50),
            lambda: walk.bring_back(at=at, age=rounds, percent=self._chance.choice((*SHARES, VOID)), at_another=0),
            *[self._on_line(at, who, percent, rounds)] * 3,
            lambda: walk.exchange_all(first=at),
            lambda: walk.exchange(at=at),
            lambda: walk.cut(at=at, hq_knows=bool(rounds)),
            lambda: walk.cut_power(at=at, writes=percent // 4, killed=bool(rounds)),
            lambda: walk.cut_power_of_hq(writes=percent // 4, killed=bool(rounds)),
            lambda: walk.at_hq(at=at, who=who, what=self._chance.choice((*Asset, "wait no longer"))),
        ]

    def _on_line(self, at: int, who: object, percent: int, rounds: int) -> Callable[[], object]:
        what = self._chance.choice(WHAT_OF_A_DRAW)
        return lambda: self._walk.charge_on_line(at=at, who=who, percent=percent, rounds=rounds, what=what)

    @property
    def _old_orders(self) -> list[Callable[[], object]]:
        """On a stick, or by a neighbour, comes what HQ had ordered before it was put back."""
        till = self._walk._till(self._chance.randrange(9))
        return [lambda: self._chain.bring_old_order(till)] * 6

    def _act(self, least: int, most: int, choices: list[Callable[[], object]]) -> None:
        for _ in range(self._chance.randrange(least, most)):
            self._chance.choice(choices)()
            self._proof.check()

    def _come_home(self) -> None:
        """Now and then somebody says too early that all have."""
        for till in [*self._chain.tills] * 3:
            self._chain.exchange(till)
            if self._chance.random() < 0.3:
                self._chain.end_recovery()
            self._proof.check()
        self._chain.settle_down()
        self._chain.end_recovery()
        assert not self._chain.hq.is_recovering, "all have called, and HQ still waits"
        self._proof.check()

    def _end(self) -> None:
        self._chain.settle_down()
        for till in self._chain.tills:
            while self._chain.bring_old_order(till):
                self._proof.check()
        self._chain.settle_down()
        self._proof.check_quiet()
        bring_all_back(self._chain)
        self._chain.settle_down()
        self._proof.check_quiet()
        self._proof.check_all_is_undone()
        with tempfile.TemporaryDirectory() as folder:
            found = self._proof.audit(Path(folder))
        assert not found, "\n".join(found)
        self._chain.close()


def tell(first: int, stories: int) -> None:
    """So many stories, from this seed on. Raises AssertionError, which names the seed."""
    opened()
    with pytest.MonkeyPatch.context() as patch, checked_once():
        patch.setattr(hq_server.storage.sqlite, "POST_RECORDS_MAX", POST_RECORDS_MAX)
        for seed in range(first, first + stories):
            try:
                Story(seed).live()
            except AssertionError as fault:
                raise AssertionError(f"seed {seed}: {fault}") from fault
