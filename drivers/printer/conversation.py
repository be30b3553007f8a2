"""One connection to a printer: asking how it is, sending a slip, waiting for the proof. No wait is without an end."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from drivers.printer.outcome import Printed, PrinterReason, Unknown
from drivers.printer.status import (
    REAL_TIME_QUERIES,
    AnswerDecoder,
    Paper,
    PrinterStatus,
    read_paper,
    read_status,
    unknown_status,
)
from drivers.profiles import PrinterProfile, StatusDialect

ASK_REAL_TIME = b"\x10\x04"  # DLE EOT n
ASK_PAPER_IN_ORDER = b"\x1dr\x01"  # GS r 1
READ_MAX = 64


@dataclass(frozen=True, slots=True)
class PrinterTimeouts:
    """How long to wait for what."""

    connect_s: float = 3.0
    reply_s: float = 1.0
    look_s: float = 2.0
    """A slip that takes longer than this makes us ask what the matter is."""
    slip_s: float = 20.0
    """A slip that is not confirmed by then has an unknown outcome."""
    close_s: float = 1.0
    turn_s: float = 60.0
    """Waiting for the slip before this one."""


class Conversation:
    """A ReadyPrinter over a pair of streams. Whoever makes it closes it."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        profile: PrinterProfile,
        timeouts: PrinterTimeouts,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._timeouts = timeouts
        self._answers = AnswerDecoder()
        # Answers to DLE EOT do not say to which n they belong: after one silence, a late one would be misread.
        self._may_ask = profile.status_dialect is StatusDialect.ESC_POS
        self._may_confirm = profile.supports_gs_r
        self._patience_s = timeouts.slip_s
        self.status = unknown_status(PrinterReason.CANNOT_CONFIRM)
        self.owes_answer = False
        writer.transport.set_write_buffer_limits(high=0)  # drain() means: all is with the operating system

    async def ask(self) -> PrinterStatus:
        """How it is now. Raises OSError when the line breaks."""
        if not self._may_ask:
            return self.status
        answers = {}
        for query in REAL_TIME_QUERIES:
            self._answers.real_time.clear()
            await self._write(ASK_REAL_TIME + bytes([query]))
            answer = await self._next(self._answers.real_time, self._timeouts.reply_s)
            if answer is None:
                self._may_ask = False
                self._patience_s = self._timeouts.look_s  # the proof will hardly come either
                break
            answers[query] = answer
        self.status = read_status(answers)
        return self.status

    async def settle(self) -> None:
        """Lets a slip of an earlier connection finish, whose answer would pass for ours. Raises OSError."""
        if not self._may_confirm:
            return
        await self._write(ASK_PAPER_IN_ORDER)
        if await self._next(self._answers.in_order, self._timeouts.look_s) is None:
            self._may_confirm = False
            self.owes_answer = True
            return
        for _ in range(AnswerDecoder.ANSWERS_KEPT_MAX):
            if await self._next(self._answers.in_order, self._timeouts.reply_s) is None:
                return

    async def send(self, slip: bytes) -> Printed | Unknown:
        """Sends the slip and waits for the answer that stands behind it in the printer's own queue."""
        try:
            async with asyncio.timeout(self._patience_s):
                return await self._print(slip)
        except TimeoutError:
            return Unknown((PrinterReason.NO_ANSWER,))
        except OSError:
            return Unknown((PrinterReason.LINE_BROKE,))

    async def close(self) -> None:
        """Closes the connection, whatever state it is in. Never raises."""
        self._writer.close()
        try:
            with suppress(OSError):  # reset, or too slow to take what was left: closed all the same
                async with asyncio.timeout(self._timeouts.close_s):
                    await self._writer.wait_closed()
        finally:
            self._writer.transport.abort()

    async def _print(self, slip: bytes) -> Printed | Unknown:
        self._answers.in_order.clear()
        self.owes_answer |= self._may_confirm
        await self._write(slip + ASK_PAPER_IN_ORDER if self._may_confirm else slip)
        if not self._may_confirm:
            return Unknown((PrinterReason.CANNOT_CONFIRM,))
        while (answer := await self._next(self._answers.in_order, self._timeouts.look_s)) is None:
            if (await self.ask()).hindrances:
                return Unknown(self.status.hindrances)
        self.owes_answer = False
        return await self._judge(read_paper(answer))

    async def _judge(self, paper: Paper) -> Printed | Unknown:
        """The slip was worked off. Cheap printers answer before the paper has moved, so they are asked once more."""
        if paper is Paper.OUT:
            return Unknown((PrinterReason.PAPER_OUT,))
        if self._may_ask:
            status = await self.ask()
            if status.hindrances or not self._may_ask:
                return Unknown(status.hindrances or (PrinterReason.NO_ANSWER,))
        near_end = Paper.NEAR_END in {paper, self.status.paper}
        return Printed((PrinterReason.PAPER_NEAR_END,) if near_end else ())

    async def _write(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def _next(self, answers: list[int], timeout_s: float) -> int | None:
        """The oldest of these answers, or None after so long a silence."""
        try:
            async with asyncio.timeout(timeout_s):
                while not answers:
                    data = await self._reader.read(READ_MAX)
                    if not data:
                        raise ConnectionResetError("the printer closed the line")
                    self._answers.receive(data)
        except TimeoutError:
            return None
        return answers.pop(0)
