"""What is on paper, against the books: nothing before its commit, one original of each slip. Invariant 12."""

from __future__ import annotations

from collections import Counter

from ledger.ids import ChainId
from simulation.checks.chain import Keeper
from simulation.paper import Said, Strip
from terminal.slip_job import SlipJob, SlipState, SlipStep
from terminal.store import TillStore


class Printed:
    """All paper of the chain. A till's power may go off, and what it has printed lies there all the same."""

    def __init__(self) -> None:
        self._runs: dict[ChainId, list[Said]] = {}
        """By the till, in that order: every run of which a byte has left it."""
        self._originals: set[str] = set()
        self._starts: dict[ChainId, int] = {}

    def began(self, till: Keeper, strip: Strip, *, is_believed: bool) -> None:
        """The first bytes of a slip have left a till. Raises AssertionError."""
        said = strip.said
        assert is_believed, f"{till.name} prints {said} by an old disk"
        assert said.is_copy or said.number not in self._originals, f"two originals of {said.number} are on paper"
        if not said.is_copy:
            self._originals.add(said.number)
        self._runs.setdefault(till.name, []).append(said)
        job = _in_book(till.machine.store, said)
        found = f"{till.name} prints {said}, and its book has {job}"
        assert (job.state, job.is_copy) == (SlipState.STARTED, said.is_copy), found

    def look(self, till: Keeper) -> None:
        """What has come out is still known to a book that has lost power since. Raises AssertionError."""
        if self._starts.get(till.name) == till.machine.starts:
            return
        self._starts[till.name] = till.machine.starts
        store, runs = till.machine.store, self._runs.get(till.name, [])
        for said, times in Counter(said._replace(is_copy=False) for said in runs).items():
            started = _started(store, _in_book(store, said).number)
            assert started >= times, f"{times} runs of {said} are on paper, and {till.name} knows of {started}"

    def check_rest(self, till: Keeper, since_ms: int) -> None:
        """Long after every printer was mended: of slips made since then each is printed or asked about."""
        for job in till.machine.store.slips_waiting(since_ms):
            assert job.state is SlipState.UNKNOWN, f"{till.name} has not printed {job}, and nobody is asked about it"

    def counts(self) -> tuple[int, int]:
        """How many runs have begun, and how many of them are copies."""
        runs = [said for runs in self._runs.values() for said in runs]
        return len(runs), sum(said.is_copy for said in runs)


def _in_book(store: TillStore, said: Said) -> SlipJob:
    number = store.slips.number(said.number)
    found = None if number is None else store.slip(number)
    assert found is not None, f"{said} is on paper, and in no book"
    slip, job = found
    assert (slip.record, slip.check_code) == (said.record, said.check_code), f"{said} is on paper, and made is {slip}"
    return job


def _started(store: TillStore, number: int) -> int:
    query = "select count(*) from slip_steps where number = ? and step = ?"
    return int(store._connection.execute(query, (number, SlipStep.STARTED)).get)
