"""The power goes off anywhere: what the till has said stays so; what it was about to do is done whole or not at all."""

import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

import apsw
import pytest

import terminal.store
from ledger.journal_sqlite import Connection
from tests.power_cuts.trader import Trader

CUTS = 6
CHANGES_MAX = 160
"""Changes of the disk between two cuts; a new book takes about fifty, a movement ten to twenty."""
SEEDS = 32


def cuts(seed: int) -> list[int]:
    chance = random.Random(f"cuts {seed}")
    return [chance.randrange(1, CHANGES_MAX) for _ in range(CUTS)]


def broken_promises(traders: Iterable[tuple[int, Trader]]) -> Iterator[str]:
    """Each is lived through when it is asked for: whoever looks for one fault need not see all."""
    return (f"seed {seed}: {said}" for seed, trader in traders for said in trader.live_through(*cuts(seed)))


def traders(first: int, count: int = SEEDS) -> Iterator[tuple[int, Trader]]:
    return ((seed, Trader(seed)) for seed in range(first, first + count))


@pytest.mark.parametrize("first", range(0, 5 * SEEDS, SEEDS))
def test_whatever_the_cuts_every_promise_is_kept(first: int) -> None:
    """5 × 32 tills, each cut off or killed 6 times: 663 power cuts and 297 kills.

    With those at each change (262), and HQ's (128), that is more than a thousand power cuts in every run.
    """
    assert not list(broken_promises(traders(first)))


@pytest.mark.thorough
@pytest.mark.parametrize("first", range(1000, 1000 + 80 * SEEDS, 4 * SEEDS))
def test_whatever_the_cuts_every_promise_is_kept_sixteen_times_over(first: int) -> None:
    """20 × 128 tills, each cut off or killed 6 times: sixteen times as many."""
    assert not list(broken_promises(traders(first, 4 * SEEDS)))


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.thorough), 2])
def test_a_cut_at_each_change_of_a_short_day_leaves_every_promise_kept(seed: int) -> None:
    """The changes are of every sort that a book makes: in its making, in a commit, in a checkpoint, at its end."""
    cut_in: set[str] = set()
    for change in range(1, CHANGES_MAX):
        trader = Trader(seed)
        assert not trader.live_through(change), f"cut at change {change}"
        cut_in.update(trader.disk.cut_in)
    assert cut_in >= {
        *("create till.db", "write till.db", "sync till.db"),
        *("create till.db-journal", "write till.db-journal", "sync till.db-journal", "delete till.db-journal"),
        *("create till.db-wal", "write till.db-wal", "sync till.db-wal"),
    }


def test_a_book_that_does_not_sync_each_commit_is_found_out() -> None:
    sloppy = [
        (seed, Trader(seed, lambda store: store._connection.execute("pragma synchronous=normal")))
        for seed in range(SEEDS)
    ]
    assert any("was answered" in said for said in broken_promises(sloppy))


def test_a_disk_that_only_says_it_has_synced_is_found_out() -> None:
    lies = list(traders(0))
    for _, trader in lies:
        trader.disk.syncs = lambda path: not path.endswith("-wal")
    assert any("was answered" in said for said in broken_promises(lies))


def test_an_answer_before_its_commit_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def careless(connection: Connection) -> Iterator[None]:
        connection.execute("begin immediate")
        yield
        with suppress(apsw.Error):
            connection.execute("commit")

    monkeypatch.setattr(terminal.store, "transaction", careless)
    assert any("was answered" in said for said in broken_promises(traders(0)))


def test_a_movement_in_two_commits_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def piecemeal(_: Connection) -> Iterator[None]:
        yield

    monkeypatch.setattr(terminal.store, "transaction", piecemeal)
    found = list(broken_promises(traders(0)))
    assert any("the chain proves nothing" in said for said in found), "no half movement was seen"
    assert any("records without answer" in said for said in found), "no record without its answer was seen"
