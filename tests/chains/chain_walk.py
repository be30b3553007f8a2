"""Walks through what may happen to several tills and HQ, and what must be so after each step and at the end."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

import hq_server.storage.sqlite
from ledger.cards import Card
from ledger.slices import Asset
from simulation.checks.proof import ChainProof
from simulation.signatures import checked_once
from tests.chains.all_back import bring_all_back
from tests.chains.chain import opened
from tests.chains.counter_walk import CounterWalk, members, which

few = st.integers(1, 3)
POST_RECORDS_MAX = 4
"""In one step, so that walks get between two steps of one chain."""


class Seen(BaseException):
    """Where it was seen, that walk and all others end at once: Hypothesis would take an Exception once more."""


class Walk(CounterWalk):
    """What must be so stands in ChainProof. `is_hunt`: a fault was put in, and the first sight of it is enough."""

    is_hunt = False

    def __init__(self) -> None:
        super().__init__()
        self.proof = ChainProof(self.chain)

    # On the lines

    @rule(at=which)
    def exchange(self, at: int) -> None:
        self.chain.exchange(self._till(at))

    @rule(first=which)
    def exchange_all(self, first: int) -> None:
        """A quiet minute: whoever is told something says what came of it."""
        for number in range(2 * len(self.chain.tills)):
            self.chain.exchange(self._till(first + number))

    @rule(at=which, most=st.sampled_from((1, 2, 5, 250)), frames=few)
    def go_up(self, at: int, most: int, frames: int) -> None:
        self.chain.connect(self._till(at))
        self.chain.act(lambda: self._till(at).forward(most))
        self.chain.deliver_up(self._till(at), frames)

    @rule(at=which, frames=few)
    def come_down(self, at: int, frames: int) -> None:
        self.chain.deliver_down(self._till(at), frames)

    @rule(at=which, hq_knows=st.booleans())
    def cut(self, at: int, *, hq_knows: bool) -> None:
        self.chain.cut(self._till(at), hq_knows=hq_knows)

    @rule(at=which, first=st.integers(0, 30), most=st.integers(1, 10))
    def carry(self, at: int, first: int, most: int) -> None:
        self.chain.carry(self._till(at), first, most)

    @rule(at=which, after=st.integers(0, 20))
    def repeat_orders(self, at: int, after: int) -> None:
        self.chain.repeat_orders(self._till(at), after)

    # At HQ

    @rule(at=which)
    def post(self, at: int) -> None:
        self.chain.act(lambda: self.chain.hq.post(self._till(at).name))

    @rule(at=which, who=members, what=st.sampled_from((*Asset, "wait no longer")))
    def at_hq(self, at: int, who: Card, what: str) -> None:
        """Somebody calls all of an asset home, or a draw waits no longer for what was called home."""
        if what in tuple(Asset):
            self.chain.recall(self._till(at), who, Asset(what))
        else:
            self.chain.act(self.chain.hq.time_out)

    @rule(
        at=which,
        who=members,
        what=st.sampled_from(("block", *["unblock"] * 2, "revoke", *["enrol anew"] * 2, *[""] * 3)),
    )
    def trust(self, at: int, who: Card, what: str) -> None:
        """Seldom: a chain in which nobody may do anything teaches nothing."""
        till = self._till(at)
        match what:
            case "block":
                self.chain.block(who)
            case "unblock":
                self.chain.unblock(who)
            case "revoke" if not self.chain.revoked:
                self.chain.revoke(till)
            case "enrol anew":
                self.chain.enrol_anew(till)
            case _:
                pass

    # Power

    @rule(at=which, writes=st.integers(0, 25), killed=st.booleans())
    def cut_power(self, at: int, writes: int, *, killed: bool) -> None:
        self._till(at).machine.cut_after(writes, killed=killed)

    @rule(writes=st.integers(0, 25), killed=st.booleans())
    def cut_power_of_hq(self, writes: int, *, killed: bool) -> None:
        self.chain.hq.machine.cut_after(writes, killed=killed)

    @invariant()
    def all_is_as_it_must_be(self) -> None:
        self.proof.check()

    def teardown(self) -> None:
        fault = sys.exc_info()[1]
        # After a fault nothing has to come to an end any more, and a second complaint would hide the first.
        if fault is None:
            fault = self._fault_at_the_end()
        if isinstance(fault, AssertionError) and self.is_hunt:
            raise Seen(*fault.args) from fault
        if fault is not None:
            raise fault

    def _fault_at_the_end(self) -> AssertionError | None:
        try:
            self._end_in_peace()
        except AssertionError as fault:
            return fault
        self.chain.close()
        return None

    def _end_in_peace(self) -> None:
        self.chain.settle_down()
        self.proof.check_quiet()
        bring_all_back(self.chain)
        self.chain.settle_down()
        self.proof.check_quiet()
        self.proof.check_all_is_undone()
        with tempfile.TemporaryDirectory() as folder:
            found = self.proof.audit(Path(folder))
        assert not found, "\n".join(found)


def hunt(walks: int) -> None:
    """Take so many walks, up to the first fault. Raises AssertionError there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Walk, "is_hunt", True)
        try:
            walk(walks, derandomize=True)
        except Seen as seen:
            raise AssertionError(*seen.args) from seen


def walk(walks: int, *, derandomize: bool, steps: int = 60) -> None:
    """Take so many walks. Raises AssertionError where something is not as it must be."""
    opened()
    with pytest.MonkeyPatch.context() as patch, checked_once():
        patch.setattr(hq_server.storage.sqlite, "POST_RECORDS_MAX", POST_RECORDS_MAX)
        run_state_machine_as_test(
            Walk,
            settings=settings(
                max_examples=walks,
                stateful_step_count=steps,
                deadline=None,
                derandomize=derandomize,
                database=None,
                print_blob=True,
                report_multiple_bugs=False,
                suppress_health_check=[HealthCheck.too_slow],
            ),
        )
