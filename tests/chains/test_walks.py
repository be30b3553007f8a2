"""Any walk of loads, charges, repeats, conflicts, slips, day closes and restarts: a few lines of arithmetic agree."""

import random
from collections import Counter
from contextlib import suppress
from datetime import date, timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from checkout.requests import Load, Sale
from ledger.cards import Card
from ledger.ids import AccountId
from ledger.slices import MONEY
from terminal.answers import Answer, Balance, Outcome, Problem
from terminal.slip_job import SlipJob, SlipState, SlipStep
from tests.chains.company import CNY, MEMBERS
from tests.chains.proof import prove
from tests.chains.till import Till
from tests.power_cuts.disk import Disk, PowerCut
from tests.power_cuts.files import Files

Asked = tuple[Sale | Load, Answer]

members = st.sampled_from(MEMBERS)
amounts = st.one_of(st.sampled_from((7, 100, 49_999, 50_000, 100_000)), st.integers(1, 120_000))


class Purses:
    """What one member should have: of each load, in order, what is left as principal and bonus."""

    def __init__(self) -> None:
        self.lots: dict[str, list[int]] = {}

    @property
    def balance(self) -> Balance:
        return Balance(sum(lot[0] for lot in self.lots.values()), sum(lot[1] for lot in self.lots.values()), 0)

    def load(self, units: int, record: str) -> bool:
        if units < 100:
            return False
        self.lots[record] = [units, 15_000 if units >= 100_000 else 6_055 if units >= 50_000 else 0]
        return True

    def pay(self, units: int) -> bool:
        if units > self.balance.principal + self.balance.bonus:
            return False
        for lot in self.lots.values():
            for purse in (0, 1):
                part = min(units, lot[purse])
                lot[purse] -= part
                units -= part
        return True


