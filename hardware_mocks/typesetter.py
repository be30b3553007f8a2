"""Puts characters into lines, and lines and pictures onto the sheet, as a thermal printer does."""

from dataclasses import dataclass, field

from hardware_mocks.paper import Align, Block, Feed, Glyph, Place, Style, TextLine
from hardware_mocks.slip import Slip

CELL_DOTS, SMALL_CELL_DOTS = 12, 9  # width of a half-width character in font A and B
LINE_DOTS, SMALL_LINE_DOTS = 24, 17
LINE_SPACING_DOTS = 30
TAB_CELLS = 8
BLOCKS_MAX = 5000  # on one sheet: some 20 m of paper
RAW_MAX = 1 << 22  # bytes
PLAIN = Style()


@dataclass(slots=True)
class Typesetter:
    """The sheet at hand, the line that is being filled, and how the next character is set."""

    width_dots: int
    style: Style = PLAIN
    align: Align = Align.LEFT
    left_dots: int = 0
    area_dots: int = 0
    line_spacing_dots: int = LINE_SPACING_DOTS
    _blocks: list[Block] = field(default_factory=list)
    _raw: bytearray = field(default_factory=bytearray)
    _line: list[Glyph] = field(default_factory=list)

    def reset(self) -> None:
        """Forgets how to set, and the line that is not printed yet; the paper stays."""
        self.style = PLAIN
        self.align = Align.LEFT
        self.left_dots = self.area_dots = 0
        self.line_spacing_dots = LINE_SPACING_DOTS
        self._line.clear()

    @property
    def place(self) -> Place:
        """Where the next block stands."""
        widest = max(self.width_dots - self.left_dots, 0)
        return Place(self.align, self.left_dots, min(self.area_dots or widest, widest))

    @property
    def is_full(self) -> bool:
        """Whether the sheet has grown to its bound."""
        return len(self._blocks) >= BLOCKS_MAX or len(self._raw) >= RAW_MAX

    def note(self, raw: bytes) -> None:
        """Remembers which bytes made this sheet."""
        self._raw += raw

    def put(self, character: str, style: Style, *, full_width: bool) -> None:
        """Sets a character; the line breaks where it does not fit."""
        cell = LINE_DOTS if full_width else SMALL_CELL_DOTS if style.small else CELL_DOTS
        glyph = Glyph(character, style, cell * style.wide)
        if self._line and self._x_dots + glyph.width_dots > self.place.area_dots:
            self.end_line()
        self._line.append(glyph)

    def tab(self) -> None:
        """Blank up to the next tab stop."""
        stop = TAB_CELLS * CELL_DOTS
        self.move_to((self._x_dots // stop + 1) * stop)

    def move_to(self, x_dots: int) -> None:
        """Blank up to a position; going back is not done."""
        if self._x_dots < x_dots <= self.place.area_dots:
            self._line.append(Glyph(" ", Style(), x_dots - self._x_dots))

    def end_line(self) -> None:
        """Prints the line, an empty one too."""
        tallest = max(((SMALL_LINE_DOTS if g.style.small else LINE_DOTS) * g.style.high for g in self._line), default=0)
        self._blocks.append(TextLine(tuple(self._line), self.place, max(tallest, self.line_spacing_dots)))
        self._line.clear()

    def feed(self, dots: int) -> None:
        """Prints what is in the line, then moves the paper."""
        self._flush()
        if dots:
            self._blocks.append(Feed(dots))

    def add(self, block: Block) -> None:
        """Prints what is in the line, then the block."""
        self._flush()
        self._blocks.append(block)

    def finish(self, *, cut: bool) -> Slip:
        """Prints what is in the line and takes the sheet."""
        self._flush()
        slip = self.peek(cut=cut)
        self._blocks.clear()
        self._raw.clear()
        return slip

    def peek(self, *, cut: bool = False) -> Slip:
        """The sheet as it is."""
        return Slip(tuple(self._blocks), bytes(self._raw), self.width_dots, cut)

    @property
    def _x_dots(self) -> int:
        return sum(glyph.width_dots for glyph in self._line)

    def _flush(self) -> None:
        if self._line:
            self.end_line()
