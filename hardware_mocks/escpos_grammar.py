"""Where one ESC/POS command ends and the next begins. Source: Epson, ESC/POS Command Reference.

A command is a prefix of one or two bytes and its parameters; everything else is text, one character at a time.
"""

from collections.abc import Callable
from dataclasses import dataclass

COMMAND_LENGTH_MAX = 1 << 20  # a picture of 576 dots has 14 500 rows then: 1.8 m of paper

DLE, ESC, FS, GS = 0x10, 0x1B, 0x1C, 0x1D
NUL, SPACE = 0x00, 0x20
MULTIBYTE_LEADS, MULTIBYTE_TRAILS = range(0x81, 0xFF), range(0x40, 0xFF)

# One string per number of parameter bytes; each character is a command's second byte.
FIXED = {
    DLE: {1: "\x04\x05"},
    ESC: {0: "@2<imLSv", 1: "!%-3+=?AEGJKMRTUVadert{ ", 2: "$\\Bc", 3: "p"},
    FS: {0: "&.", 1: "!-CW", 2: "Sp"},
    GS: {0: ":", 1: "!/BHITabfhrw|", 2: "$LPW\\", 3: "^"},
}
PARAMETERS = {
    bytes([lead, ord(letter)]): count
    for lead, letters_by_count in FIXED.items()
    for count, letters in letters_by_count.items()
    for letter in letters
}


@dataclass(frozen=True, slots=True)
class Command:
    """A command that the table knows."""

    prefix: bytes
    parameters: bytes

    def __bytes__(self) -> bytes:
        return self.prefix + self.parameters


@dataclass(frozen=True, slots=True)
class Character:
    """The bytes of one character of text."""

    data: bytes

    def __bytes__(self) -> bytes:
        return self.data


@dataclass(frozen=True, slots=True)
class Unknown:
    """Bytes that are neither."""

    data: bytes

    def __bytes__(self) -> bytes:
        return self.data


Token = Command | Character | Unknown


def next_token(data: bytes | bytearray, codec: str | None) -> Token | None:
    """The first token of `data`, or None if it is not all there yet. `codec` is None outside Chinese mode."""
    lead = data[0]
    if lead >= SPACE:
        length = character_length(data, codec) if codec else 1
        return None if length is None else Character(bytes(data[:length]))
    if lead not in FIXED:
        return Command(bytes(data[:1]), b"")
    if len(data) == 1:
        return None
    prefix, rest = bytes(data[:2]), bytes(data[2:])
    count = _measure(prefix, rest)
    if count == UNKNOWN or (count or 0) > COMMAND_LENGTH_MAX:
        return Unknown(prefix)
    if count is None or count > len(rest):
        return None
    return Command(prefix, rest[:count])


def character_length(data: bytes | bytearray, codec: str) -> int | None:
    """Bytes of the first character in GBK, GB 18030 or Big5; None if that takes more bytes to know."""
    if data[0] not in MULTIBYTE_LEADS:
        return 1
    if len(data) == 1:
        return None
    if codec == "gb18030" and data[1:2].isdigit():
        return 4 if data[3:] else None
    return 2 if data[1] in MULTIBYTE_TRAILS else 1


Measure = Callable[[bytes], int | None]
UNKNOWN = -1
NUL_SOUGHT_MAX = 255


def _measure(prefix: bytes, rest: bytes) -> int | None:
    """How many parameter bytes the command has; None if too little of it is there to know."""
    if prefix in PARAMETERS:
        return PARAMETERS[prefix]
    return MEASURES[prefix](rest) if prefix in MEASURES else UNKNOWN


def _headed(head: int, size: Callable[[bytes], int]) -> Measure:
    """A head of that length, which tells the size of what follows."""
    return lambda rest: head + size(rest) if len(rest) >= head else None


def _word(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "little")


def _up_to_nul(rest: bytes) -> int | None:
    end = rest.find(NUL)
    if end >= 0:
        return end + 1
    return UNKNOWN if len(rest) > NUL_SOUGHT_MAX else None


def _barcode(rest: bytes) -> int | None:
    ended_by_nul = rest[:1] in {b"\0", b"\1", b"\2", b"\3", b"\4", b"\5", b"\6"}
    return _up_to_nul(rest) if ended_by_nul else _headed(2, lambda head: head[1])(rest)


MEASURES: dict[bytes, Measure] = {
    b"\x10\x14": _headed(1, lambda head: 7 if head[0] in b"\x08" else 2),  # DLE DC4 fn: pulse, power off; clear
    b"\x1bD": _up_to_nul,
    b"\x1b*": _headed(3, lambda head: _word(head, 1) * (3 if head[0] in b"\x20\x21" else 1)),  # m nL nH columns
    b"\x1b(": _headed(3, lambda head: _word(head, 1)),  # letter pL pH data
    b"\x1c(": _headed(3, lambda head: _word(head, 1)),
    b"\x1d(": _headed(3, lambda head: _word(head, 1)),
    b"\x1dV": _headed(1, lambda head: 1 if head[0] in b"ABabgh" else 0),
    b"\x1dk": _barcode,
    b"\x1dv": _headed(6, lambda head: _word(head, 2) * _word(head, 4)),  # "0" m xL xH yL yH rows
}
