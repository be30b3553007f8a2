"""A receipt printer in the network: what is sent to it comes out as paper, and it can fail in every way we know."""

import contextlib
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from drivers.profiles import GENERIC_PRINTER, PrinterProfile
from hardware_mocks.escpos_machine import PrinterEvent
from hardware_mocks.loopback import LOOK_UP_S, LOOPBACK, LoopbackDevice, reset
from hardware_mocks.patience import wait_until
from hardware_mocks.printer_mechanics import PrinterMechanics
from hardware_mocks.slip import Slip

READ_MAX = 4096


class VirtualReceiptPrinter:
    """Prints what comes to `host`:`port`; `paper` is what came out. Its methods may be called from any thread.

    Example::

        with VirtualReceiptPrinter() as printer:
            ...
            assert printer.paper[-1].lines[0] == "Counterfoil"
    """

    host = LOOPBACK

    def __init__(self, profile: PrinterProfile = GENERIC_PRINTER) -> None:
        self._profile = profile
        self._lock = threading.RLock()
        self._mechanics = PrinterMechanics(profile)
        self._connection: socket.socket | None = None
        self._answer_delay_s = 0.0
        self._silent = False
        self._hung = False
        self._dropping = False
        self._left_bytes: int | None = None  # until the planned fault
        self._planned: Callable[[], None] = lambda: None
        self._device = LoopbackDevice("virtual receipt printer", self._serve)
        self._device.plug()

    @property
    def port(self) -> int:
        """The same for the printer's whole life."""
        return self._device.port

    @property
    def connected(self) -> bool:
        """Whether somebody is connected."""
        return self._connection is not None

    @property
    def paper(self) -> list[Slip]:
        """The slips that came out, oldest first; torn ones too (`cut` is False)."""
        return list(self._mechanics.paper)

    @property
    def unfinished(self) -> Slip:
        """What hangs out of the printer, not cut off yet."""
        with self._lock:
            return self._mechanics.unfinished

    @property
    def events(self) -> list[PrinterEvent]:
        """What happened beside printing: drawer pulses, commands that it did not understand."""
        return list(self._mechanics.events)

    @property
    def waiting(self) -> bytes:
        """What was received and not printed."""
        return bytes(self._mechanics.waiting)

    def wait_for_slips(self, count: int) -> list[Slip]:
        """All slips, as soon as there are so many. Raises TimeoutError if there are not in time."""
        wait_until(lambda: len(self.paper) >= count)
        return self.paper

    # ------------------------------------------------------------ what a cashier does and sees

    def paper_out(self, *, after_bytes: int = 0) -> None:
        """The roll ends: at once, or after so many bytes more."""
        self._after(after_bytes, lambda: self._become(paper_out=True))

    def paper_low(self) -> None:
        """The roll nears its end."""
        self._become(paper_low=True)

    def new_roll(self) -> None:
        """What hung out of the printer is torn off; what waits is printed on the new roll."""
        with self._lock:
            self._mechanics.tear_off()
            self._become(paper_out=False, paper_low=False)

    def open_cover(self, *, after_bytes: int = 0) -> None:
        """Somebody opens the cover."""
        self._after(after_bytes, lambda: self._become(cover_open=True))

    def close_cover(self) -> None:
        """And closes it; what waits is printed."""
        self._become(cover_open=False)

    def stick_cutter(self) -> None:
        """The knife is stuck."""
        self._become(cutter_stuck=True)

    def free_cutter(self) -> None:
        """The knife is free again."""
        self._become(cutter_stuck=False)

    def overheat(self) -> None:
        """The head is too hot."""
        self._become(overheated=True)

    def cool_down(self) -> None:
        """The head has cooled."""
        self._become(overheated=False)

    def tear_off(self) -> None:
        """Tears off what hangs out, if anything."""
        with self._lock:
            self._mechanics.tear_off()

    # ------------------------------------------------------------ what the line and the electronics do

    @property
    def is_silent(self) -> bool:
        """Whether nobody gets an answer, however long."""
        return self._silent

    def go_silent(self) -> None:
        """Prints, but answers nothing."""
        self._silent = True

    def speak(self) -> None:
        """Answers again."""
        self._silent = False

    def answer_late(self, delay_s: float) -> None:
        """Takes so long for every answer."""
        self._answer_delay_s = delay_s

    def hang_after(self, n_bytes: int) -> None:
        """Stops reading after so many bytes more, and stays connected."""
        self._after(n_bytes, lambda: setattr(self, "_hung", True))

    def wake(self) -> None:
        """Reads again."""
        self._hung = False

    def reset_connection_after(self, n_bytes: int) -> None:
        """Resets the connection after so many bytes more."""
        self._after(n_bytes, lambda: setattr(self, "_dropping", True))

    def cut_power(self) -> None:
        """Off: the connection is reset, new ones are refused, and what was not printed is gone."""
        self._dropping = True
        self._device.unplug()
        with self._lock:
            self._dropping = self._hung = False
            self._mechanics.power_off()

    def restore_power(self) -> None:
        """On again."""
        self._device.plug()

    def close(self) -> None:
        """Ends it for good; no thread stays behind."""
        self._device.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # ------------------------------------------------------------ inside

    def _after(self, n_bytes: int, fault: Callable[[], None]) -> None:
        with self._lock:
            self._left_bytes, self._planned = (n_bytes, fault)
            self._count(0)

    def _count(self, received: int) -> None:
        if self._left_bytes is None:
            return
        self._left_bytes -= received
        if self._left_bytes <= 0:
            self._left_bytes = None
            self._planned()

    def _become(self, **changes: bool) -> None:
        with self._lock:
            self._answer(self._mechanics.become(**changes))

    def _serve(self, connection: socket.socket) -> None:
        self._connection = connection
        try:
            while not (self._device.unplugged.is_set() or self._dropping):
                if not self._read(connection):
                    break
        finally:
            self._connection = None
            if self._dropping:
                reset(connection)
            self._dropping = False
            if not self._profile.cutter:
                self.tear_off()

    def _read(self, connection: socket.socket) -> bool:
        """False at the end of the connection."""
        if self._hung or self._mechanics.is_full:
            self._device.unplugged.wait(LOOK_UP_S)
            return True
        try:
            if not connection.recv(1, socket.MSG_PEEK):
                return False
        except TimeoutError:
            return True
        with self._lock:  # from here on no new plan is made: not a byte is read beyond the planned fault
            data = connection.recv(READ_MAX if self._left_bytes is None else min(self._left_bytes, READ_MAX))
            self._answer(self._mechanics.receive(data))
            self._count(len(data))
        return True

    def _answer(self, answers: bytes) -> None:
        """To whoever is connected now, be it the one who asked or not: some printers do so."""
        for answer in answers:
            self._device.unplugged.wait(self._answer_delay_s)
            connection = self._connection
            if connection is not None and not self._silent:
                with contextlib.suppress(OSError):
                    connection.sendall(bytes([answer]))
