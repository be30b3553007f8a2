"""A till of a hosted store: its place at HQ does what it is asked, and it says that something was done no sooner.

What is to be asked is signed and stored first. Whoever then hears nothing knows nothing: "was it done?" is answered so
until the place at HQ has said what came of it, or that it has called it off.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

import structlog

from checkout.requests import Undo
from ledger.ids import HEADQUARTERS, Place, hosted_place
from protocol.conversation import AnyMessage, Ask, Told
from protocol.hosting import NotTold
from protocol.records import SignedRecord
from terminal.answers import Answer, HqStatus, Problem
from terminal.asking import Asked, Moment
from terminal.shop import Shop
from terminal.store import TillStore
from terminal.store_thread import StoreThread

HQ_S_MAX = 2.0
"""What HQ may take to pass an ask on and its answer back, beside what a draw may take there."""
SETTLE_S = 3.0
"""So often it is asked what came of the rest: done, or called off."""
NOT_PASSED_ON = {
    NotTold.NOT_REACHED: Problem.HQ_NOT_REACHED,
    NotTold.NOT_HOSTED: Problem.HQ_NOT_REACHED,
    NotTold.FENCED: Problem.TILL_REVOKED,
    NotTold.BUSY: Problem.BUSY,
}
"""What HQ itself says in place of the one that was to be asked."""
ABOUT_WORDS = (Problem.OPERATION_CONFLICT, Problem.POS_REF_CONFLICT, Problem.OUTCOME_UNKNOWN)
"""What the place at HQ says of a request, and not of how it stands there."""

log = structlog.get_logger()


class AgentLine(Protocol):
    """The line to HQ."""

    @property
    def is_up(self) -> bool:
        """Whether there is one now."""

    async def pass_on(self, message: AnyMessage) -> bool:
        """Give it a message; False: it was lost, or there is no line."""


Now = Callable[[], Moment]
Hq = Callable[[], HqStatus]


class Agent:
    """`standing` is how it stands with HQ.

    `asks_hq` and `late` hear of an ask, and of an answer nobody waited for; `reach_changed` that another `reach` holds
    though the line is as it was.
    """

    asks_hq: Callable[[Asked], None]
    late: Callable[[Answer], None]
    reach_changed: Callable[[], Coroutine[Any, Any, None]]

    def __init__(self, shop: Shop, store: StoreThread, line: AgentLine, moment: Now, standing: Hq) -> None:
        self.prefix: str | None = None
        """What stands before the last hyphen of the slips of the place at HQ; None: no such slip is known here."""
        self._place = hosted_place(shop.identity.place)
        self._patience_s = shop.draw_timeout_s + HQ_S_MAX
        self._store = store
        self._line = line
        self._moment = moment
        self._standing = standing
        self._waiting: dict[str, asyncio.Future[Answer | Problem]] = {}
        self._is_in_doubt = False
        """Something was not answered in time, or the place at HQ can't be had, and since then nothing was answered."""
        self._unsettled = asyncio.Event()
        self._telling: set[asyncio.Task[None]] = set()

    async def begin(self) -> None:
        """Take up what the last run has left open."""
        self.prefix = await self._store.do(lambda store: store.hosted.prefix())
        self._unsettled.set()

    @property
    def reach(self) -> frozenset[Place]:
        """Where a member's value may be spent through this till now, beside what lies here."""
        return frozenset({HEADQUARTERS, self._place} if self.reaches_hq else ())

    @property
    def reaches_hq(self) -> bool:
        """Whether the place at HQ can be asked now."""
        return self._line.is_up and not self._is_in_doubt

    def owns(self, asked: Asked) -> bool:
        """Whether it undoes what the place at HQ has done."""
        return isinstance(asked.request, Undo) and asked.request.receipt_number.startswith(self._place)

    async def decide(self, asked: Asked) -> Answer | Problem:
        """The answer, committed there and here; or here alone, when there is no line. Raises DiskFull, BookBroken."""
        request = asked.request
        if isinstance(request, Undo) and await self._is_here(request):
            return await self._store.do(TillStore.perform, asked)
        if not self.reaches_hq:
            return await self._decide_alone(asked)
        signed = await self._store.do(lambda store: store.hosted.ask(asked))
        if not isinstance(signed, SignedRecord):
            return signed
        self.asks_hq(asked)
        return await self._ask(asked.request.operation_id, signed)

    async def _is_here(self, request: Undo) -> bool:
        """Whether it is this till's own to undo: its own sale, or a promise of its own."""
        slip = request.receipt_number
        return await self._store.do(lambda store: store.undoable.may_undo(slip))

    async def _decide_alone(self, asked: Asked) -> Answer | Problem:
        """Nothing of a member's lies here: it may earn and load, and what it would spend is declined."""
        if not self.owns(asked):
            return await self._store.do(TillStore.perform, asked)
        known = await self._store.do(lambda store: store.hosted.known(asked))
        return known or Problem.HQ_NOT_REACHED

    async def _ask(self, operation_id: str, signed: SignedRecord) -> Answer | Problem:
        told = self._waiting[operation_id] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(self._patience_s):
                if await self._line.pass_on(Ask(signed, or_cancel=False)):
                    answer: Answer | Problem = await told
                    return answer
        except TimeoutError:
            self._doubt(is_in_doubt=True)
        finally:
            del self._waiting[operation_id]
            self._unsettled.set()
        return Problem.OUTCOME_UNKNOWN

    def _doubt(self, *, is_in_doubt: bool) -> None:
        """Watchers are told beside it: whoever waits for an answer does not wait for that."""
        if self._is_in_doubt != is_in_doubt:
            self._is_in_doubt = is_in_doubt
            telling = asyncio.get_running_loop().create_task(self.reach_changed())
            self._telling.add(telling)
            telling.add_done_callback(self._telling.discard)

    async def hear(self, message: Told) -> None:
        """The place at HQ has said what came of an ask, or HQ that it can't be asked. Raises DiskFull, BookBroken."""
        operation_id, told = message.operation_id, message.told
        if told is None:
            self._hear_why(operation_id, _problem(message.code))
            return
        moment, hq = self._moment(), self._standing()
        answer = await self._store.do(lambda store: store.hosted.tell(operation_id, told, moment, hq))
        # Only now: whoever waited may have given up meanwhile, and nothing more would come of this one.
        self._doubt(is_in_doubt=False)
        if answer is None:
            log.error("what the place at hq has told can't be kept", operation_id=operation_id)
            return
        self.prefix = await self._store.do(lambda store: store.hosted.prefix())
        if not self._answer(operation_id, answer) and not answer.replayed:
            self.late(answer)

    def _hear_why(self, operation_id: str, problem: Problem) -> None:
        """Nothing was decided. As long as the place can't be had, nobody else waits for it."""
        if problem is Problem.HQ_NOT_REACHED:
            self._doubt(is_in_doubt=True)
        elif problem in ABOUT_WORDS:
            self._doubt(is_in_doubt=False)
        self._answer(operation_id, problem)

    def _answer(self, operation_id: str, answer: Answer | Problem) -> bool:
        waiting = self._waiting.get(operation_id)
        if waiting is None or waiting.done():
            return False
        waiting.set_result(answer)
        return True

    async def run(self) -> None:
        """Ask what came of everything that nobody waits for any more, until it is known."""
        while True:
            await self._unsettled.wait()
            if self._line.is_up:
                await self.settle()
            await asyncio.sleep(SETTLE_S)

    async def settle(self) -> None:
        """Ask once."""
        self._unsettled.clear()
        for one in await self._store.do(lambda store: store.hosted.open()):
            self._unsettled.set()
            if one.operation_id not in self._waiting:
                await self._line.pass_on(Ask(one.signed, or_cancel=True))


def _problem(code: str) -> Problem:
    """Why nothing was decided."""
    if code in list(NotTold):
        return NOT_PASSED_ON[NotTold(code)]
    return Problem(code) if code in ABOUT_WORDS else Problem.HQ_NOT_REACHED
