"""A cashier: serves whoever comes, asks again where the till has gone off meanwhile, and believes what it was told."""

from __future__ import annotations

from collections.abc import Coroutine
from datetime import date, timedelta
from random import Random
from typing import Any

import msgspec

from checkout.load import load
from checkout.requests import Entry, Load, PresentedCard, Sale, Tender, Undo
from checkout.sale import sale
from checkout.sold import PaidWith
from checkout.undo import refund, void
from ledger.ids import OperationId
from ledger.journal_sqlite import DiskFull
from ledger.slices import Asset
from simulation.asking import Asking
from simulation.chain import Chain
from simulation.checks.promised import Promise
from simulation.checks.purchases import Purchase
from simulation.checks.truth import Loaded, Original
from simulation.company import Member
from simulation.machine import WentOff
from simulation.report import Report
from simulation.shop import ShopTill
from simulation.slip_duty import SlipDuty
from terminal.answers import DayClose, Problem
from terminal.bodies import ItemBody, LoadBody, PaidBody, RefundBody, SaleBody, VoidBody

REGULAR_ODDS = 0.75
"""Of a customer who belongs to this store; all others come from anywhere."""
OVERREACH_ODDS = 0.1
"""Of a customer who wants to pay more from the card than there is anywhere."""
VOID_ODDS = 0.3
ELSEWHERE_ODDS = 0.5
"""Of a customer who brings a slip of any till."""
NEAR_ODDS = 0.5
"""Of one of them who brings it back to the same store."""
AS_A_SALE_ODDS = 0.2
"""Of a customer who wants a load refunded, which nobody can."""
PROMISE_ODDS = 0.8
"""Of a customer who leaves the goods where nobody is reached who may refund them."""
AT_ONCE_ODDS, LATER_ODDS = 0.25, 0.5
"""Of one who wants them again instead: at the counter, or when somebody comes, and the promise may be kept by then."""
AFTER_ALL_ODDS = 0.5
"""Of one of them who leaves them after all."""
AGREES_ODDS = 0.9
"""Of a cashier who is told that the rest may be let go at the store's own risk."""
OTHER_SUM_ODDS = 0.1


