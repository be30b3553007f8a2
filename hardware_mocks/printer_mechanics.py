"""A receipt printer without its plug: bytes in, answers and paper out. No thread, no socket."""

from collections import deque
from dataclasses import replace

from drivers.profiles import PrinterProfile, StatusDialect
from hardware_mocks.escpos_interpreter import EscPosInterpreter
from hardware_mocks.escpos_machine import PaperAsked, PrinterEvent, SlipOut
from hardware_mocks.printer_condition import Condition, RealTimeCommands
from hardware_mocks.slip import Slip

RECEIVE_BUFFER_MAX = 1 << 16  # bytes that wait while the printer cannot print; then it reads no more
SLIPS_KEPT_MAX = 1000
EVENTS_KEPT_MAX = 1000


class PrinterMechanics:
    """Prints what it receives as long as it can; what comes while it cannot waits in its buffer."""

    def __init__(self, profile: PrinterProfile) -> None:
        self._profile = profile
        self._interpreter = EscPosInterpreter(profile.width_dots, profile.codec)
        self._real_time = RealTimeCommands()
        self._condition = Condition()
        self.waiting = bytearray()
        self.paper: deque[Slip] = deque(maxlen=SLIPS_KEPT_MAX)
        self.events: deque[PrinterEvent] = deque(maxlen=EVENTS_KEPT_MAX)

    @property
    def unfinished(self) -> Slip:
        """What hangs out of the printer, not cut off yet."""
        return self._interpreter.unfinished

    @property
    def is_full(self) -> bool:
        """Whether it takes no more bytes for now."""
        return len(self.waiting) >= RECEIVE_BUFFER_MAX

    def receive(self, data: bytes) -> bytes:
        """Returns what it answers."""
        asked = self._real_time.receive(data)
        at_once = bytes(self._condition.real_time(query) for query in asked)
        self.waiting += data
        in_turn = self._print()
        return (at_once if self._profile.status_dialect is StatusDialect.ESC_POS else b"") + in_turn

    def become(self, **changes: bool) -> bytes:
        """Changes what the sensors say (see Condition). Returns what it answers to what had waited."""
        self._condition = replace(self._condition, **changes)
        return self._print()

    def tear_off(self) -> None:
        """Tears off what hangs out, if anything."""
        slip = self._interpreter.tear_off()
        if slip is not None:
            self.paper.append(slip)

    def power_off(self) -> None:
        """Forgets all that is not on paper."""
        self.waiting.clear()
        self._interpreter.power_off()
        self._real_time = RealTimeCommands()

    def _print(self) -> bytes:
        """Works off what waits, in its order, unless something keeps it from printing."""
        if self._condition.offline:
            return b""
        answers = bytearray()
        data, self.waiting = bytes(self.waiting), bytearray()
        for event in self._interpreter.receive(data):
            match event:
                case SlipOut(slip):
                    self.paper.append(slip)
                case PaperAsked():
                    answers.append(self._condition.in_order())
                case _:
                    self.events.append(event)
        return bytes(answers) if self._profile.supports_gs_r else b""
