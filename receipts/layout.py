"""Blocks to rows for a paper of so many columns: wrapping, edges, and sizes that fit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from receipts.columns import columns, is_wide
from receipts.slip import Align, Blank, Block, Line, Pair, Qr, Rule, Size, Slip, Title

COLUMNS_MIN = 16
"""The narrowest paper: eight Chinese characters."""
INSET = "  "
_NOT_FIRST = frozenset("，。、；：！？）」』”’》〉】％·…,.;:!?)%")
_NOT_LAST = frozenset("（「『“‘《〈【(￥$")


@dataclass(frozen=True, slots=True)
class Run:
    """Text of one style."""

    text: str
    size: Size = Size.NORMAL
    bold: bool = False

    @property
    def columns(self) -> int:
        """Columns of paper that it takes."""
        return columns(self.text) * self.size.width


@dataclass(frozen=True, slots=True)
class Row:
    """One printed row: a run at its edge, and perhaps a second one at the right edge."""

    run: Run
    align: Align = Align.LEFT
    right: Run | None = None

    @property
    def columns(self) -> int:
        """Columns of paper that its text takes; never more than the paper has."""
        return self.run.columns + (self.right.columns if self.right else 0)


@dataclass(frozen=True, slots=True)
class QrRow:
    """A QR code; how it is drawn is the printer's matter."""

    text: str


Rows = tuple[Row | QrRow, ...]


def lay_out(slip: Slip, paper_columns: int) -> Rows:
    """Rows of at most `paper_columns` columns. Nothing is cut off: what does not fit is made smaller, then wrapped."""
    assert paper_columns >= COLUMNS_MIN
    return tuple(row for block in slip for row in _rows(block, paper_columns))


def wrap(text: str, width: int) -> list[str]:
    """Lines of at most `width` columns. Blanks at a break are dropped; a wide character is never split."""
    lines = []
    while columns(text) > width:
        end = _break(text, width)
        lines.append(text[:end].rstrip(" "))
        text = text[end:].lstrip(" ")
    return [*lines, text]


def _rows(block: Block, width: int) -> Iterator[Row | QrRow]:
    match block:
        case Title(text):
            yield from _lines(Run(text, _fitting(text, Size.BIG, width), bold=True), Align.CENTER, width)
        case Line(text, align, size, bold):
            yield from _lines(Run(text, _fitting(text, size, width), bold), align, width)
        case Pair():
            yield from _pair(block, width)
        case Rule():
            yield Row(Run("-" * width))
        case Qr(text):
            yield QrRow(text)
        case Blank():
            yield Row(Run(""))


def _lines(run: Run, align: Align, width: int) -> list[Row]:
    return [Row(Run(line, run.size, run.bold), align) for line in wrap(run.text, width // run.size.width)]


def _pair(pair: Pair, width: int) -> list[Row]:
    """The value on the label's last row where there is room, else below it; in one piece while one row can hold it."""
    value = Run(pair.right, _fitting(pair.right, pair.size, width), pair.bold)
    inset = INSET * pair.inset
    *labels, last = [Row(Run(inset + line, bold=pair.bold)) for line in wrap(pair.left, width - len(inset))]
    if last.columns + 1 + value.columns <= width:
        return [*labels, Row(last.run, right=value)]
    return [*labels, last, *_lines(value, Align.RIGHT, width)]


def _fitting(text: str, size: Size, width: int) -> Size:
    """The size asked for, or TALL where only that keeps the text on one row."""
    is_narrow_enough = columns(text) * size.width <= width or columns(text) > width
    return size if is_narrow_enough else Size.TALL


def _break(text: str, width: int) -> int:
    """Where to break text that is too wide: the last place where a reader expects it, else the last that fits."""
    end = taken = 0
    while taken + columns(text[end]) <= width:
        taken += columns(text[end])
        end += 1
    blanks = len(text) - len(text.lstrip(" "))
    return next((at for at in range(end, blanks, -1) if _may_break(text[at - 1], text[at])), end)


def _may_break(before: str, after: str) -> bool:
    if " " in (before, after):
        return True
    if after in _NOT_FIRST or before in _NOT_LAST:
        return False
    return is_wide(before) or is_wide(after)