class Cashier(Asking):
    """Serves customers at one till, one after another."""

    def __init__(self, chain: Chain, till: ShopTill, report: Report, chance: Random) -> None:
        super().__init__(chain, till, report, chance)
        self.slips = SlipDuty(till, report, Random(chance.random()), self._may_say)
        self.served = {till.name}
        """The tills at which this one has stood: another machine takes the place of one that is lost."""

    async def serve(self) -> None:
        """The next customer."""
        self.go_to_the_latest()
        await self.slips.look()
        chance = self._chance
        regulars = self._chain.regulars(self.till.name.store)
        who = chance.choice(regulars if regulars and chance.random() < REGULAR_ODDS else self._chain.members)
        left = self._to_spend(who, Asset.MONEY)
        deed = chance.choices((self._load, self._sell, self._bring_back), (2 if left else 8, 6, 4))[0]
        try:
            await deed(who)
        except (WentOff, DiskFull):
            self.report.turned_away += 1

    async def bring_back(self, receipt: str, original: Original) -> None:
        """Undo all that is left of a purchase; where the store bears a part of it, in two steps."""
        self.go_to_the_latest()
        if isinstance(original.what, Purchase) and original.what.at_risk:
            await self._refund(receipt, _stepped(original.what.left // 3, self._chain.step))
        if isinstance(original.what, Purchase) and original.what.left:
            await self._refund(receipt, original.what.left)

    def go_to_the_latest(self) -> None:
        """Stand at the machine that has taken the place of one that is lost."""
        if self.till is not self.till.latest:
            self.till = self.till.latest
            self.served.add(self.till.name)
            self.slips.go_to(self.till)

    def _close_day(self) -> Coroutine[Any, Any, DayClose | Problem]:
        return self.till.till.close_day()

    def _close_day_by_hand(self) -> Coroutine[Any, Any, DayClose | Problem]:
        """Somebody names the date from now on, who knows which it is."""
        closes = date.fromisoformat(self.till.machine.store.head().business_date)
        opens = max((closes + timedelta(days=1)).isoformat(), self._chain.today)
        return self.till.till.close_day(opens=opens)

    async def close_day(self) -> bool:
        """About midnight; whoever finds the till off tries later."""
        self.go_to_the_latest()
        try:
            closed = await self.till.machine.ask(self._close_day)
            if closed is Problem.CLOCK_DOUBTED:
                closed = await self.till.machine.ask(self._close_day_by_hand)
        except (WentOff, DiskFull):
            return False
        assert isinstance(closed, DayClose) or self._may_say(closed), f"{self.till.name} closes no day: {closed}"
        return isinstance(closed, DayClose)

    async def _load(self, who: Member) -> None:
        most = self._chance.randint(100, 120_000)
        units = _stepped(self._chance.choice((10_000, 49_900, 50_000, 100_000, most)), self._chain.step)
        operation, number, presented = self._name(), self._number(), await self._swipe(who)
        body = LoadBody(operation, presented, units, Tender.CASH, "C01", number)
        request = Load(OperationId(operation), _swiped(who), units, Tender.CASH, "C01", number)
        await self._ask(body, (request, load))

    async def _sell(self, who: Member) -> None:
        """Paid with a part of the points and money that the member has anywhere; the rest in cash."""
        chance = self._chance
        left, points = self._to_spend(who, Asset.MONEY), self._to_spend(who, Asset.POINTS)
        step, redeeming = self._chain.step, self._chain.company.programme.redeeming
        worth = 0 if redeeming is None else points * redeeming.units // redeeming.points
        price = _stepped(chance.choice((left * chance.randint(1, 110) // 100, chance.randint(100, 30_000))), step)
        in_points = min(price, worth * chance.choice((0, 0, 50, 100)) // 100 // step * step)
        most = price - in_points if chance.random() < OVERREACH_ODDS else min(price - in_points, left)
        from_card = most * chance.choice((0, 60, 100, 100, 100, 100)) // 100 // step * step
        parts = {
            PaidWith.POINTS: in_points,
            PaidWith.STORED_VALUE: from_card,
            PaidWith.CASH: price - in_points - from_card,
        }
        operation, number, presented = self._name(), self._number(), await self._swipe(who)
        paid = tuple(PaidBody(tender, units) for tender, units in parts.items() if units)
        body = SaleBody(operation, presented, (ItemBody("tea", price),), paid, "C01", number)
        request = Sale(OperationId(operation), _swiped(who), body.sold.items, body.sold.paid, "C01", number)
        answer = await self._ask(body, (request, sale), from_card=from_card)
        if answer is not None and answer.floor_limit is not None and chance.random() < AGREES_ODDS:
            await self._let_go(who, request, answer.floor_limit)

    async def _let_go(self, who: Member, asked: Sale, units: int) -> None:
        """Agree to what is missing, by a request of its own; or to another sum, which is no agreement."""
        agreed = units + (self._chain.step if self._chance.random() < OTHER_SUM_ODDS else 0)
        operation, presented = self._name(), await self._swipe(who)
        request = msgspec.structs.replace(asked, operation_id=OperationId(operation), floor_limit=agreed)
        items, paid = (ItemBody("tea", asked.units),), tuple(PaidBody(one.tender, one.units) for one in asked.paid)
        body = SaleBody(operation, presented, items, paid, "C01", asked.pos_ref, floor_limit=agreed)
        await self._ask(body, (request, sale))

    async def _bring_back(self, _: Member) -> None:
        """One of the last movements of this till, or of any."""
        promised = [
            (slip, one) for (name, slip), one in self._chain.truth.promises.made.items() if name == self.till.name
        ]
        if promised and self._chance.random() < LATER_ODDS:
            await self._think_again(*self._chance.choice(promised[-5:]))
            return
        is_elsewhere, is_near = self._chance.random() < ELSEWHERE_ODDS, self._chance.random() < NEAR_ODDS
        originals = self._chain.truth.originals.items()
        near = self.till.name.store if is_near else None
        some = [
            (slip, one)
            for (name, slip), one in originals
            if (is_elsewhere and near in {None, name.store}) or name == self.till.name
        ][-5:]
        if not some:
            return
        receipt, original = self._chance.choice(some)
        if isinstance(original.what, Loaded) and self._chance.random() < AS_A_SALE_ODDS:
            await self._refund(receipt, original.what.total)
        elif isinstance(original.what, Loaded) or self._chance.random() < VOID_ODDS:
            await self._void(receipt, original.what.total)
        elif original.what.left:
            await self._refund(
                receipt,
                _stepped(original.what.left * self._chance.choice((1, 33, 50, 100, 101)) // 100, self._chain.step),
            )

    async def _refund(self, receipt: str, units: int) -> None:
        """Where nobody is reached who may, the goods are taken all the same, by a request of its own."""
        operation, number = self._name(), self._number()
        request = Undo(OperationId(operation), receipt, units, "C01", number)
        answer = await self._ask(RefundBody(operation, receipt, units, "C01", number), (request, refund))
        if answer is not None and answer.can_promise and self._chance.random() < PROMISE_ODDS:
            await self._promise(receipt, units, number)

    async def _promise(self, original: str, units: int, number: str | None) -> None:
        """Take the goods, and say so on a slip; unless the right has come meanwhile."""
        operation = self._name()
        request = Undo(OperationId(operation), original, units, "C01", number, may_promise=True)
        body = RefundBody(operation, original, units, "C01", number, promise=True)
        answer = await self._ask(body, (request, refund))
        receipt = (answer and answer.receipt_number) or ""
        promise = self._chain.truth.promises.made.get((self.till.name, receipt))
        if promise is not None and self._chance.random() < AT_ONCE_ODDS:
            await self._think_again(receipt, promise)

    async def _think_again(self, receipt: str, promise: Promise) -> None:
        """Have the goods instead of what was promised; or not."""
        await self._void(receipt, promise.units)
        if self._chance.random() < AFTER_ALL_ODDS:
            await self._refund(promise.original, promise.units)

    async def _void(self, receipt: str, units: int) -> None:
        operation, number = self._name(), self._number()
        request = Undo(OperationId(operation), receipt, units, "C01", number)
        await self._ask(VoidBody(operation, receipt, "C01", number), (request, void))


def _stepped(units: int, step: int) -> int:
    """What the shop charges: whole steps, and at least one."""
    return max(units // step, 1) * step


def _swiped(who: Member) -> PresentedCard:
    return PresentedCard(who.card, Entry.SWIPED)
