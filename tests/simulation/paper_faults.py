"""Faults of printing, to be put into the real programs by a test: runs must see each of them."""

from __future__ import annotations

import asyncio

import pytest

from drivers.printer.outcome import NotStarted
from receipts.escpos import PaperSpec
from terminal.asking import Moment
from terminal.made import StoredSlip
from terminal.printing import SlipPrinter
from terminal.slip_desk import SlipDesk
from terminal.slip_job import SlipJob, SlipState, SlipStep
from terminal.slip_writer import SlipWriter
from terminal.store import TillStore


def print_again_what_was_started(patch: pytest.MonkeyPatch) -> None:
    """A till that starts finds a slip whose bytes may be on paper, and prints it as if none were."""

    originals, write = set[str](), SlipWriter.job

    def begin_again(self: TillStore, _: Moment) -> None:
        for job in self.slips.waiting():
            if job.state is SlipState.STARTED:
                originals.add(self.slips.name(job.number))
                again = "update slip_states set run = run + 1, state = 'created' where number = ?"
                self._connection.execute(again, (job.number,))  # the book takes each step of a run once

    def without_mark(self: SlipWriter, stored: StoredSlip, paper: PaperSpec, *, copy: bool) -> bytes:
        return write(self, stored, paper, copy=copy and stored.receipt_number not in originals)

    patch.setattr(TillStore, "_interrupt_slips", begin_again)
    patch.setattr(SlipWriter, "job", without_mark)


def print_before_commit(patch: pytest.MonkeyPatch) -> None:
    """A till sends a slip, and records a moment later that it has begun to."""

    async def print_early(self: SlipPrinter, job: SlipJob) -> bool:
        blob = await self._desk.bytes_of(job, self._paper)
        async with self._printer.open() as ready:
            if isinstance(ready, NotStarted):
                return False
            outcome = await ready.send(blob)
        await self._desk.step(job.number, SlipStep.STARTED)
        await self._end(job, SlipStep.UNKNOWN, getattr(outcome, "reasons", ()))
        return True

    patch.setattr(SlipPrinter, "_print", print_early)


def start_before_commit(patch: pytest.MonkeyPatch) -> None:
    """A till says that a slip has begun, sends it, and its disk has that only a moment later."""
    step = SlipDesk.step

    async def step_later(self: SlipDesk, number: int, step_: SlipStep, *reasons: str) -> SlipJob | None:
        if step_ is not SlipStep.STARTED:
            return await step(self, number, step_, *reasons)

        async def later() -> None:
            await asyncio.sleep(0.2)
            await step(self, number, step_, *reasons)

        asyncio.create_task(later())  # noqa: RUF006 - the loop keeps it
        return SlipJob(number)

    patch.setattr(SlipDesk, "step", step_later)


def sync_seldom(patch: pytest.MonkeyPatch) -> None:
    """A till's book is synced at checkpoints alone: what is on paper may be in no book."""
    opened = TillStore.open.__func__  # type: ignore[attr-defined]  # a class method has it

    def open_sloppily(kind: type[TillStore], /, *arguments: object, **options: object) -> TillStore:
        store: TillStore = opened(kind, *arguments, **options)
        store._connection.execute("pragma synchronous=normal")
        return store

    patch.setattr(TillStore, "open", classmethod(open_sloppily))


def try_once(patch: pytest.MonkeyPatch) -> None:
    """A till leaves a slip alone that its printer could not take once."""
    try_ = SlipPrinter._try
    next_to_print = SlipDesk.next_to_print

    async def or_never(self: SlipPrinter, job: SlipJob) -> bool:
        done = await try_(self, job)
        if not done:
            vars(self._desk).setdefault("left_alone", set()).add(job.number)
        return done

    async def next_of_others(self: SlipDesk) -> SlipJob | None:
        job = await next_to_print(self)
        return None if job is not None and job.number in vars(self).get("left_alone", ()) else job

    patch.setattr(SlipPrinter, "_try", or_never)
    patch.setattr(SlipDesk, "next_to_print", next_of_others)
