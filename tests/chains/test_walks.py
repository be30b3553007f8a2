"""Any walk of loads, sales, refunds, voids, repeats, slips, day closes, restarts: a few lines of arithmetic agree."""

import random
from collections import Counter
from contextlib import suppress
from datetime import date, timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from checkout.requests import Sale, Undo
from checkout.sold import Paid, PaidWith
from ledger.cards import Card
from ledger.ids import AccountId
from ledger.slices import MONEY, Purse
from loyalty.evaluation import Item
from simulation.disk import Disk, PowerCut
from simulation.files import Files
from terminal.answers import Answer, Outcome, Problem
from terminal.slip_job import SlipJob, SlipState, SlipStep
from tests.chains.company import CNY, MEMBERS, POINTS_TOO
from tests.chains.proof import prove
from tests.chains.purses import POINTS_SUM, Bought, Purses
from tests.chains.till import DAY_MS, Request, Till

Asked = tuple[Request, Answer]

members = st.sampled_from(MEMBERS)
amounts = st.one_of(st.sampled_from((7, 100, 49_999, 50_000, 100_000)), st.integers(1, 120_000))


class Walk(RuleBasedStateMachine):
    """One till from its first record on. The model beside it knows nothing of ledger, chain or SQLite."""

    asked = Bundle("asked")

    def __init__(self) -> None:
        super().__init__()
        self.disk = Disk(random.Random(0))
        self.files = Files(self.disk)
        self.till = Till("till.db", vfs=self.files.vfs_name, programme=POINTS_TOO)
        self.purses: dict[AccountId, Purses] = {who.account: Purses() for who in MEMBERS}
        self.bought: list[Bought] = []
        self.loaded: dict[str, tuple[Card, str, list[int], int]] = {}
        self.records = 1
        self.days = 0
        self.jobs: dict[int, SlipJob] = {}
        self.originals: Counter[int] = Counter()

    @rule(target=asked, who=members, units=amounts, named=st.booleans())
    def load(self, who: Card, units: int, *, named: bool) -> Asked:
        request = self.till.load_of(who, CNY.format(units), pos_ref=f"load-{self.records}" if named else None)
        purses, record = self.purses[who.account], self._next_record
        asked = self._decided(request, who, done=purses.load(units, record))
        if record in purses.lots:
            self.loaded[self._receipt] = who, record, list(purses.lots[record]), self.days
        return asked

    @rule(target=asked, who=members, units=amounts, named=st.booleans())
    def charge(self, who: Card, units: int, *, named: bool) -> Asked:
        return self._charge(who, units, f"sale-{self.records}" if named else None)

    @rule(
        target=asked,
        who=members,
        units=st.one_of(st.integers(1, 60_000), st.sampled_from((120_000, 200_000))),
        money=st.integers(0, 100),
        points=st.integers(0, 100),
        named=st.booleans(),
    )
    def sell(self, who: Card, units: int, money: int, points: int, *, named: bool) -> Asked:
        """Percent of what the card could pay; the rest is cash."""
        purses = self.purses[who.account]
        in_points = min(units, purses.balance.points * 100 // 7 * points // 100)
        from_card = min(units - in_points, purses.money) * money // 100
        parts = {
            PaidWith.POINTS: in_points,
            PaidWith.STORED_VALUE: from_card,
            PaidWith.CASH: units - in_points - from_card,
        }
        paid = [Paid(tender, part) for tender, part in parts.items() if part]
        items = (Item("tea", units // 3), Item("pen", units - units // 3, quantity=2, clerk="K7"))
        request = self.till.sale_of(who, items, *paid, pos_ref=f"sale-{self.records}" if named else None)
        return self._sale(request, who, {tender: part for tender, part in parts.items() if part})

    @rule(target=asked, who=members, percent=st.integers(1, 99))
    def spend_all_and_bring_a_part_back(self, who: Card, percent: int) -> Asked:
        """Over all the lots that the card has, money and points, so that the order in which they come back shows."""
        purses = self.purses[who.account]
        money, in_points = min(purses.money, 300_000), purses.balance.points * 100 // 7
        parts = {PaidWith.STORED_VALUE: money, PaidWith.POINTS: in_points}
        paid = {tender: part for tender, part in parts.items() if part} or {PaidWith.CASH: 100}
        request = self.till.sale_of(
            who, (Item("rice", sum(paid.values())),), *(Paid(tender, part) for tender, part in paid.items())
        )
        self._sale(request, who, paid)
        one = self.bought[-1]
        units = max(1, one.left * percent // 100)
        return self._undone(self.till.refund_of(one.receipt, units), one, done=True)

    @rule(target=asked, age=st.integers(0, 3), percent=st.sampled_from((1, 33, 50, 99, 100, 101)))
    def refund(self, age: int, percent: int) -> Asked:
        """A part of what is left of a late sale, or all of it, or more."""
        if len(self.bought) <= age:
            return self._decided(self.till.refund_of("07-2-999999", 1), None, done=False)
        one = self.bought[-1 - age]
        units = max(1, one.left * percent // 100) + (percent > 100)
        return self._undone(self.till.refund_of(one.receipt, units), one, done=units <= one.left)

    @rule(target=asked, age=st.integers(0, 3))
    def void(self, age: int) -> Asked:
        if len(self.bought) <= age:
            return self._decided(self.till.void_of("07-3-000001"), None, done=False)
        one = self.bought[-1 - age]
        return self._undone(self.till.void_of(one.receipt), one, done=not one.is_touched and one.day == self.days)

    @rule(target=asked, age=st.integers(0, 3))
    def void_a_load(self, age: int) -> Asked:
        if len(self.loaded) <= age:
            return self._decided(self.till.void_of("07-2-0000001"), None, done=False)
        receipt = list(self.loaded)[-1 - age]
        who, record, brought, day = self.loaded[receipt]
        lot = self.purses[who.account].lots[record]
        done = day == self.days and lot == brought
        lot[:] = [0, 0, 0] if done else lot
        return self._decided(self.till.void_of(receipt), who, done=done)

    def _undone(self, request: Undo, one: Bought, *, done: bool) -> Asked:
        answer = self.till.ask(request)
        assert isinstance(answer, Answer)
        if done:
            owed = one.owed
            here = one.give_back(request.units, {part.tender: part.units for part in answer.paid}, answer.points_in)
            assert (answer.points_out, answer.points_owed) == (here, one.owed - owed)
        return self._heard(request, answer, one.who, done=done)

    def _sale(self, request: Sale, who: Card, paid: dict[PaidWith, int]) -> Asked:
        purses, record = self.purses[who.account], self._next_record
        in_points = paid.get(PaidWith.POINTS, 0)
        taken = purses.buy(request.units, paid.get(PaidWith.STORED_VALUE, 0), in_points, record)
        asked = self._decided(request, who, done=taken is not None)
        if taken is not None:
            lot = purses.lots.get(record, [0, 0, 0])
            points = sum(units for _, which, units in taken if which == POINTS_SUM)
            earned = lot[POINTS_SUM]
            bought = Bought(request.units, paid, points, earned, who, self._receipt, self.days, taken, lot)
            self.bought.append(bought)
        return asked

    @property
    def _next_record(self) -> str:
        return f"07-2/1/{self.records + 1}"

    @property
    def _receipt(self) -> str:
        return f"07-2-{len(self.jobs):06d}"

    def _decided(self, request: Request, who: Card | None, *, done: bool) -> Asked:
        answer = self.till.ask(request)
        assert isinstance(answer, Answer)
        return self._heard(request, answer, who, done=done)

    def _heard(self, request: Request, answer: Answer, who: Card | None, *, done: bool) -> Asked:
        assert answer.record == self._next_record
        self.records += 1
        assert answer.balance == (None if who is None else self.purses[who.account].balance)
        if not done:
            assert (answer.outcome, answer.receipt_number) == (Outcome.DECLINED, None)
            return request, answer
        number = len(self.jobs) + 1
        self.jobs[number] = SlipJob(number)
        assert (answer.outcome, answer.receipt_number) == (Outcome.DONE, f"07-2-{number:06d}")
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
        if request.pos_ref is None or isinstance(request, Undo) or first.outcome is not Outcome.DONE:
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
        return self._sale(request, who, {PaidWith.STORED_VALUE: units})

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
        self.till.now_ms += DAY_MS
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
                for lot, sums in purses.lots.items()
                for purse, units in zip((*MONEY, Purse.POINTS), sums, strict=True)
            }
            assert held == {name: units for name, units in left.items() if units}
        assert self.till.store.head().ref.sequence == self.records
        assert self.till.store.head().business_date == str(date(2026, 11, 22) + timedelta(days=self.days))
        waiting = [job for job in self.jobs.values() if job.state not in (SlipState.PRINTED, SlipState.SETTLED)]
        assert self.till.store.slips_waiting() == waiting

    def teardown(self) -> None:
        prove(self.till.store)
        self.till.store.close()


def more_of(request: Request, more: int) -> Request:
    """The same request with `more` units."""
    if not isinstance(request, Sale):
        return msgspec.structs.replace(request, units=request.units + more)
    first, *others = request.items
    dearer = msgspec.structs.replace(first, units=first.units + more)
    return msgspec.structs.replace(request, items=(dearer, *others))


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


@pytest.mark.timeout(300)
def test_any_walk_keeps_what_the_arithmetic_says() -> None:
    walk(30, derandomize=True)


@pytest.mark.thorough
@pytest.mark.timeout(600)
def test_any_walk_keeps_what_the_arithmetic_says_a_thousand_times() -> None:
    walk(1_000, derandomize=False)
