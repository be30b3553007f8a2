"""What a cashier does about slips: says whether one came out, asks for copies, and now and then does neither."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from random import Random
from typing import Any

from ledger.journal_sqlite import DiskFull
from simulation.machine import WentOff
from simulation.report import Report
from simulation.shop import LOOKS, ShopTill
from terminal.answers import Problem, SlipStatus, SlipView
from terminal.slip_job import SlipState

LOOKS_AT = 3
"""So many slips that wait are seen to between two customers."""
ANSWER_ODDS, INSTEAD_ODDS = 0.6, 0.2
"""Of a cashier who is asked "did it come out?": says so, or asks for a copy instead; otherwise the question stays."""
OLD_ODDS = 0.3
"""Of one who asks for a slip that waits for its printer."""
COPY_ODDS = 0.1
"""Of a customer who wants one of the last slips once more."""
SETTLES_MAX = 50

May = Callable[[Problem], bool]


class SlipDuty:
    """At one till. `may_say`: what a till may say instead of seeing to a slip."""

    def __init__(self, till: ShopTill, report: Report, chance: Random, may_say: May) -> None:
        assert till.printer is not None, "slips come out in shops"
        self._till, self._printer = till, till.printer
        self._report, self._chance, self._may_say = report, chance, may_say

    def go_to(self, till: ShopTill) -> None:
        """From here on at another machine: what lies about of the old one's nobody sees to."""
        assert till.printer is not None, "slips come out in shops"
        self._till, self._printer = till, till.printer

    async def look(self) -> None:
        """Between two customers."""
        chance = self._chance
        try:
            for slip in (await self._waiting())[:LOOKS_AT]:
                await self._see_to(slip, chance.random())
            runs = self._printer.strips[-LOOKS_AT:]
            if runs and chance.random() < COPY_ODDS:
                await self._copy(chance.choice(runs).said.number)
        except (WentOff, DiskFull):
            return

    async def settle(self) -> None:
        """Until nothing waits any more: every question is answered, and every slip that is too old is asked for."""
        for _ in range(SETTLES_MAX):
            with suppress(WentOff, DiskFull):
                waiting = await self._waiting()
                if not waiting:
                    return
                for slip in waiting:
                    await self._see_to(slip, 0.0)
            await asyncio.sleep(LOOKS.again_s)
        raise AssertionError(f"{self._till.name} never prints what waits")

    async def _see_to(self, slip: SlipStatus, luck: float) -> None:
        if slip.state == SlipState.UNKNOWN and luck < ANSWER_ODDS:
            await self._answer(slip.receipt_number)
        elif luck < (ANSWER_ODDS + INSTEAD_ODDS if slip.state == SlipState.UNKNOWN else OLD_ODDS):
            await self._copy(slip.receipt_number)

    async def _answer(self, number: str) -> None:
        """Whether it lies there whole."""
        came_out = any(strip.is_whole and strip.said.number == number for strip in self._printer.strips)
        said = await self._ask(lambda: self._till.till.slips.answer(number, came_out=came_out))
        assert said is not None, f"{self._till.name} asks about {number}, and wants no answer"
        self._report.slips_asked_about += 1

    async def _copy(self, number: str) -> None:
        """Again; one that is being printed just now is not."""
        await self._ask(lambda: self._till.till.slips.copy(number))

    async def _ask(self, what: Callable[[], Coroutine[Any, Any, SlipView | Problem]]) -> SlipView | Problem | None:
        said = await self._till.machine.ask(what)
        assert isinstance(said, SlipView) or said is Problem.SLIP_NOT_WAITING or self._may_say(said), said
        return None if said is Problem.SLIP_NOT_WAITING else said

    async def _waiting(self) -> tuple[SlipStatus, ...]:
        return await self._till.machine.ask(self._wait)

    def _wait(self) -> Coroutine[Any, Any, tuple[SlipStatus, ...]]:
        return self._till.till.slips.waiting()  # of the program that runs by then
