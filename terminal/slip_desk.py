"""Slips: looking at one, saying whether it came out, asking for a copy, and what the printer is to do next."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from receipts.escpos import PaperSpec
from terminal.answers import Problem, SlipStatus, SlipView
from terminal.asking import Moment
from terminal.slip_job import SlipJob, SlipState, SlipStep
from terminal.slip_writer import SlipWriter
from terminal.store import TillStore
from terminal.store_thread import StoreThread
from terminal.undoable import PromiseView

PRINT_LATE_MS_MAX = 15 * 60 * 1000
"""A slip that has waited longer prints when somebody asks for it: a mended printer lets no flood of old slips out."""


class SlipDesk:
    """Every step that a slip takes goes through here: committed first, then told."""

    def __init__(
        self,
        store: StoreThread,
        writer: SlipWriter,
        moment: Callable[[], Moment],
        say: Callable[[str, SlipStatus], None],
    ) -> None:
        self.work = asyncio.Event()
        """Set when there may be something to print."""
        self._store = store
        self._writer = writer
        self._moment = moment
        self._say = say
        self._wanted: set[int] = set()

    async def view(self, receipt_number: str) -> SlipView | Problem:
        """A slip as text, and where its printing stands. A book that may be old never says that there is none."""
        number = await self._number(receipt_number)
        found = None if number is None else await self._store.do(TillStore.slip, number)
        if found is None:
            return await self._problem() or Problem.SLIP_UNKNOWN
        stored, job = found
        text = self._writer.texts(stored, copy=job.is_copy)
        state = (job.state, job.reasons, job.run)
        left = await self._store.do(lambda store: store.undoable.look(receipt_number))
        return SlipView(receipt_number, stored.facts.kind, *state, copy=job.is_copy, text=text, refundable=left)

    async def promises(self) -> list[PromiseView]:
        """The promises that are open, by their slips."""
        return await self._store.do(lambda store: store.undoable.open_promises())

    async def answer(self, receipt_number: str, *, came_out: bool) -> SlipView | Problem:
        """The cashier has looked: it came out, or it must be printed again, as a copy."""
        return await self._move(receipt_number, SlipState.UNKNOWN, SlipStep.CAME_OUT if came_out else SlipStep.REPRINT)

    async def copy(self, receipt_number: str) -> SlipView | Problem:
        """Print a slip again; one of which no byte has left prints as the original, however old it is."""
        found = await self.view(receipt_number)
        if isinstance(found, SlipView) and found.state == SlipState.CREATED and await self._problem() is None:
            await self._want(receipt_number)
            return found
        return await self._move(receipt_number, None, SlipStep.REPRINT)

    async def waiting(self) -> tuple[SlipStatus, ...]:
        """The slips that are neither printed nor settled, oldest first."""
        return tuple([await self._status(job) for job in await self._store.do(TillStore.slips_waiting)])

    async def next_to_print(self) -> SlipJob | None:
        """The oldest slip that is to be printed now; none while it could not be recorded that it is."""
        fresh_since_ms = self._moment().now_ms - PRINT_LATE_MS_MAX
        return await self._store.do(_next_to_print, fresh_since_ms, frozenset(self._wanted))

    async def bytes_of(self, job: SlipJob, paper: PaperSpec) -> bytes:
        """The bytes of a slip's present run."""
        found = await self._store.do(TillStore.slip, job.number)
        assert found is not None
        return await asyncio.to_thread(self._writer.job, found[0], paper, copy=job.is_copy)

    async def step(self, number: int, step: SlipStep, *reasons: str) -> SlipJob | None:
        """Take a step: on the disk when this returns, then told; None when it makes no sense now."""
        job = await self._store.do(TillStore.take_step, number, step, reasons, self._moment())
        if job is not None:
            self._wanted.discard(number)
            self._say("slip", await self._status(job))
        return job

    async def _move(self, receipt_number: str, only_from: SlipState | None, step: SlipStep) -> SlipView | Problem:
        found, number = await self.view(receipt_number), await self._number(receipt_number)
        if isinstance(found, Problem):
            return found
        assert number is not None, "it has just been found"
        problem = await self._problem()
        if problem is not None:
            return problem
        if only_from not in (None, found.state) or await self.step(number, step) is None:
            return Problem.SLIP_NOT_WAITING
        await self._want(receipt_number)
        return await self.view(receipt_number)

    async def _problem(self) -> Problem | None:
        """Why no step can be recorded."""
        return await self._store.do(lambda store: store.trust.problem)

    async def _want(self, receipt_number: str) -> None:
        number = await self._number(receipt_number)
        assert number is not None
        self._wanted.add(number)
        self.work.set()

    async def _status(self, job: SlipJob) -> SlipStatus:
        name = await self._store.do(lambda store: store.slips.name(job.number))
        return SlipStatus(name, job.state, job.run, job.reasons)

    async def _number(self, receipt_number: str) -> int | None:
        return await self._store.do(lambda store: store.slips.number(receipt_number))


def _next_to_print(store: TillStore, fresh_since_ms: int, wanted: frozenset[int]) -> SlipJob | None:
    """One call, as it is made every few seconds on end."""
    if store.trust.problem is not None:
        return None
    fresh = {job.number for job in store.slips_waiting(fresh_since_ms)}
    waiting = (job for job in store.slips_waiting() if job.state is SlipState.CREATED)
    return next((job for job in waiting if job.number in fresh or job.number in wanted), None)
