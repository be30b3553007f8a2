"""Someone who trades at a till whose power is cut again and again, and holds it to what it said."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress

import apsw
import msgspec

from checkout.requests import Sale, Undo
from checkout.sold import Paid, PaidWith
from ledger.cards import Card
from ledger.ids import AccountId
from ledger.journal_sqlite import BookUnusable
from ledger.slices import MONEY
from loyalty.evaluation import Item
from offline_queue.doubts import Given
from protocol.bodies import Why
from protocol.errors import ProtocolFault
from simulation.disk import Disk, PowerCut
from simulation.files import Files
from terminal.answers import Answer, Problem
from terminal.slip_job import SlipJob, SlipStep
from terminal.store import TillStore
from tests.chains.company import MEMBERS, POINTS_TOO, units
from tests.chains.headquarters import Headquarters
from tests.chains.proof import faults
from tests.chains.till import DAY_MS, Request, Till, asked
from tests.power_cuts.promises import Promises

ACTS_MAX = 100
CHECKPOINT_PAGES = (4, 30, 1000)
"""After so many pages the log is moved into the file. 1000 is SQLite's own; the others bring cuts into the move."""
KILLED = 0.3
"""How often only the program dies, and the power stays."""
AMOUNTS = ("0.07", "1.00", "12.34", "33.33", "99.99", "500.00", "1000.00")
FAULTS = (apsw.Error, BookUnusable, ProtocolFault, AssertionError, LookupError)
"""What a broken book raises when it is opened, read or written."""


