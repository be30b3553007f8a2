"""Any walk of sales at the store's risk, refunds, voids, day closes, restarts keeps budgets and members' value."""

import random
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from checkout.sold import Paid, PaidWith, at_risk
from ledger.cards import Card
from loyalty.evaluation import Item
from loyalty.programme import FloorLimit
from protocol.bodies import TransactionBody
from protocol.records import RecordKind
from simulation.disk import Disk
from simulation.files import Files
from terminal.answers import Answer, Balance, Outcome
from tests.chains.company import CNY, MEMBERS, POINTS_TOO
from tests.chains.proof import prove
from tests.chains.till import DAY_MS, Request, Till

FLOOR = FloorLimit(("transfer",), sale_units=300_00, card_day_units=450_00, till_day_units=700_00)
RULES = msgspec.structs.replace(POINTS_TOO, load=msgspec.structs.replace(POINTS_TOO.load, bonus=()), floor_limit=FLOOR)
members = st.sampled_from(MEMBERS)


@dataclass
class Let:
    """A sale: who bought it, what of it is left, and of that at the store's risk."""

    who: Card
    receipt: str
    day: int
    left: int
    at_risk: int


class Walk(RuleBasedStateMachine):
    """The model beside the till knows what was loaded, what each sale took and what was let go, nothing more."""

    def __init__(self) -> None:
        super().__init__()
        self.files = Files(Disk(random.Random(0)))
        self.till = Till("till.db", vfs=self.files.vfs_name, programme=RULES)
        self.money: Counter[str] = Counter()
        self.loaded: Counter[str] = Counter()
        self.sales: list[Let] = []
        self.day = 0
        self.by_card: Counter[tuple[int, str]] = Counter()

    @rule(who=members, units=st.integers(1_00, 200_00))
    def load(self, who: Card, units: int) -> None:
        self.till.load(who, CNY.format(units))
        self.money[who.account] += units
        self.loaded[who.account] += units

    @rule(who=members, units=st.integers(1, 400_00), cash=st.integers(0, 50_00), lie=st.sampled_from((0, 0, 0, 1, -1)))
    def buy(self, who: Card, units: int, cash: int, lie: int) -> None:
        """Asked once, and again with the agreement that the first answer wants; or with another sum."""
        paid = [Paid(PaidWith.STORED_VALUE, units), *([Paid(PaidWith.CASH, cash)] if cash else [])]
        items = (Item("rice", units + cash),)
        missing = max(units - self.money[who.account], 0)
        first = self._ask(self.till.sale_of(who, items, *paid))
        if not missing:
            self._bought(who, first, units, 0)
            return
        used_by_card, used = self.by_card[self.day, who.account], self._let_go_today()
        fits = missing <= FLOOR.sale_units
        fits = fits and used_by_card + missing <= FLOOR.card_day_units and used + missing <= FLOOR.till_day_units
        assert (first.outcome, first.floor_limit) == (Outcome.DECLINED, missing if fits else None)
        agreed = max(missing + lie, 0)
        second = self._ask(msgspec.structs.replace(self.till.sale_of(who, items, *paid), floor_limit=agreed))
        if fits and not lie:
            self._bought(who, second, units - missing, missing)
        else:
            assert second.outcome is Outcome.DECLINED

    @rule(age=st.integers(0, 5), percent=st.integers(1, 100))
    def refund(self, age: int, percent: int) -> None:
        open_ = [one for one in self.sales if one.left]
        if age < len(open_):
            one = open_[-1 - age]
            self._back(one, max(one.left * percent // 100, 1))

    @rule(age=st.integers(0, 3))
    def void(self, age: int) -> None:
        if age >= len(self.sales):
            return
        one = self.sales[-1 - age]
        original = self.till.store.undoable.look(one.receipt)
        assert original is not None
        answer = self._ask(self.till.void_of(one.receipt))
        is_whole = original.left == original.total
        assert (answer.outcome is Outcome.DONE) is (is_whole and one.day == self.day)
        if answer.outcome is Outcome.DONE:
            self._undone(one, answer, one.left)

    @rule()
    def close_day(self) -> None:
        self.till.now_ms += DAY_MS
        self.till.close_day()
        self.day += 1

    @rule()
    def restart(self) -> None:
        self.till.restart()

    @invariant()
    def no_budget_is_overdrawn(self) -> None:
        """By the till's own records: what its refunds took back is not even counted off."""
        cards: Counter[tuple[str, str]] = Counter()
        tills: Counter[str] = Counter()
        for signed in self.till.chain():
            record = signed.open()
            sold = record.body_as(TransactionBody).sold if record.kind is RecordKind.TRANSACTION else None
            if sold is not None and (units := at_risk(sold.paid)):
                assert units <= FLOOR.sale_units
                cards[record.business_date, record.body_as(TransactionBody).account] += units
                tills[record.business_date] += units
        assert max(cards.values(), default=0) <= FLOOR.card_day_units
        assert max(tills.values(), default=0) <= FLOOR.till_day_units

    @invariant()
    def the_card_has_what_was_loaded_and_not_spent(self) -> None:
        for who in MEMBERS:
            balance = self.till.balance(who)
            assert balance.principal + balance.bonus == self.money[who.account] >= 0

    def teardown(self) -> None:
        for one in self.sales:
            if one.left:
                self._back(one, one.left)
        for who in MEMBERS:
            assert self.till.balance(who) == Balance(self.loaded[who.account], 0, 0), "as if nobody had bought"
        prove(self.till.store)
        self.till.store.close()

    def _ask(self, request: Request) -> Answer:
        answer = self.till.ask(request)
        assert isinstance(answer, Answer), answer
        return answer

    def _bought(self, who: Card, answer: Answer, from_card: int, let_go: int) -> None:
        assert answer.outcome is Outcome.DONE, answer
        assert (at_risk(answer.paid), answer.principal) == (let_go, from_card)
        assert answer.receipt_number is not None
        self.money[who.account] -= from_card
        self.by_card[self.day, who.account] += let_go
        self.sales.append(Let(who, answer.receipt_number, self.day, answer.amount, let_go))

    def _back(self, one: Let, units: int) -> None:
        answer = self._ask(self.till.refund_of(one.receipt, units))
        assert answer.outcome is Outcome.DONE, answer
        self._undone(one, answer, units)

    def _undone(self, one: Let, answer: Answer, units: int) -> None:
        risk = at_risk(answer.paid)
        assert risk == min(units, one.at_risk), "what is at the store's risk comes back first"
        given = {part.tender: part.units for part in answer.paid}
        assert sum(given.values()) == units
        one.left -= units
        one.at_risk -= risk
        self.money[one.who.account] += given.get(PaidWith.STORED_VALUE, 0)

    def _let_go_today(self) -> int:
        return sum(units for (day, _), units in self.by_card.items() if day == self.day)


def walk(walks: int, *, derandomize: bool) -> None:
    quiet = [HealthCheck.too_slow]
    run_state_machine_as_test(
        Walk,
        settings=settings(
            max_examples=walks,
            stateful_step_count=30,
            deadline=None,
            derandomize=derandomize,
            database=None,
            print_blob=True,
            suppress_health_check=quiet,
        ),
    )


@pytest.mark.timeout(300)
def test_any_walk_keeps_the_budgets_and_gives_no_member_anything() -> None:
    walk(40, derandomize=True)


@pytest.mark.thorough
@pytest.mark.timeout(600)
def test_any_walk_keeps_the_budgets_a_thousand_times() -> None:
    walk(1_000, derandomize=False)


def test_a_day_close_begins_new_budgets_and_a_refund_or_a_restart_does_not(tmp_path: Path) -> None:
    """The story of one till: 300.00 a sale, 450.00 a card, 700.00 a day."""
    till = Till(tmp_path / "till.db", programme=RULES)
    alice, bob, carol = MEMBERS

    def let_go(who: Card, units: int) -> Answer:
        answer = till.ask(msgspec.structs.replace(till.charge_of(who, CNY.format(units)), floor_limit=units))
        assert isinstance(answer, Answer)
        return answer

    first = let_go(alice, 300_00)
    assert first.receipt_number is not None
    assert let_go(alice, 150_01).reasons[-2].limit == 450_00
    till.ask(till.refund_of(first.receipt_number, 300_00))
    till.restart()
    over = let_go(alice, 150_01)
    assert [(one.rule, one.limit, one.seen) for one in over.reasons[-2:]] == [
        ("floor_limit_card", 450_00, 450_01),
        ("spendable_here", 0, 150_01),
    ]
    assert let_go(alice, 150_00).outcome is Outcome.DONE
    assert let_go(bob, 250_01).reasons[-2].rule == "floor_limit_till"
    assert let_go(bob, 250_00).outcome is Outcome.DONE
    assert let_go(carol, 1).outcome is Outcome.DECLINED
    till.close_day()
    assert let_go(carol, 300_00).outcome is Outcome.DONE
    prove(till.store)
