r"""A medium's file: one side's half of the conversation, written down for a store that has no line.

    counterfoil medium 1 till\n        who has written it: `till`, or `hq`, which answers
    length ‖ message                   any number of frames; the length is 4 bytes, the greatest first
    00 00 00 00                        the end: a file without it was cut off

The till's file is Resume, then Records of its own chain from what HQ last acknowledged on. HQ's is Acknowledged, then
Ordered, and what is not signed by itself (Directory, Rejected) in Vouched: nothing on a stick is as true as a line.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from protocol.conversation import FRAME_BYTES_MAX, AnyMessage, decode, encode
from protocol.errors import NotAMessage

MAGIC = b"counterfoil medium "
VERSION = b"1"
LENGTH_BYTES = 4
END = bytes(LENGTH_BYTES)
HEAD_BYTES_MAX = 40
"""Of the first line; a file that has no line break by then is none of ours."""


class Sender(StrEnum):
    """Which side has written a file."""

    TILL = "till"
    HQ = "hq"


class MediumFlaw(StrEnum):
    """Why a file, or the rest of it, cannot be read. The values are codes and keys of the wording table."""

    FOREIGN = "medium.foreign"
    """It is another kind of file."""
    OTHER_VERSION = "medium.other_version"
    """A later version of the program has written it."""
    OTHER_WAY = "medium.other_way"
    """The till's own file where HQ's answer is wanted, or HQ's answer where the till's is."""
    CUT = "medium.cut"
    """It ends too early: the medium was pulled out, or is full. What came before is good."""
    DAMAGED = "medium.damaged"
    """From here on it holds what is no message, or none that belongs there. What came before is good."""
    TOO_LARGE = "medium.too_large"
    """A frame is larger than any message is. What came before is good."""


def opening(sender: Sender) -> bytes:
    """The first line."""
    return MAGIC + VERSION + b" " + sender.encode() + b"\n"


def framed(message: AnyMessage) -> bytes:
    """A message as one frame."""
    content = encode(message)
    return len(content).to_bytes(LENGTH_BYTES, "big") + content


class MediumReader:
    """Reads a file of `sender`, in pieces of any size; of a bad one all that stands before the flaw."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._rest = bytearray()
        self._is_open = False
        self._has_ended = False
        self.flaw: MediumFlaw | None = None
        """What is wrong so far; once there is something, nothing more is read."""

    def receive(self, data: bytes) -> Iterator[AnyMessage]:
        """The messages that are whole now."""
        self._rest += data
        if not self._is_open:
            self._open()
        while self._is_open and self.flaw is None:
            content = self._frame()
            if content is None:
                return
            try:
                message = decode(content)
            except NotAMessage:
                self.flaw = MediumFlaw.DAMAGED
                return
            yield message

    def end(self) -> MediumFlaw | None:
        """There is no more: what is wrong with the file."""
        if self.flaw is None and not self._has_ended:
            self.flaw = MediumFlaw.CUT
        return self.flaw

    def _open(self) -> None:
        line, has_line, rest = self._rest.partition(b"\n")
        if has_line and line.startswith(MAGIC):
            version, _, sender = line.removeprefix(MAGIC).partition(b" ")
            self.flaw = self._flaw_of(bytes(version), bytes(sender))
            self._rest, self._is_open = rest, True
        elif has_line or len(line) > HEAD_BYTES_MAX or not MAGIC.startswith(line[: len(MAGIC)]):
            self.flaw = MediumFlaw.FOREIGN

    def _flaw_of(self, version: bytes, sender: bytes) -> MediumFlaw | None:
        if not version.isdigit():
            return MediumFlaw.FOREIGN
        if version != VERSION:
            return MediumFlaw.OTHER_VERSION
        if sender == self._sender.encode():
            return None
        return MediumFlaw.OTHER_WAY if sender in {one.encode() for one in Sender} else MediumFlaw.FOREIGN

    def _frame(self) -> bytes | None:
        """The next one; None when it is not whole yet, or there is none."""
        if self._has_ended or len(self._rest) < LENGTH_BYTES:
            if self._has_ended and self._rest:
                self.flaw = MediumFlaw.DAMAGED
            return None
        length = int.from_bytes(self._rest[:LENGTH_BYTES], "big")
        if length > FRAME_BYTES_MAX:
            self.flaw = MediumFlaw.TOO_LARGE
            return None
        end = LENGTH_BYTES + length
        if length == 0:
            del self._rest[:LENGTH_BYTES]
            self._has_ended = True
            return self._frame()
        if len(self._rest) < end:
            return None
        content = bytes(self._rest[LENGTH_BYTES:end])
        del self._rest[:end]
        return content
