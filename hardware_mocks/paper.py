"""What stands on paper, block by block from the top. All measures are the printer's dots (8 to the millimetre)."""

from dataclasses import dataclass
from enum import IntEnum


class Align(IntEnum):
    """Where a line stands in its area; the values are those of ESC a."""

    LEFT = 0
    CENTRE = 1
    RIGHT = 2


@dataclass(frozen=True, slots=True)
class Style:
    """How characters are printed."""

    bold: bool = False
    underline: bool = False
    inverted: bool = False
    small: bool = False
    """Font B."""
    wide: int = 1
    high: int = 1


@dataclass(frozen=True, slots=True)
class Place:
    """The part of the paper's width in which a block stands."""

    align: Align
    left_dots: int
    area_dots: int


@dataclass(frozen=True, slots=True)
class Glyph:
    """One character in its cell."""

    character: str
    style: Style
    width_dots: int


@dataclass(frozen=True, slots=True)
class TextLine:
    """A printed line; without glyphs, an empty one."""

    glyphs: tuple[Glyph, ...]
    place: Place
    height_dots: int

    def __str__(self) -> str:
        return "".join(glyph.character for glyph in self.glyphs).rstrip()


@dataclass(frozen=True, slots=True)
class Feed:
    """Blank paper."""

    height_dots: int


@dataclass(frozen=True, slots=True)
class Bitmap:
    """A picture: rows of `width_dots` rounded up to bytes, the leftmost dot in the highest bit, 1 is black."""

    width_dots: int
    height_dots: int
    rows: bytes
    place: Place
    wide: int = 1
    high: int = 1

    def __str__(self) -> str:
        return f"[picture {self.width_dots * self.wide}x{self.height_dots * self.high}]"


@dataclass(frozen=True, slots=True)
class QrCode:
    """A QR code; `level` is L, M, Q or H."""

    data: bytes
    module_dots: int
    level: str
    place: Place

    def __str__(self) -> str:
        return f"[QR {self.data.decode('utf-8', 'replace')}]"


@dataclass(frozen=True, slots=True)
class Barcode:
    """A bar code, by the number of its symbology in GS k, function B."""

    symbology: int
    data: bytes
    height_dots: int
    place: Place

    def __str__(self) -> str:
        return f"[barcode {self.data.decode('latin-1')}]"


Block = TextLine | Feed | Bitmap | QrCode | Barcode


class FontMissing(Exception):
    """No font with Chinese was found, so slips cannot be drawn; all else works. Install one: `./run test-machine`."""
