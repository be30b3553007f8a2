"""What a slip is made of: blocks in order, free of paper, codec and printer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Align(Enum):
    """Where a line stands between the paper's edges."""

    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"


class Size(Enum):
    """How many times as wide and as high as plain text."""

    NORMAL = (1, 1)
    TALL = (1, 2)
    BIG = (2, 2)

    @property
    def width(self) -> int:
        """Columns that a narrow character takes."""
        return self.value[0]

    @property
    def height(self) -> int:
        """Rows that it takes."""
        return self.value[1]


@dataclass(frozen=True, slots=True)
class Title:
    """What kind of slip it is: big, bold, in the middle; smaller where the paper is too narrow."""

    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """Running text; wraps."""

    text: str
    align: Align = Align.LEFT
    size: Size = Size.NORMAL
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """A label at the left edge, its value at the right. `size` is the value's; `inset`: a part of the pair above."""

    left: str
    right: str
    size: Size = Size.NORMAL
    bold: bool = False
    inset: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across the paper."""


@dataclass(frozen=True, slots=True)
class Qr:
    """A QR code of this text, in the middle, with blank paper around it."""

    text: str


@dataclass(frozen=True, slots=True)
class Blank:
    """An empty row."""


Block = Title | Line | Pair | Rule | Qr | Blank
Slip = tuple[Block, ...]
