"""Prints what waits, one slip at a time: state first, then the paper."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from drivers.ports import Printer
from drivers.printer.outcome import NotStarted, Printed, PrinterReason
from drivers.printer.status import PrinterStatus
from ledger.journal_sqlite import DiskFull
from receipts.escpos import PaperSpec
from terminal.devices import LOST, READY, UNKNOWN, DeviceBoard
from terminal.slip_desk import SlipDesk
from terminal.slip_job import SlipJob, SlipStep

DEVICE_CLASS = "POSPrinter"


class Looks(NamedTuple):
    """How often a printer is looked at, in seconds."""

    again_s: float = 3.0
    """One that could not print: whether it can again."""
    idle_s: float = 10.0
    """An idle one, so that the cashier hears of an empty roll before the next sale."""


LOOKS = Looks()


class SlipPrinter:
    """The printer's one user; `run()` is its task."""

    def __init__(
        self, printer: Printer, paper: PaperSpec, desk: SlipDesk, board: DeviceBoard, looks: Looks = LOOKS
    ) -> None:
        self._looks = looks
        self._printer = printer
        self._paper = paper
        self._desk = desk
        self._board = board

    async def run(self) -> None:
        """Print until cancelled."""
        await self._look()
        while True:
            self._desk.work.clear()
            job = await self._desk.next_to_print()
            if job is not None:
                if not await self._try(job):
                    await asyncio.sleep(self._looks.again_s)
            elif not await self._woken():
                await self._look()

    async def _try(self, job: SlipJob) -> bool:
        """Print one run; False also when the disk has no room to say that it starts: then no byte of it has left."""
        try:
            return await self._print(job)
        except DiskFull:
            return False

    async def _print(self, job: SlipJob) -> bool:
        """Print one run; False when the printer could not take it, and the run stands where it stood."""
        blob = await self._desk.bytes_of(job, self._paper)
        async with self._printer.open() as ready:
            if isinstance(ready, NotStarted):
                self._note(LOST, ready.reasons)
                return False
            if await self._desk.step(job.number, SlipStep.STARTED) is None:
                return True
            outcome = await ready.send(blob)
        if isinstance(outcome, Printed):
            await self._end(job, SlipStep.PRINTED, outcome.warnings)
            self._note(READY, outcome.warnings)
        else:
            await self._end(job, SlipStep.UNKNOWN, outcome.reasons)
            self._note(UNKNOWN, outcome.reasons)
        return True

    async def _end(self, job: SlipJob, step: SlipStep, reasons: tuple[PrinterReason, ...]) -> None:
        """Bytes are on paper, so what became of them is recorded, however long the disk has no room for it."""
        while True:
            try:
                await self._desk.step(job.number, step, *_codes(reasons))
            except DiskFull:
                await asyncio.sleep(self._looks.again_s)
            else:
                return

    async def _woken(self) -> bool:
        try:
            async with asyncio.timeout(self._looks.idle_s):
                await self._desk.work.wait()
        except TimeoutError:
            return False
        return True

    async def _look(self) -> None:
        status: PrinterStatus = await self._printer.status()
        self._note(LOST if status.hindrances else UNKNOWN if status.online is None else READY, status.reasons)

    def _note(self, state: str, reasons: tuple[PrinterReason, ...]) -> None:
        self._board.put(self._printer.name, DEVICE_CLASS, state, *_codes(reasons))


def _codes(reasons: tuple[PrinterReason, ...]) -> tuple[str, ...]:
    return tuple(reason.name.lower() for reason in reasons)
