"""Models of readers and printers as data: what differs between makes stands here and nowhere else.

Sources: ISO/IEC 7811-2, the makers' programming manuals, Epson's ESC/POS reference.
"""

from dataclasses import dataclass, replace
from enum import Enum
from types import MappingProxyType
from typing import Literal


@dataclass(frozen=True, slots=True)
class SerialSettings:
    """How a serial line talks. A `socket://` address ignores them."""

    baudrate: int = 9600
    bytesize: Literal[7, 8] = 8
    parity: Literal["N", "E", "O"] = "N"
    stopbits: Literal[1, 2] = 1


@dataclass(frozen=True, slots=True)
class ReaderProfile:
    """A model of magnetic stripe reader, as it is set up for us."""

    name: str
    lrc: bool = False
    """The check character of the stripe follows each end sentinel."""
    terminator: bytes = b"\r"
    """What follows a swipe: CR, LF or CRLF, all three understood; empty: silence alone ends a swipe."""
    idle_s: float = 0.3
    """A line silent for this long ends a swipe. Above any gap inside a swipe, below the pause between two."""
    serial: SerialSettings = SerialSettings()


class StatusDialect(Enum):
    """How a printer answers when asked how it is."""

    ESC_POS = "DLE EOT 1 to 4, one byte each"
    NONE = "it never answers"


@dataclass(frozen=True, slots=True)
class PrinterProfile:
    """A model of receipt printer, as it is set up in this country."""

    name: str
    columns: int
    """Half-width characters in a line of font A."""
    width_dots: int
    codec: str
    """Python's name of the Chinese character set: gb18030, gbk or cp950."""
    chinese_on: bytes = b"\x1c&"
    chinese_off: bytes = b"\x1c."
    code_page: bytes = b"\x1bt\x00"
    """Chosen for what is neither ASCII nor Chinese (ESC t)."""
    cut: bytes = b"\x1dVB\x00"
    """Feed to the knife and cut; for a model without a cutter, feed past the tear bar."""
    cutter: bool = True
    status_dialect: StatusDialect = StatusDialect.ESC_POS
    supports_gs_r: bool = True
    """GS r 1 is answered in its turn, so that the answer proves that all before it was worked off."""


GENERIC_READER = ReaderProfile("generic")
READERS = MappingProxyType(
    {
        reader.name: reader
        for reader in (
            GENERIC_READER,
            replace(GENERIC_READER, name="generic-crlf", terminator=b"\r\n"),
            replace(GENERIC_READER, name="generic-lrc", lrc=True),
            replace(GENERIC_READER, name="generic-7e1", serial=SerialSettings(bytesize=7, parity="E")),
            replace(GENERIC_READER, name="generic-no-terminator", terminator=b""),
        )
    }
)

GENERIC_PRINTER = PrinterProfile("generic-80-gb18030", columns=48, width_dots=576, codec="gb18030")
NARROW_PRINTER = replace(
    GENERIC_PRINTER, name="generic-58-gb18030", columns=32, width_dots=384, cut=b"\x1bd\x04", cutter=False
)
PRINTERS = MappingProxyType(
    {
        printer.name: printer
        for printer in (
            GENERIC_PRINTER,
            NARROW_PRINTER,
            replace(GENERIC_PRINTER, name="generic-80-big5", codec="cp950"),
            replace(NARROW_PRINTER, name="generic-58-big5", codec="cp950"),
            replace(GENERIC_PRINTER, name="generic-80-mute", status_dialect=StatusDialect.NONE, supports_gs_r=False),
        )
    }
)
