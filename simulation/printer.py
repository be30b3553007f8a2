"""A receipt printer in a shop: bytes go in, paper comes out, whatever becomes of the program that has sent them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from random import Random

from drivers.printer.conversation import PrinterTimeouts
from drivers.printer.outcome import NotStarted, Printed, PrinterReason, Unknown
from drivers.printer.status import Paper, PrinterStatus, unknown_status
from simulation.loop import VirtualLoop, here
from simulation.paper import Strip

TIMEOUTS = PrinterTimeouts()
"""How long its driver waits for what."""
SENDS_S = (0.005, 0.1)
"""Between two parts of a slip on the line."""
PRINTS_S, SLOW_S = (0.2, 0.8), (3.0, 20.0)
"""Each of them; a printer that is slow takes longer than anybody waits."""
ROLL_BYTES = 10**9
NEAR_END_BYTES = 3_000


class ShopPrinter:
    """A drivers.ports.Printer, and what it is made of: a buffer, a roll, a cover, a switch. It outlasts its till."""

    def __init__(self, loop: VirtualLoop, chance: Random) -> None:
        self.name = "printer"
        self.chance = chance
        self.strips: list[Strip] = []
        """All that was ever sent to it, in that order."""
        self.began: Callable[[Strip], None] = _nothing
        """Called when the first bytes of a slip have left the till, before anything else happens."""
        self.is_on = self.is_covered = self.answers = True
        self.is_slow = False
        self.power_left: int | None = None
        """It loses power behind so many more bytes on paper."""
        self._roll_left = ROLL_BYTES
        self._loop = loop
        self._inside: deque[tuple[Strip, int]] = deque()
        self._watchers: deque[asyncio.Future[None]] = deque()
        self._moves = False
        self._word: asyncio.Future[bool] | None = None

    # What befalls it

    def lose_power(self) -> None:
        """What it has got and not printed is gone."""
        self.is_on, self.power_left = False, None
        self._inside.clear()
        self._say(was_printed=False)

    def next_begins(self) -> asyncio.Future[None]:
        """Done when the next slip comes."""
        self._watchers.append(self._loop.create_future())
        return self._watchers[-1]

    def end_roll(self, left: int) -> None:
        """So many bytes find room on its paper."""
        self._roll_left = left

    def mend(self) -> None:
        """Somebody puts a roll in, closes the cover, switches it on. What it still holds comes out now."""
        self.is_on = self.is_covered = self.answers = True
        self.is_slow, self.power_left, self._roll_left = False, None, ROLL_BYTES
        self._go_on()

    def rest(self) -> None:
        """Nothing befalls it any more."""
        while self._watchers:
            self._watchers.popleft().cancel()
        self.mend()

    # What its driver finds

    @asynccontextmanager
    async def open(self) -> AsyncIterator[_Ready | NotStarted]:
        """Ready unless it is off or says what the matter is; one that is silent is ready all the same."""
        await asyncio.sleep(self.chance.uniform(*SENDS_S))
        if self._inside and self.is_on:
            await asyncio.sleep(TIMEOUTS.look_s)  # a slip of an earlier conversation
        if not self.is_on:
            await asyncio.sleep(TIMEOUTS.connect_s)
            yield NotStarted((PrinterReason.NOT_REACHABLE,))
            return
        status = self.status_now()
        yield NotStarted(status.hindrances) if status.hindrances else _Ready(self, status)

    async def status(self) -> PrinterStatus:
        """How it is now."""
        await asyncio.sleep(self.chance.uniform(*SENDS_S))
        return self.status_now()

    def status_now(self) -> PrinterStatus:
        """What it says of itself."""
        if not self.is_on:
            return unknown_status(PrinterReason.NOT_REACHABLE)
        if not self.answers:
            return unknown_status(PrinterReason.NO_ANSWER)
        out, near_end = not self._roll_left, self._roll_left < NEAR_END_BYTES
        found = [(PrinterReason.PAPER_OUT, out), (PrinterReason.COVER_OPEN, not self.is_covered)]
        reasons = [reason for reason, so in found if so] or [PrinterReason.PAPER_NEAR_END] * near_end
        paper = Paper.OUT if out else Paper.NEAR_END if near_end else Paper.OK
        return PrinterStatus(self._can_print, paper, not self.is_covered, tuple(reasons))

    @property
    def is_idle(self) -> bool:
        """Whether nothing is in it that may still come out."""
        return not self._inside

    def begin(self, strip: Strip) -> None:
        """A slip comes."""
        self.strips.append(strip)
        self.began(strip)
        while self._watchers:
            watcher = self._watchers.popleft()
            if not watcher.done():
                watcher.set_result(None)

    def take(self, strip: Strip, count: int) -> bool:
        """So many more of its bytes; False: there is nobody to take them."""
        if self.is_on and count:
            strip.got += count
            self._inside.append((strip, count))
            self._go_on()
        return self.is_on

    def word(self) -> asyncio.Future[bool]:
        """What it says behind all that it has got: True, in its turn; False when the line breaks before."""
        self._word = self._loop.create_future()
        if self.is_idle:
            self._say(was_printed=self.is_on)
        return self._word

    # How it works

    @property
    def _can_print(self) -> bool:
        return self.is_on and self.is_covered and self._roll_left > 0

    def _go_on(self) -> None:
        if self._inside and self._can_print and not self._moves:
            self._moves = True
            takes_s = self.chance.uniform(*(SLOW_S if self.is_slow else PRINTS_S))
            self._loop.call_later(takes_s, self._come_out, context=self._loop.world.context.copy())

    def _come_out(self) -> None:
        self._moves = False
        if not self._inside or not self._can_print:
            return
        strip, count = self._inside.popleft()
        power = count if self.power_left is None else self.power_left
        out = min(count, self._roll_left, power)
        strip.out += out
        self._roll_left -= out
        if self.power_left is not None:
            self.power_left -= out
            if not self.power_left:
                self.lose_power()
                return
        if out < count:
            self._inside.appendleft((strip, count - out))
        self._go_on()
        if self.is_idle:
            self._say(was_printed=True)

    def _say(self, *, was_printed: bool) -> None:
        if self._word is not None and not self._word.done() and (self.answers or not was_printed):
            self._word.set_result(was_printed)


class _Ready:
    """A conversation. Whoever comes while an older slip is still inside is not told what was printed."""

    def __init__(self, printer: ShopPrinter, status: PrinterStatus) -> None:
        self.status = status
        self._printer = printer
        self._may_confirm = printer.is_idle

    async def send(self, slip: bytes) -> Printed | Unknown:
        """In two parts, between which the till may go off: what it would still send then reaches nobody."""
        program, printer, strip = here(), self._printer, Strip(slip)
        if not printer.is_on or program.is_cut:
            return Unknown((PrinterReason.LINE_BROKE,))
        printer.begin(strip)
        first = printer.chance.randint(1, len(slip))
        for count in (first, len(slip) - first):
            if not printer.take(strip, count):
                return Unknown((PrinterReason.LINE_BROKE,))
            await asyncio.sleep(printer.chance.uniform(*SENDS_S))
        return await self._hear() if self._may_confirm else Unknown((PrinterReason.CANNOT_CONFIRM,))

    async def _hear(self) -> Printed | Unknown:
        word = self._printer.word()
        for _ in range(round(TIMEOUTS.slip_s / TIMEOUTS.look_s)):
            await asyncio.wait([word], timeout=TIMEOUTS.look_s)
            status = self._printer.status_now()
            if word.done():
                return self._judge(status) if word.result() else Unknown((PrinterReason.LINE_BROKE,))
            if status.hindrances:
                return Unknown(status.hindrances)
        return Unknown((PrinterReason.NO_ANSWER,))

    @staticmethod
    def _judge(status: PrinterStatus) -> Printed | Unknown:
        return Unknown(status.reasons) if status.hindrances or status.online is None else Printed(status.reasons)


def _nothing(_: Strip) -> None:
    """Nobody looks."""