class Trader:
    """Trades at one till on one disk; the same seed lives through the same cuts. `tamper` spoils an opened book."""

    def __init__(self, seed: int, tamper: Callable[[TillStore], object] = lambda _: None) -> None:
        self.chance = random.Random(seed)
        self.disk = Disk(self.chance, powersafe=self.chance.random() < 0.5)
        self.hq = Headquarters()
        self.promises = Promises(self.hq)
        self._tamper = tamper
        self._files: Files | None = None
        self._till: Till | None = None
        self._request: Request | None = None
        self._step: tuple[SlipJob, SlipJob] | None = None

    def live_through(self, *cuts: int) -> list[str]:
        """Trade until each cut and check after it; what the till has not kept, in words, at its first bad start.

        A cut is given as the number of changes that the disk makes before it, counted from the cut before.
        """
        for changes in cuts:
            self.disk.cut_at = self.disk.changes + changes
            broken = self._live()
            self._end(killed=self.chance.random() < KILLED)
            if broken:
                return broken
        return self._live(acts=0)

    def _live(self, acts: int = ACTS_MAX) -> list[str]:
        try:
            return self._switch_on() or self._trade(acts)
        except PowerCut:
            return []
        except FAULTS as fault:
            return [repr(fault)]

    def _switch_on(self) -> list[str]:
        """Start the till on what the platter has, and hold it to its promises."""
        self._files = Files(self.disk)
        if self._till is None:
            self._till = Till("till.db", vfs=self._files.vfs_name, programme=POINTS_TOO)
        else:
            self._till.vfs = self._files.vfs_name
            self._till.start()
        return self._check(self._till)

    def _end(self, *, killed: bool) -> None:
        """The power goes off, or only the program is killed: then the disk still has, unsynced, what it wrote."""
        self.disk.cut_at = self.disk.changes
        if self._till is not None:
            with suppress(PowerCut):
                self._till.store.close()
        if killed:
            self.disk.start()
        else:
            self.disk.power_on()

    def _check(self, till: Till) -> list[str]:
        self.promises.note_restart()
        self._learn(till)
        self.promises.note_directive(till.store.resume().directive)
        broken = [*self.promises.broken_by(till.store), *faults(till.store)]
        self.promises.note_head(till.store)
        till.store._connection.wal_autocheckpoint(self.chance.choice(CHECKPOINT_PAGES))
        self._tamper(till.store)
        return broken

    def _learn(self, till: Till) -> None:
        """What was under way at the cut is there whole or not at all; whichever it is, from now on it stays so."""
        if self._request is not None:
            answer = till.store.find(self._request.operation_id)
            if answer is not None:
                self.promises.note_answer(self._account(self._request), answer)
        if self._step is not None:
            before, after = self._step
            found = till.store.slip(before.number)
            if found is not None and found[1] in (after, after.after(SlipStep.UNKNOWN, ("interrupted",))):
                self.promises.jobs[before.number] = found[1]
            self._step = None

    def _trade(self, acts: int) -> list[str]:
        assert self._till is not None
        if acts:
            self._resume(self._till)
        if acts and self._request is not None:
            self._ask(self._till, self._request)
        for _ in range(acts):
            self._act(self._till)
            self.promises.note_head(self._till.store)
        return []

    def _act(self, till: Till) -> None:
        luck = self.chance.random()
        if luck < 0.4:
            self._ask(till, self._some_request(till))
        elif luck < 0.6:
            self._move(till)
        elif luck < 0.9:
            self._take_step(till)
        elif luck < 0.95:
            till.close_day()
            till.now_ms += DAY_MS
        elif luck < 0.97:
            till.restart()
            self.promises.note_restart()

    def _resume(self, till: Till) -> None:
        """After a start HQ says again what may not have arrived; whatever was drawn comes too late now."""
        for given in self.hq.directives[till.store.resume().directive :]:
            self._apply(till, given)

    def _apply(self, till: Till, given: Given) -> None:
        assert till.store.hq.apply(given, till.moment()) is None
        self.promises.note_directive(given.directive.number)

    def _move(self, till: Till) -> None:
        """HQ places value, recalls it, or answers a draw: in time, too late, or with too little."""
        who, luck = self.chance.choice(MEMBERS), self.chance.random()
        if luck < 0.3:
            self.hq.funds.add(who.account, self.chance.choice((7, 5_000, 30_000)), purse=self.chance.choice(MONEY))
        elif luck < 0.5 and self.hq.funds.units(who.account):
            self._apply(till, self.hq.transfer(who.account, self.chance.choice((3, 10_000))))
        elif luck < 0.65:
            self._apply(till, self.hq.recall(who.account, self.chance.choice((0, 5, 9_000))))
        elif luck < 0.95 and self.hq.funds.units(who.account):
            self._draw(till, till.charge_of(who, self.chance.choice(AMOUNTS)))
        self.hq.hear(till.chain())

    def _draw(self, till: Till, request: Sale) -> None:
        account = request.presented.card.account
        drawn = self.hq.transfer(account, self.chance.choice((request.units, 50)), Why.DRAW, request.operation_id)
        if self.chance.random() < 0.2:
            self._apply(till, drawn)
            return
        self._request = request
        answer = till.store.settle(drawn, asked(request, till.moment()))
        assert isinstance(answer, Answer)
        self._request = None
        self.promises.note_directive(drawn.directive.number)
        self.promises.note_answer(account, answer)

    def _some_request(self, till: Till) -> Request:
        who, amount, luck = self.chance.choice(MEMBERS), self.chance.choice(AMOUNTS), self.chance.random()
        receipt = f"07-2-{max(len(self.promises.jobs) - self.chance.randrange(5), 0):06}"
        if luck < 0.25:
            return till.load_of(who, amount)
        if luck < 0.5:
            return till.charge_of(who, amount)
        if luck < 0.7:
            return self._some_sale(till, who, units(amount))
        if luck < 0.9:
            return till.refund_of(receipt, self.chance.choice((1, 333, units(amount))))
        return till.void_of(receipt)

    def _some_sale(self, till: Till, who: Card, price: int) -> Sale:
        """Paid with points as far as they reach, with the card and in cash."""
        in_points = min(price, till.balance(who).points * 100 // 7)
        from_card = (price - in_points) // 2
        parts = ((PaidWith.POINTS, in_points), (PaidWith.STORED_VALUE, from_card))
        paid = [Paid(tender, part) for tender, part in parts if part]
        return till.sale_of(who, (Item("tea", price),), *paid, Paid(PaidWith.CASH, price - in_points - from_card or 1))

    def _account(self, request: Request) -> AccountId:
        if not isinstance(request, Undo):
            return request.presented.card.account
        return self.promises.account_of(request.receipt_number)

    def _ask(self, till: Till, request: Request) -> None:
        """Ask, or ask again what was under way when the power went: it is done once."""
        self._request = request
        answer = till.ask(request)
        assert not isinstance(answer, Problem)
        first = msgspec.structs.replace(answer, replayed=False)
        self._request = None
        self.promises.note_answer(self._account(request), first)

    def _take_step(self, till: Till) -> None:
        if not self.promises.jobs:
            return
        job = self.promises.jobs[self.chance.choice(list(self.promises.jobs)[-5:])]
        step, after = self.chance.choice([(step, job.after(step)) for step in SlipStep if job.after(step)])
        assert after is not None
        self._step = (job, after)
        taken = till.step(job.number, step)
        assert taken == after
        self._step = None
        self.promises.note_step(after)
