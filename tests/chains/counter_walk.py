"""What may happen at the counters of a chain: loads, sales paid in every way, refunds, voids, and all of it again."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from checkout.sold import PaidWith
from ledger.cards import Card
from simulation.checks.purchases import Purchase
from simulation.checks.truth import Loaded, Original
from tests.chains.chain import Chain, opened
from tests.chains.company import ALICE, BOB
from tests.chains.shop_till import ShopTill
from tests.chains.till import Request

members = st.sampled_from((ALICE, BOB))
amounts = st.one_of(st.sampled_from((100, 7_000, 49_999, 50_000, 100_000)), st.integers(1, 120_000))
which = st.integers(0, 9)
late = st.integers(0, 4)
percents = st.integers(1, 100)
WHAT_OF_A_DRAW = ("in time", "late", "after a cut", "after a cut")
SHARES = (1, 33, 50, 99, 100, 101)
"""Percent of what is left of a purchase that are refunded; 101: a little too much."""
VOID, WHOLE = 0, 100


class CounterWalk(RuleBasedStateMachine):
    """The model beside it is simulation.checks.truth."""

    def __init__(self) -> None:
        super().__init__()
        self.chain = Chain(opened())
        self.asked: list[tuple[ShopTill, Request]] = []
        for till, who in zip(self.chain.tills, (ALICE, BOB, ALICE), strict=True):
            self._ask(till, self.chain.counter.load(who, 60_000))
            self.chain.exchange(till)

    def _till(self, number: int) -> ShopTill:
        return self.chain.tills[number % len(self.chain.tills)]

    def _ask(self, till: ShopTill, request: Request) -> None:
        self.asked.append((till, request))
        self.chain.ask(till, request)

    def _charge(self, till: ShopTill, who: Card, percent: int) -> None:
        """A part of all that the member has anywhere, so that much of it has to be drawn."""
        has = self.chain.truth.left().get(who.account, 0)
        self._ask(till, self.chain.counter.charge(who, max(1, has * percent // 100)))

    def _sell(self, till: ShopTill, who: Card, price: int, points: int, money: int) -> None:
        """Paid with percents of all the points that the member has anywhere, then of the money; the rest in cash."""
        truth = self.chain.truth
        in_points = min(price, max(truth.points[who.account], 0) * 100 // 7 * points // 100)
        from_card = min(price - in_points, truth.left().get(who.account, 0)) * money // 100
        in_cash = price - in_points - from_card
        parts = {PaidWith.POINTS: in_points, PaidWith.STORED_VALUE: from_card, PaidWith.CASH: in_cash}
        self._ask(till, self.chain.counter.sale(who, parts))

    def _heard_on_line(self, till: ShopTill, rounds: int) -> None:
        """HQ hears at once what is drawn, and what is missing is called home from others in so many rounds."""
        self.chain.deliver_up(till, 1000 if rounds else 0)
        for _ in range(rounds - 1):
            for other in self.chain.tills:
                if other is not till:
                    self.chain.exchange(other)

    def _came_of_it(self, till: ShopTill, what: str, rounds: int) -> None:
        """What is missing comes in time, or late, or to a till that has forgotten what it has asked for."""
        match what:
            case "in time":
                # A sale that draws money and points asks a second time when the first has come.
                self._heard_on_line(till, rounds)
                self.chain.deliver_down(till, 1000)
                if till.waiting:
                    self._heard_on_line(till, min(rounds, 2))
                    self.chain.deliver_down(till, 1000)
            case "late":
                self._heard_on_line(till, rounds)
                self.chain.act(till.time_out)
            case _:
                self._heard_on_line(till, max(rounds, 1))
                self._ask_again_after_a_cut(till, frames=1 + rounds % 2)

    def _ask_again_after_a_cut(self, till: ShopTill, frames: int) -> None:
        """The till hears so many frames before it is asked again."""
        self.chain.restart(till)
        self.chain.connect(till)
        self.chain.deliver_up(till, 1)
        self.chain.deliver_down(till, frames)
        self.chain.ask(*self.asked[-1])
        self.chain.deliver_up(till, 1000)

    @rule(at=which, who=members, units=amounts)
    def load(self, at: int, who: Card, units: int) -> None:
        self._ask(self._till(at), self.chain.counter.load(who, units))

    @rule(at=which, who=members, percent=st.integers(1, 110))
    def charge(self, at: int, who: Card, percent: int) -> None:
        self._charge(self._till(at), who, percent)

    @rule(at=which, who=members, percent=percents, rounds=st.integers(0, 3), what=st.sampled_from(WHAT_OF_A_DRAW))
    def charge_on_line(self, at: int, who: Card, percent: int, rounds: int, what: str) -> None:
        till = self._till(at)
        self.chain.exchange(till)
        self._charge(till, who, percent)
        self._came_of_it(till, what, rounds)

    @rule(
        at=which, who=members, price=amounts, points=st.sampled_from((0, 50, 100)), money=st.sampled_from((0, 30, 100))
    )
    def sell(self, at: int, who: Card, price: int, points: int, money: int) -> None:
        self._sell(self._till(at), who, price, points, money)

    @rule(
        at=which,
        who=members,
        price=amounts,
        rounds=st.integers(0, 2),
        what=st.sampled_from(("in time", *WHAT_OF_A_DRAW)),
    )
    def sell_for_all_points_on_line(self, at: int, who: Card, price: int, rounds: int, what: str) -> None:
        """And for all the money, where the points do not pay for it."""
        till = self._till(at)
        self.chain.exchange(till)
        self._sell(till, who, price, 100, 100)
        self._came_of_it(till, what, rounds)

    @rule(at=which, age=late, percent=st.sampled_from((*SHARES, VOID, VOID)), at_another=st.integers(0, 5))
    def bring_back(self, at: int, age: int, percent: int, at_another: int) -> None:
        """To the till that sold, wherever the points are by now; or to another one, which has no right to undo it."""
        for sold_at, receipt, one in self._last(age):
            self._bring_back(self._till(at) if at_another == 1 else sold_at, receipt, one, percent)

    @rule(
        at=which,
        age=late,
        percent=st.sampled_from(SHARES),
        rounds=st.integers(0, 3),
        what=st.sampled_from(("in time", *WHAT_OF_A_DRAW)),
    )
    def bring_back_elsewhere_on_line(self, at: int, age: int, percent: int, rounds: int, what: str) -> None:
        """To any till; the right to undo it is fetched from wherever it is."""
        till = self._till(at)
        for sold_at, receipt, one in self._last(age):
            self.chain.exchange(sold_at)
            self.chain.exchange(till)
            self._bring_back(till, receipt, one, percent)
            self._came_of_it(till, what, rounds)

    @rule(
        at=which,
        who=members,
        price=st.integers(1_000, 150_000),
        percent=st.sampled_from(SHARES),
        meanwhile=st.sampled_from(("at home", "elsewhere", "spent", "spent", "spent and told")),
    )
    def buy_and_bring_back(self, at: int, who: Card, price: int, percent: int, meanwhile: str) -> None:
        """What the purchase brought goes home meanwhile, on to another till, or is spent at that."""
        till, elsewhere = self._till(at), self._till(at + 1 + price % 2)
        self._sell(till, who, price, 0, 0)
        self.chain.exchange(till)
        self.chain.exchange(till)
        if meanwhile == "elsewhere":
            self._sell(elsewhere, who, 100, 0, 0)
        elif meanwhile != "at home":
            self.chain.exchange(elsewhere)
            self._sell(elsewhere, who, 1_000 + price // 2, 100, 0)
            self.chain.deliver_up(elsewhere, 1000)
            self.chain.deliver_down(elsewhere, 1000)
        for other in {"spent and told": (elsewhere,), "elsewhere": (elsewhere, till, elsewhere)}.get(meanwhile, ()):
            self.chain.exchange(other)
        for receipt, one in self._last_of(till, Purchase):
            self._bring_back(till, receipt, one, percent)

    @rule(at=which, who=members, units=st.sampled_from((100, 49_999, 50_000, 100_000)), percent=st.integers(0, 40))
    def load_and_void(self, at: int, who: Card, units: int, percent: int) -> None:
        """What the load brought has gone home in part, or was spent in part, or lies here."""
        till = self._till(at)
        self._ask(till, self.chain.counter.load(who, units))
        if percent:
            self.chain.exchange(till)
            self._charge(till, who, percent)
        for receipt, one in self._last_of(till, Loaded):
            self._bring_back(till, receipt, one, VOID)

    def _bring_back(self, till: ShopTill, receipt: str, one: Original, percent: int) -> None:
        if percent == VOID:
            self._ask(till, self.chain.counter.void(receipt, one.what.total))
            return
        left = one.what.left if isinstance(one.what, Purchase) else one.what.total
        units = max(1, left * percent // WHOLE) + (percent > WHOLE)
        self._ask(till, self.chain.counter.refund(receipt, units))

    def _last_of(self, till: ShopTill, kind: type[Loaded | Purchase]) -> list[tuple[str, Original]]:
        """The last movement of a kind at a till; nothing, where there was none."""
        made = ((receipt, one) for (name, receipt), one in self.chain.truth.originals.items() if name == till.name)
        return [(receipt, one) for receipt, one in made if isinstance(one.what, kind)][-1:]

    def _last(self, age: int) -> list[tuple[ShopTill, str, Original]]:
        """One of the last movements that may be undone; nothing, where there were not so many."""
        made = list(self.chain.truth.originals.items())[-1 - age :]
        return [(self.chain.named(name), receipt, one) for (name, receipt), one in made[:1]]

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
