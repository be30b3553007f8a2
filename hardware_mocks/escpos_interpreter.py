"""ESC/POS bytes in, paper out: no port, no clock, and any chopping of the bytes gives the same paper."""

from collections.abc import Iterable

from hardware_mocks.escpos_commands import obey
from hardware_mocks.escpos_grammar import Character, Command, Token, Unknown, next_token
from hardware_mocks.escpos_machine import Machine, NotUnderstood, PrinterEvent, SlipOut
from hardware_mocks.slip import Slip

QUESTIONS = {b"\x1dr", b"\x10\x04", b"\x10\x05"}  # they are no part of a slip


class EscPosInterpreter:
    """A printer without its mechanics: every byte is printed when it comes.

    `chinese_at_start`: high bytes are Chinese without FS &, as Chinese makers set their printers.
    """

    def __init__(self, width_dots: int = 576, codec: str = "gb18030", *, chinese_at_start: bool = True) -> None:
        self._machine = Machine(width_dots, codec, chinese_at_start=chinese_at_start)
        self._pending = bytearray()

    def receive(self, data: bytes) -> list[PrinterEvent]:
        """What these bytes make happen, in order. Never raises: what is no command is an event."""
        self._pending += data
        events: list[PrinterEvent] = []
        while self._pending and (token := next_token(self._pending, self._machine.text_codec)):
            del self._pending[: len(bytes(token))]
            events += self._take(token)
            if self._machine.sheet.is_full:
                events.append(SlipOut(self._machine.sheet.finish(cut=False)))
        return events

    def power_off(self) -> None:
        """Forgets all modes, half a command and half a line; what is on paper stays."""
        self._pending.clear()
        self._machine.reset()

    def tear_off(self) -> Slip | None:
        """Takes what has been printed since the last cut, if anything."""
        slip = self._machine.sheet.finish(cut=False)
        return slip if slip.blocks else None

    @property
    def unfinished(self) -> Slip:
        """What has been printed since the last cut; a line that has not ended is not on paper."""
        return self._machine.sheet.peek()

    def _take(self, token: Token) -> Iterable[PrinterEvent]:
        if not (isinstance(token, Command) and token.prefix in QUESTIONS):
            self._machine.sheet.note(bytes(token))
        match token:
            case Character(data):
                self._machine.put(data)
                return ()
            case Unknown(data):
                return (NotUnderstood(data),)
            case Command(prefix, parameters):
                return obey(self._machine, prefix, parameters)
