"""Draws: who at this till waits for which value from HQ, for how long, and whether the line is worth waiting for.

    asked ──▶ waiting ──the transfer comes──▶ claimed: taken and decided in one commit
                │ ├──NotDrawn──▶ decided with what lies here; HQ has said why
                │ └──the line is lost──▶ decided with what lies here
                └──time-out──▶ decided with what lies here; the line is in doubt until HQ has answered a probe

Whoever takes a waiting one out of the table decides it: no draw is decided twice, and a transfer that finds nobody
waiting goes home.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

import structlog

from checkout.requests import Undo
from offline_queue.doubts import Doubt
from protocol.bodies import Order, Transfer, Why
from protocol.conversation import AnyMessage, Draw, Fetch, NotDrawn
from protocol.rights import Entrust
from terminal.answers import Answer, Problem
from terminal.asking import Asked
from terminal.modes import Mode
from terminal.wanting import GoneHome, Held, Want

DRAWS_MAX = 64
"""Draws under way; a sale beyond that is decided with what lies here."""
DRAW_TIMEOUT_S = 3.0
LEAD_TIMEOUT_S = 1.0
"""A lead is on the same LAN."""

Told: TypeAlias = Answer | Problem | Held | NotDrawn | GoneHome | None
"""What came of a draw: the request was decided with it, HQ said why not, it had come before, or nothing came."""

log = structlog.get_logger()


class Line(Protocol):
    """The line to HQ, as one sees it who has something to ask."""

    @property
    def answers_draws(self) -> bool:
        """Whether it is up, and both ends agree on what was said so far."""

    async def reach(self) -> bool:
        """Have it up, if it only rests; False when it cannot be had."""

    async def say(self, message: AnyMessage) -> bool:
        """Give a message to the line at once; False when there is none to rely on."""


class NoLine:
    """A till that is not enrolled has none."""

    answers_draws = False

    async def reach(self) -> bool:
        """Nobody can be called."""
        return False

    async def say(self, message: AnyMessage) -> bool:  # noqa: ARG002 - nobody hears it
        """Nobody is there."""
        return False


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request that waits, and where what comes of its draw is put."""

    asked: Asked
    mode: Mode
    account: str
    """Of which value is wanted."""
    told: asyncio.Future[Told] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def settled(self, settling: asyncio.Task[Answer | Problem | Held | GoneHome | Doubt]) -> None:
        """The transfer was taken, or was not: a doubt is told to the page, and the sale goes on without it."""
        if settling.cancelled():
            self.told.cancel()
        elif (fault := settling.exception()) is not None:
            self.told.set_exception(fault)
        else:
            outcome = settling.result()
            self.told.set_result(None if isinstance(outcome, Doubt) else outcome)


class Drawing:
    """The draws of one till. Everything here runs on one event loop."""

    def __init__(self, timeout_s: float = DRAW_TIMEOUT_S) -> None:
        self.line: Line = NoLine()
        self.in_doubt = asyncio.Event()
        """Set while nobody waits for this line."""
        self._timeout_s = timeout_s
        self._waiting: dict[str, Waiting] = {}
        self._is_probed = False

    @property
    def is_worth_it(self) -> bool:
        """Whether a sale may wait for HQ now."""
        return self.line.answers_draws and not self.in_doubt.is_set() and len(self._waiting) < DRAWS_MAX

    @property
    def is_awaited(self) -> bool:
        """Whether a sale waits for what comes over the line."""
        return bool(self._waiting)

    async def draw(self, want: Want, asked: Asked, name: str, mode: Mode) -> Told:
        """Ask HQ for value for this request, and wait for what comes of it. Raises DiskFull, BookBroken.

        `name` is the draw's own: HQ gives once under each.
        """
        assert asked.presented is not None, "only a card draws"
        return await self.ask(Draw(name, asked.presented.card.token, *want), asked, mode)

    async def ask(self, message: Draw | Fetch, asked: Asked, mode: Mode) -> Told:
        """The same in HQ's own words."""
        name = message.operation_id
        assert name not in self._waiting, "an operation is asked for once at a time"
        waiting: Waiting | None = None
        try:
            async with asyncio.timeout(self._timeout_s):
                if await self.line.reach():
                    account = message.account if isinstance(message, Draw) else ""
                    waiting = self._waiting[name] = Waiting(asked, mode, account)
                    if await self.line.say(message):
                        await asyncio.wait((waiting.told,))
        except TimeoutError:
            if waiting is None or name in self._waiting:
                self._doubt()
        finally:
            nobody_has_it = self._waiting.pop(name, None) is not None
        return None if waiting is None or nobody_has_it else await waiting.told

    def claim(self, order: Order) -> Waiting | None:
        """Who waits for this order; from now on whoever claims it has to tell it what came of it."""
        match order:
            case Transfer(why=Why.DRAW, operation_id=operation_id, account=account):
                waiting = self._waiting.get(operation_id)
                if waiting is not None and waiting.account == account:
                    return self._waiting.pop(operation_id)
            case Entrust(operation_id=operation_id):
                waiting = self._waiting.get(operation_id)
                if waiting is not None and isinstance(waiting.asked.request, Undo):
                    return self._waiting.pop(operation_id)
            case _:
                pass
        return None

    def claim_right(self, receipt_number: str) -> Waiting | None:
        """Who waits for the right to undo the sale with this slip; the same holds for whoever claims it."""
        for name, waiting in self._waiting.items():
            request = waiting.asked.request
            if isinstance(request, Undo) and request.receipt_number == receipt_number:
                return self._waiting.pop(name)
        return None

    def not_drawn(self, message: NotDrawn) -> None:
        """HQ gives nothing for a draw; one that waits no longer has been decided."""
        waiting = self._waiting.pop(message.operation_id, None)
        if waiting is not None:
            waiting.told.set_result(message)

    def probed(self) -> None:
        """HQ was asked for a sign of life."""
        self._is_probed = True

    def answered(self) -> None:
        """HQ has acknowledged something: after a probe that ends the doubt."""
        if self.in_doubt.is_set() and self._is_probed:
            log.info("hq answers in time again")
            self.in_doubt.clear()

    def line_ends(self) -> None:
        """Nothing comes any more: nobody waits. The next line begins without doubt."""
        self.in_doubt.clear()
        while self._waiting:
            self._waiting.popitem()[1].told.set_result(None)

    def _doubt(self) -> None:
        if not self.in_doubt.is_set():
            log.warning("a draw was not answered in time", timeout_s=self._timeout_s)
            self._is_probed = False
            self.in_doubt.set()
