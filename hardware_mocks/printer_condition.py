"""What a virtual printer's sensors say, and how it says it. Source: Epson, ESC/POS Command Reference, DLE EOT, GS r."""

from dataclasses import dataclass


@dataclass(slots=True)
class Condition:
    """What the sensors of the printer say."""

    paper_low: bool = False
    paper_out: bool = False
    cover_open: bool = False
    cutter_stuck: bool = False
    overheated: bool = False

    @property
    def offline(self) -> bool:
        """Whether it cannot print."""
        return self.paper_out or self.cover_open or self.cutter_stuck or self.overheated

    def real_time(self, query: int) -> int:
        """The answer to DLE EOT 1 to 4."""
        error = self.cutter_stuck or self.overheated
        bits = {
            1: 0x08 * self.offline,
            2: 0x04 * self.cover_open | 0x20 * self.paper_out | 0x40 * error,
            3: 0x08 * self.cutter_stuck | 0x40 * self.overheated,
            4: 0x0C * (self.paper_low or self.paper_out) | 0x60 * self.paper_out,
        }
        return 0x12 | bits[query]

    def in_order(self) -> int:
        """The answer to GS r 1."""
        return 0x03 * (self.paper_low or self.paper_out) | 0x0C * self.paper_out


class RealTimeCommands:
    """Finds DLE EOT n among the bytes as they come, wherever it stands, as a printer does."""

    def __init__(self) -> None:
        self._seen = b""

    def receive(self, data: bytes) -> list[int]:
        """Each n that was asked, oldest first."""
        asked = []
        for byte in data:
            if self._seen == b"\x10\x04" and byte in b"\x01\x02\x03\x04":
                asked.append(byte)
            self._seen = (self._seen + bytes([byte]))[-2:]
        return asked