class Walk(RuleBasedStateMachine):
    """One till from its first record on. The model beside it knows nothing of ledger, chain or SQLite."""

    asked = Bundle("asked")

    def __init__(self) -> None:
        super().__init__()
        self.disk = Disk(random.Random(0))
        self.files = Files(self.disk)
        self.till = Till("till.db", vfs=self.files.vfs_name)
        self.purses: dict[AccountId, Purses] = {who.account: Purses() for who in MEMBERS}
        self.records = 1
        self.days = 0
        self.jobs: dict[int, SlipJob] = {}
        self.originals: Counter[int] = Counter()

    @rule(target=asked, who=members, units=amounts, named=st.booleans())
    def load(self, who: Card, units: int, *, named: bool) -> Asked:
        request = self.till.load_of(who, CNY.format(units), pos_ref=f"load-{self.records}" if named else None)
        return self._decided(request, done=self.purses[who.account].load(units, self._next_record))

    @rule(target=asked, who=members, units=amounts, named=st.booleans())
    def charge(self, who: Card, units: int, *, named: bool) -> Asked:
        return self._charge(who, units, f"sale-{self.records}" if named else None)

    @property
    def _next_record(self) -> str:
        return f"07-2/1/{self.records + 1}"

    def _decided(self, request: Sale | Load, *, done: bool) -> Asked:
        answer = self.till.ask(request)
        assert isinstance(answer, Answer)
        assert answer.record == self._next_record
        self.records += 1
        assert answer.balance == self.purses[request.presented.card.account].balance
        if not done:
            assert (answer.outcome, answer.receipt_number) == (Outcome.DECLINED, None)
            return request, answer
        number = len(self.jobs) + 1
        self.jobs[number] = SlipJob(number)
        assert (answer.outcome, answer.receipt_number) == (Outcome.DONE, f"07-2-{number:06d}")
        assert answer.principal + answer.bonus >= request.units
        return request, answer

    @rule(one=asked)
    def ask_again(self, one: Asked) -> None:
        request, first = one
        assert self.till.ask(request) == msgspec.structs.replace(first, replayed=True)

    @rule(one=asked, more=st.integers(1, 5))
    def ask_otherwise_by_the_same_id(self, one: Asked, more: int) -> None:
        request, _ = one
        changed = more_of(request, more)
        assert self.till.ask(changed) is Problem.OPERATION_CONFLICT

    @rule(one=asked, more=st.sampled_from((0, 1)))
    def ask_for_a_paid_sale_by_a_new_id(self, one: Asked, more: int) -> None:
        request, first = one
        if request.pos_ref is None or first.outcome is not Outcome.DONE:
            return
        self.till.operations += 1
        operation_id = self.till.charge_of(MEMBERS[0], "1.00").operation_id
        again = msgspec.structs.replace(more_of(request, more), operation_id=operation_id)
        replay = msgspec.structs.replace(first, replayed=True)
        assert self.till.ask(again) == (Problem.POS_REF_CONFLICT if more else replay)

    @rule(target=asked, who=members, percent=st.integers(1, 100))
    def charge_a_part(self, who: Card, percent: int) -> Asked:
        """Of what is there, so that it goes over many lots and is not declined."""
        has = self.purses[who.account].balance
        return self._charge(who, max(1, (has.principal + has.bonus) * percent // 100), None)

    def _charge(self, who: Card, units: int, pos_ref: str | None) -> Asked:
        request = self.till.charge_of(who, CNY.format(units), pos_ref=pos_ref)
        return self._decided(request, done=self.purses[who.account].pay(units))

    @rule(age=st.integers(0, 3), step=st.sampled_from(SlipStep))
    def any_step(self, age: int, step: SlipStep) -> None:
        if len(self.jobs) > age:
            self._step(len(self.jobs) - age, step)

    @rule(age=st.integers(0, 1), luck=st.integers(0, 1))
    def next_step(self, age: int, luck: int) -> None:
        number = len(self.jobs) - age
        if number > 0:
            possible = [step for step in SlipStep if self.jobs[number].after(step)]
            self._step(number, possible[luck % len(possible)])

    def _step(self, number: int, step: SlipStep) -> None:
        after = self.jobs[number].after(step)
        assert self.till.step(number, step) == after
        if after is None:
            return
        self.jobs[number] = after
        self.records += 1
        self.originals[number] += step is SlipStep.STARTED and not after.is_copy
        assert self.originals[number] <= 1

    @rule()
    def close_day(self) -> None:
        self.till.close_day()
        self.records += 1
        self.days += 1

    @rule()
    def restart(self) -> None:
        self.till.restart()
        self._after_a_start()

    @rule()
    def kill(self) -> None:
        """The program is gone from one moment to the next; the disk stays as it is, the log not moved into the book."""
        self.disk.start()
        with suppress(PowerCut):
            self.till.store.close()
        self.files = Files(self.disk)
        self.till.vfs = self.files.vfs_name
        self.till.start()
        self._after_a_start()

    def _after_a_start(self) -> None:
        started = [job for job in self.jobs.values() if job.state is SlipState.STARTED]
        self.jobs |= {job.number: SlipJob(job.number, job.run, SlipState.UNKNOWN, ("interrupted",)) for job in started}
        self.records += len(started)
        prove(self.till.store)

    @invariant()
    def the_till_has_what_the_arithmetic_says(self) -> None:
        for account, purses in self.purses.items():
            held = {(one.key.lot, one.key.purse): one.units for one in self.till.store.slices(account)}
            left = {
                (lot, purse): units
                for lot, both in purses.lots.items()
                for purse, units in zip(MONEY, both, strict=True)
            }
            assert held == {name: units for name, units in left.items() if units}
        assert self.till.store.head().ref.sequence == self.records
        assert self.till.store.head().business_date == str(date(2026, 11, 22) + timedelta(days=self.days))
        waiting = [job for job in self.jobs.values() if job.state not in (SlipState.PRINTED, SlipState.SETTLED)]
        assert self.till.store.slips_waiting() == waiting

    def teardown(self) -> None:
        prove(self.till.store)
        self.till.store.close()


def more_of(request: Sale | Load, more: int) -> Sale | Load:
    """The same request with `more` units."""
    if isinstance(request, Load):
        return msgspec.structs.replace(request, units=request.units + more)
    return Sale.charge(
        request.operation_id, request.presented, request.units + more, request.cashier, request.pos_ref
    )


def walk(walks: int, *, derandomize: bool) -> None:
    run_state_machine_as_test(
        Walk,
        settings=settings(
            max_examples=walks,
            stateful_step_count=50,
            deadline=None,
            derandomize=derandomize,
            database=None,
            print_blob=True,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )


def test_any_walk_keeps_what_the_arithmetic_says() -> None:
    walk(60, derandomize=True)


@pytest.mark.thorough
@pytest.mark.timeout(600)
def test_any_walk_keeps_what_the_arithmetic_says_a_thousand_times() -> None:
    walk(1_000, derandomize=False)
