"""Walks through what may happen to several tills and HQ, and what must be so after each step and at the end."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

import hq_server.storage.sqlite
from checkout.requests import Load, Sale
from ledger.cards import Card
from tests.chains.chain import Chain, opened
from tests.chains.chain_proof import ChainProof
from tests.chains.company import ALICE, BOB
from tests.chains.shop_till import ShopTill

members = st.sampled_from((ALICE, BOB))
amounts = st.one_of(st.sampled_from((100, 7_000, 49_999, 50_000, 100_000)), st.integers(1, 120_000))
which = st.integers(0, 9)
percents = st.integers(1, 100)
few = st.integers(1, 3)
WHAT_OF_A_DRAW = ("in time", "late", "after a cut", "after a cut")
POST_RECORDS_MAX = 4
"""In one step, so that walks get between two steps of one chain."""


class Walk(RuleBasedStateMachine):
    """The model beside it is tests.chains.truth; what must be so stands in ChainProof."""

    def __init__(self) -> None:
        super().__init__()
        self.chain = Chain(opened())
        self.proof = ChainProof(self.chain)
        self.asked: list[tuple[ShopTill, Sale | Load]] = []
        for till, who in zip(self.chain.tills, (ALICE, BOB, ALICE), strict=True):
            self._ask(till, self.chain.load_of(who, 60_000))
            self.chain.exchange(till)

    def _till(self, number: int) -> ShopTill:
        return self.chain.tills[number % len(self.chain.tills)]

    def _ask(self, till: ShopTill, request: Sale | Load) -> None:
        self.asked.append((till, request))
        self.chain.ask(till, request)

    def _charge(self, till: ShopTill, who: Card, percent: int) -> None:
        """A part of all that the member has anywhere, so that much of it has to be drawn."""
        has = self.chain.truth.left().get(who.account, 0)
        self._ask(till, self.chain.charge_of(who, max(1, has * percent // 100)))

    def _draw(self, till: ShopTill, who: Card, percent: int, rounds: int) -> None:
        """Charge on line; HQ hears it at once, and what is missing is called home from others in so many rounds."""
        self.chain.exchange(till)
        self._charge(till, who, percent)
        self.chain.deliver_up(till, 1000 if rounds else 0)
        for _ in range(rounds - 1):
            for other in self.chain.tills:
                if other is not till:
                    self.chain.exchange(other)

    # At the counters

    @rule(at=which, who=members, units=amounts)
    def load(self, at: int, who: Card, units: int) -> None:
        self._ask(self._till(at), self.chain.load_of(who, units))

    @rule(at=which, who=members, percent=st.integers(1, 110))
    def charge(self, at: int, who: Card, percent: int) -> None:
        self._charge(self._till(at), who, percent)

    @rule(at=which, who=members, percent=percents, rounds=st.integers(0, 3), what=st.sampled_from(WHAT_OF_A_DRAW))
    def charge_on_line(self, at: int, who: Card, percent: int, rounds: int, what: str) -> None:
        """What is missing comes in time, or late, or to a till that has forgotten what it has asked for."""
        till = self._till(at)
        self._draw(till, who, percent, rounds)
        match what:
            case "in time":
                self.chain.deliver_down(till, 1000)
            case "late":
                self.chain.act(till.time_out)
            case _:
                self._ask_again_after_a_cut(till, frames=1 + rounds % 2)

    def _ask_again_after_a_cut(self, till: ShopTill, frames: int) -> None:
        """The till hears so many frames before it is asked again."""
        self.chain.restart(till)
        self.chain.connect(till)
        self.chain.deliver_up(till, 1)
        self.chain.deliver_down(till, frames)
        self.chain.ask(*self.asked[-1])
        self.chain.deliver_up(till, 1000)

    @rule(one=st.integers(0, 5))
    def ask_again(self, one: int) -> None:
        self.chain.ask(*self.asked[-1 - one % len(self.asked)])

    @rule(at=which, who=members, what=st.sampled_from(("wait no longer", "wait no longer", "look", "close day")))
    def at_the_counter(self, at: int, who: Card, what: str) -> None:
        till = self._till(at)
        match what:
            case "look":
                till.look(who.token, who.account)
            case "close day":
                self.chain.close_day(till)
            case _:
                self.chain.act(till.time_out)

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

    @rule(at=which, who=members, what=st.sampled_from(("recall", "recall", "wait no longer")))
    def at_hq(self, at: int, who: Card, what: str) -> None:
        if what == "recall":
            self.chain.recall(self._till(at), who)
        else:
            self.chain.act(self.chain.hq.time_out)

    @rule(at=which, who=members, what=st.sampled_from(("block", *["unblock"] * 2, "revoke", "enrol anew", *[""] * 4)))
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

    @rule(at=which, writes=st.integers(0, 25), killed=st.booleans(), of_hq=st.booleans())
    def cut_power(self, at: int, writes: int, *, killed: bool, of_hq: bool) -> None:
        machine = self.chain.hq.machine if of_hq else self._till(at).machine
        machine.cut_after(writes, killed=killed)

    @invariant()
    def all_is_as_it_must_be(self) -> None:
        self.proof.check()

    def teardown(self) -> None:
        self.chain.settle_down()
        self.proof.check_quiet()
        with tempfile.TemporaryDirectory() as folder:
            found = self.proof.audit(Path(folder))
        assert not found, "\n".join(found)
        self.chain.close()


def walk(walks: int, *, derandomize: bool, steps: int = 60, shrink: bool = True) -> None:
    """Take so many walks. Raises AssertionError where something is not as it must be."""
    opened()
    with pytest.MonkeyPatch.context() as patch:
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
                phases=tuple(Phase) if shrink else (Phase.generate,),
                report_multiple_bugs=False,
                suppress_health_check=[HealthCheck.too_slow],
            ),
        )
