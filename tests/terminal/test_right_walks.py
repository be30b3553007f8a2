"""Random walks of rights in a store: each sale has one that may undo it, and faults that are put in are seen."""

from __future__ import annotations

from pathlib import Path

import apsw
import msgspec
import pytest

import terminal.lending
from ledger.ids import ChainId, RecordRef
from offline_queue.doubts import Passed
from offline_queue.outbox import Outbox
from protocol.records import Record, RecordKind, SignedRecord
from protocol.rights import Right, RightPassed
from terminal.originals import Originals
from terminal.passing import Passing
from tests.faults import Fault, to_be_seen
from tests.terminal.right_walk import RightWalk

WALKS = 3
THOROUGHLY = [pytest.param(seed, marks=pytest.mark.thorough) for seed in range(WALKS, 40)]
WALKS_WITH_A_FAULT = 12


@pytest.mark.parametrize("seed", [*range(WALKS), *THOROUGHLY])
def test_whatever_is_lost_late_or_said_again_each_sale_is_undone_once(seed: int, tmp_path: Path) -> None:
    walk = RightWalk(tmp_path, seed)
    walk.run()
    assert walk.moves > 1, "or it has shown nothing"


def passes_and_keeps(patch: pytest.MonkeyPatch) -> None:
    """A till signs that it passes a right on, and its book still has it."""
    give = Originals.give

    def keep(self: Originals, name: str) -> Right | None:
        before = self._connection.execute("select * from rights where original = ?", (name,)).get
        right = give(self, name)
        self._connection.execute("delete from rights where original = ?", (name,))
        if before is not None:
            self._connection.execute("insert into rights values (?, ?, ?, ?, ?, ?)", before)
        return right

    patch.setattr(Originals, "give", keep)


def takes_again(patch: pytest.MonkeyPatch) -> None:
    """Nobody remembers what was here."""
    patch.setattr(Originals, "has_had", lambda _self, _right: False)


def takes_another_s(patch: pytest.MonkeyPatch) -> None:
    """The lead takes whatever right a neighbour passes to anybody."""

    def passed_in(signed: SignedRecord, record: Record, _to: ChainId) -> Passed | None:
        if record.kind is not RecordKind.RIGHT_PASSED:
            return None
        return Passed(signed, record.ref, record.body_as(RightPassed).right)

    patch.setattr(terminal.lending, "passed_in", passed_in)


def says_all_of_it_is_left(patch: pytest.MonkeyPatch) -> None:
    """What was undone here counts no more when the right goes on."""
    patch.setattr(Originals, "_undoings", lambda *_words, **_more: [])


def counts_from_the_beginning(patch: pytest.MonkeyPatch) -> None:
    """What comes back is as much as what once left: the moves are not counted."""
    give = Originals.give

    def first(self: Originals, name: str) -> Right | None:
        right = give(self, name)
        return None if right is None else msgspec.structs.replace(right, moves=1)

    patch.setattr(Originals, "give", first)


def signs_nothing_for_what_it_takes(patch: pytest.MonkeyPatch) -> None:
    """A right comes by no record."""

    def take(self: Passing, passed: Passed, _moment: object) -> bool:
        outbox: Outbox = self._outbox
        head = outbox.head()
        assert head is not None
        at: RecordRef = head.ref
        return self._originals.has_had(passed.right) or self._originals.take_passed(passed.right, at)

    patch.setattr(Passing, "take", take)


FAULTS: list[Fault] = [
    passes_and_keeps,
    takes_again,
    takes_another_s,
    says_all_of_it_is_left,
    counts_from_the_beginning,
    signs_nothing_for_what_it_takes,
]


@to_be_seen({fault.__name__: fault for fault in FAULTS}, in_every_run={"passes_and_keeps", "takes_again"})
def test_a_fault_that_is_put_in_is_seen(fault: Fault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    with pytest.raises((AssertionError, apsw.Error)):
        walk_often(tmp_path)


def walk_often(folder: Path) -> None:
    for seed in range(WALKS_WITH_A_FAULT):
        walked = folder / str(seed)
        walked.mkdir()
        RightWalk(walked, seed).run()
