"""A random walk of a hosted store's till and its place at HQ, in virtual time; their line loses, delays and repeats.

Either goes off at any write to its disk and comes back. What was answered at the counter is kept beside them; in the
end everything that was asked has come to something, and the sums of both books are those of the answers.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from functools import partial
from random import Random
from typing import Any

from checkout.requests import Tender
from drivers.events import Tracks
from ledger.slices import MONEY, total
from protocol.bodies import RunAs, TransactionBody
from protocol.conversation import AnyMessage, Ask, Told
from protocol.hosting import AskedBody, NotTold
from protocol.records import Record
from simulation.loop import Program, VirtualLoop
from terminal.answers import Answer, Outcome, Presentation, Problem
from terminal.asking import Identity
from terminal.bodies import ChargeBody, LoadBody, RefundBody, VoidBody
from terminal.hosted_till import HostedTill
from terminal.slip_job import SlipStep
from terminal.wiring import agent_of_till
from tests.chains.company import MEMBERS, PROGRAMME, SCHEME, number
from tests.chains.headquarters import Headquarters
from tests.chains.proof import prove
from tests.chains.till import NOON
from tests.terminal.hosted_pair import AGENT_KEY, PLACE_KEY
from tests.terminal.hosted_side import Around, Side
from tests.terminal.hosted_wishes import NOTHING_WAS_DONE, Body, Wish, asking, sign

STEPS = 120


class HostedWalk:
    """One walk. `run` goes all of it, and raises where something is not as it must be."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        self.loop = VirtualLoop(Random(seed + 1))  # type: ignore[abstract]  # sockets and signals are no part of it
        self.loop.after_disk = self._after_disk
        keys = [key.public_key().public_bytes_raw() for key in (AGENT_KEY, PLACE_KEY)]
        around = Around(self.loop, self.chance, self.now_ms, self.went_off)
        self.shop = Side(around, Identity("07", "2", keys[0], "0.1.0"), AGENT_KEY, self._run_shop)
        self.place = Side(around, Identity("07", "2@hq", keys[1], "0.1.0"), PLACE_KEY, self._run_place)
        self.hq = Headquarters(self.shop.identity)
        self.line_is_up, self.is_calm = True, False
        self.wishes: list[Wish] = []
        self.receipts: list[str] = []
        self.free: set[tuple[str | None, str]] = set()
        """Under these numbers of a POS's nothing was done, as it was told last."""
        self.counts: Counter[str] = Counter()
        self.days = 0
        self.steps = (
            self.load,
            self.load,
            self.pay,
            self.pay,
            self.pay,
            self.refund,
            self.refund,
            self.void,
            self.again,
        )
        self.rare = (
            self.again,
            self.another_pos_try,
            self.another_pos_try,
            self.cut_line,
            self.mode,
            self.print,
            self.next_day,
        )

    def run(self, steps: int = STEPS) -> None:
        try:
            for side in (self.shop, self.place):
                side.switch_on()
            for _ in range(steps):
                self._pass_time(self.chance.choice((0.01, 0.3, 2.0)))
                self._step()
            self._come_to_rest()
            self._check()
        finally:
            self.loop.wind_up()

    def _step(self) -> None:
        roll = self.chance.random()
        if roll < 0.08:
            side = self.chance.choice((self.shop, self.place))
            side.disk.cut_at = side.disk.changes + self.chance.randrange(1, 30)
        elif self.shop.is_ready:
            self.chance.choice(self.rare if roll < 0.35 else self.steps)()

    # What happens at the counter

    def load(self) -> None:
        units, name = self.chance.choice((100_00, 300_00)), self._name("load")
        self._wish(lambda card, ref: LoadBody(name, card, units, Tender.CASH, "C01", ref))

    def pay(self) -> None:
        units, name = self.chance.randint(1, 200_00), self._name("sale")
        self._wish(lambda card, ref: ChargeBody(name, card, units, "C01", ref))

    def refund(self) -> None:
        if self.receipts:
            one, units = self.chance.choice(self.receipts[-6:]), self.chance.randint(1, 90_00)
            self._say(Wish(RefundBody(self._name("refund"), one, units, "C01", self._pos_ref())))

    def void(self) -> None:
        if self.receipts:
            self._say(
                Wish(VoidBody(self._name("void"), self.chance.choice(self.receipts[-6:]), "C01", self._pos_ref()))
            )

    def again(self) -> None:
        """The same once more, in the same words."""
        if self.wishes:
            self._ask(self._late_one(self.wishes))

    def another_pos_try(self) -> None:
        """A POS asks again for its sale, by another id."""
        named = [one for one in self.wishes if one.pos_ref is not None]
        if named:
            self._in_shop(self._once_more(self._late_one(named)))

    def _late_one(self, wishes: list[Wish]) -> Wish:
        """Most like one of which nothing is known."""
        still_open = [one for one in wishes if one.is_open]
        return self.chance.choice((still_open if still_open and self.chance.random() < 0.7 else wishes)[-5:])

    def cut_line(self) -> None:
        self.line_is_up = not self.line_is_up

    def mode(self) -> None:
        self.hq.give(RunAs(self.chance.choice(("hosted", "hosted", "transfer"))))
        self._in_shop(self._obey())

    def print(self) -> None:
        self._in_shop(self._print())

    def next_day(self) -> None:
        self.days += self.chance.choice((0, 0, 1, 3))
        self._in_shop(self.shop.till.close_day())

    def _wish(self, body: Callable[[str, str | None], Body]) -> None:
        self._in_shop(self._at_counter(body, self._pos_ref(), 417 + self.chance.randrange(len(MEMBERS))))

    async def _at_counter(self, body: Callable[[str, str | None], Body], ref: str | None, serial: int) -> None:
        self._say(Wish(body(await self._swipe(serial), ref), serial))

    async def _once_more(self, was: Wish) -> None:
        self._say(was.once_more(self._name("again"), await self._swipe(was.serial) if was.serial else None))

    async def _swipe(self, serial: int) -> str:
        card = await self.shop.till.reception.swiped(Tracks(None, SCHEME.track2(number(serial))))
        assert isinstance(card, Presentation)
        return card.presentation

    def _say(self, wish: Wish) -> None:
        self.wishes.append(wish)
        self._ask(wish)

    def _ask(self, wish: Wish) -> None:
        till, body = self.shop.till, wish.body
        wish.under_way += 1
        wish.was_nothing = False
        self.free.discard((wish.pos_ref, wish.kind))
        task = self._in_shop(asking(till, body))
        task.add_done_callback(lambda done: self._heard(wish, done), context=self.loop.world.context.copy())

    def _heard(self, wish: Wish, task: asyncio.Task[Any]) -> None:
        """Whoever asked hears; a program that went off says nothing."""
        wish.under_way -= 1
        if task.cancelled() or task.exception() is not None:
            return
        said: Answer | Problem = task.result()
        wish.said.append(said)
        self.counts[said.value if isinstance(said, Problem) else said.outcome.value] += 1
        wish.was_nothing = wish.under_way == 0 and said in NOTHING_WAS_DONE
        if said is Problem.HQ_NOT_REACHED and not any(
            one.under_way for one in self.wishes if one.pos_ref == wish.pos_ref
        ):
            self.free.add((wish.pos_ref, wish.kind))
        if isinstance(said, Answer) and said.receipt_number is not None:
            self.receipts.append(said.receipt_number)

    async def _obey(self) -> None:
        known = await self.shop.store.do(lambda store: store.hq.known())
        for given in self.hq.directives[known.directive :]:
            moment = self.shop.till.moment()
            await self.shop.store.do(lambda store, one, at: store.hq.apply(one, at), given, moment)
        await self.shop.till.look_at_book()

    async def _print(self) -> None:
        slips = self.shop.till.slips
        job = await slips.next_to_print()
        if job is not None and await slips.step(job.number, SlipStep.STARTED) is not None:
            await slips.step(job.number, self.chance.choice((SlipStep.PRINTED, SlipStep.UNKNOWN)))

    # The line, over HQ

    @property
    def is_up(self) -> bool:
        return self.line_is_up

    async def pass_on(self, message: AnyMessage) -> bool:
        """What either side says. HQ hears an ask once, and passes it on."""
        if not self.line_is_up:
            return False
        if isinstance(message, Ask):
            self._later(lambda: self._at_hq(message), most=1)
        else:
            self._later(lambda: self._to_shop(message), most=2)
        return True

    def _later(self, deliver: Callable[[], None], most: int) -> None:
        times = 1 if self.is_calm else self.chance.choice((0, 1, 1, 1, 1, most))
        for _ in range(times):
            slow = not self.is_calm and self.chance.random() < 0.2
            delay_s = self.chance.uniform(0, 15.0 if slow else 0.05)
            self.loop.call_later(delay_s, deliver, context=self.loop.world.context.copy())

    def _at_hq(self, ask: Ask) -> None:
        if self.place.is_ready:
            self._later(lambda: self._to_place(ask), most=2)
            return
        record = ask.asked.open()
        told = Told(record.keeper, record.epoch, record.body_as(AskedBody).operation_id, None, NotTold.NOT_REACHED)
        self._later(lambda: self._to_shop(told), most=2)

    def _to_place(self, ask: Ask) -> None:
        if self.place.is_ready and self.place.program is not None:
            self.place.program.context.copy().run(self.hosted.hear, ask)

    def _to_shop(self, message: AnyMessage) -> None:
        assert isinstance(message, Told)
        if self.shop.is_ready and self.line_is_up:
            self._in_shop(self.agent.hear(message))

    # The machines

    async def _run_shop(self, side: Side) -> None:
        till = side.till
        self.agent = till.agent = agent_of_till(till, side.store, self)
        await self.agent.begin()
        await self._obey()
        side.is_ready = True
        await self.agent.run()

    async def _run_place(self, side: Side) -> None:
        self.hosted = HostedTill(side.till, side.store, PROGRAMME.card_kinds, self)
        side.is_ready = True

    def now_ms(self) -> int:
        return NOON + round(self.loop.time() * 1000) + self.days * 86_400_000

    def _after_disk(self, program: Program) -> None:
        for side in (self.shop, self.place):
            if side.program is program and side.disk.is_off:
                self.went_off(side)

    def went_off(self, side: Side) -> None:
        """It comes back after a while."""
        self.counts[f"{side.identity.place} went off"] += 1
        side.go_off()
        back, context = partial(side.come_back, killed=self.chance.random() < 0.5), self.loop.world.context.copy()
        self.loop.call_later(self.chance.uniform(0, 8), back, context=context)

    def _in_shop(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        assert self.shop.program is not None
        return self.loop.spawn(self.shop.program, work)

    def _pass_time(self, seconds: float) -> None:
        self.loop.run_until_true(lambda: False, within_s=seconds)

    def _name(self, kind: str) -> str:
        return f"{kind}-{self.chance.getrandbits(48):012x}"

    def _pos_ref(self) -> str | None:
        return f"POS-{self.chance.getrandbits(48):012x}" if self.chance.random() < 0.5 else None

    # In the end

    def _come_to_rest(self) -> None:
        self.is_calm = self.line_is_up = True
        for side in (self.shop, self.place):
            side.disk.cut_at = side.disk.cut_at if side.disk.is_off else None
        assert self.loop.run_until_true(self._is_at_rest, within_s=120), "something is never settled"
        self._pass_time(20.0)  # what was said long ago comes only now

    def _is_at_rest(self) -> bool:
        is_on = self.shop.is_ready and self.place.is_ready
        return is_on and not self.shop.book.hosted.open() and not any(one.under_way for one in self.wishes)

    def _check(self) -> None:
        for side in (self.shop, self.place):
            prove(side.book)
            names = [body.receipt_number for _, body in side.moved()]
            assert names == [f"{side.identity.place}-{one:06d}" for one in range(1, len(names) + 1)]
        moved = [*self.shop.moved(), *self.place.moved()]
        assert max(Counter(body.operation_id for _, body in moved).values(), default=0) <= 1
        named = Counter((body.slip.pos_ref, body.kind) for _, body in moved if body.slip.pos_ref is not None)
        assert max(named.values(), default=0) <= 1, named
        assert not self.free & named.keys(), "it was said that nothing was done"
        self._check_undone(moved)
        answers = self._check_answers()
        done = {one.record: one for one in answers if one.outcome is Outcome.DONE}
        assert done.keys() == {str(record.ref) for record, _ in moved}, (
            "what was done was told, and the other way round"
        )
        loads = {one.receipt_number for one in done.values() if one.kind == "load"}
        has = sum(total(side.book.slices(who.account), *MONEY) for side in (self.shop, self.place) for who in MEMBERS)
        assert has == sum(sign(one, loads) * (one.principal + one.bonus) for one in done.values())

    def _check_undone(self, moved: list[tuple[Record, TransactionBody]]) -> None:
        undone: Counter[str] = Counter()
        for _, body in moved:
            if body.undone is not None:
                undone[body.undone.original] += body.undone.units
        amounts = {str(record.ref): body.slip.amount for record, body in moved}
        assert all(units <= amounts[original] for original, units in undone.items())

    def _check_answers(self) -> list[Answer]:
        """What came of each wish; what was said of it before was true."""
        found = []
        for wish in self.wishes:
            last = self.shop.book.find(wish.body.operation_id)
            for said in wish.said:
                if isinstance(said, Answer):
                    assert last is not None
                    assert (said.record, said.outcome, said.decline) == (last.record, last.outcome, last.decline)
            if last is not None:
                assert not (wish.was_nothing and last.outcome is Outcome.DONE), (wish, last)
                found.append(last)
        opened = self.shop.book._connection.execute("select operation_id from asks")
        assert {name for (name,) in opened} <= {
            wish.body.operation_id for wish in self.wishes if self.shop.book.find(wish.body.operation_id)
        }
        return found
