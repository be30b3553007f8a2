"""A slip as a picture, dot for dot as the printer would burn it, with a margin of white."""

from collections.abc import Sequence
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path

import qrcode  # type: ignore[import-untyped] # it carries no types
from PIL import Image, ImageDraw, ImageFont

from hardware_mocks.paper import Align, Barcode, Bitmap, Block, Feed, FontMissing, Glyph, Place, QrCode, TextLine

# Fonts with Chinese, and the face in each that has Latin letters of half the width.
FONTS = (
    ("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", 1),
    ("/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc", 1),
    ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", 7),
    ("C:/Windows/Fonts/msyh.ttc", 0),
    ("C:/Windows/Fonts/msjh.ttc", 0),
    ("/System/Library/Fonts/PingFang.ttc", 0),
)
MARGIN_DOTS = 16
CELL_HEIGHT_DOTS, SMALL_CELL_HEIGHT_DOTS = 24, 17
BASELINE = 0.8  # of the cell's height
CELLS_KEPT_MAX = 2000  # a slip has some 600 characters, and a hundred that differ; to draw one takes 0.5 ms
WHITE, BLACK, GREY = 255, 0, 128
QR_LEVELS = {
    "L": qrcode.ERROR_CORRECT_L,
    "M": qrcode.ERROR_CORRECT_M,
    "Q": qrcode.ERROR_CORRECT_Q,
    "H": qrcode.ERROR_CORRECT_H,
}


def draw(blocks: Sequence[Block], width_dots: int) -> bytes:
    """A PNG. Raises FontMissing where no font has Chinese."""
    pictures = [_picture(block, width_dots) for block in blocks]
    height = sum(picture.height for picture in pictures)
    sheet = Image.new("L", (width_dots + 2 * MARGIN_DOTS, height + 2 * MARGIN_DOTS), WHITE)
    y = MARGIN_DOTS
    for picture in pictures:
        sheet.paste(picture, (MARGIN_DOTS, y))
        y += picture.height
    png = BytesIO()
    sheet.save(png, "PNG")
    return png.getvalue()


def _picture(block: Block, width_dots: int) -> Image.Image:
    match block:
        case Feed(height):
            return Image.new("L", (width_dots, height), WHITE)
        case TextLine():
            return _placed(_line(block), block.place, width_dots, block.height_dots)
        case Bitmap():
            return _placed(_bitmap(block), block.place, width_dots)
        case QrCode():
            return _placed(_qr(block), block.place, width_dots)
        case Barcode():
            return _placed(_barcode(block), block.place, width_dots)


def _placed(picture: Image.Image, place: Place, width_dots: int, height_dots: int = 0) -> Image.Image:
    band = Image.new("L", (width_dots, max(picture.height, height_dots)), WHITE)
    spare = max(place.area_dots - picture.width, 0)
    shift = {Align.LEFT: 0, Align.CENTRE: spare // 2, Align.RIGHT: spare}[place.align]
    band.paste(picture, (place.left_dots + shift, 0))
    return band


def _line(line: TextLine) -> Image.Image:
    cells = [_cell(glyph) for glyph in line.glyphs]
    height = max((cell.height for cell in cells), default=0)
    picture = Image.new("L", (sum(cell.width for cell in cells), height), WHITE)
    x = 0
    for cell in cells:
        picture.paste(cell, (x, height - cell.height))  # characters stand on one base line
        x += cell.width
    return picture


@lru_cache(CELLS_KEPT_MAX)
def _cell(glyph: Glyph) -> Image.Image:
    """One character, drawn at single size and then blown up, as the printer does."""
    style = glyph.style
    height = SMALL_CELL_HEIGHT_DOTS if style.small else CELL_HEIGHT_DOTS
    cell = Image.new("L", (glyph.width_dots // style.wide, height), WHITE)
    pen = ImageDraw.Draw(cell)
    for shift in (0, 1) if style.bold else (0,):
        pen.text((shift, round(height * BASELINE)), glyph.character, fill=BLACK, font=_font(height), anchor="ls")
    if style.underline:
        pen.line((0, height - 1, cell.width, height - 1), fill=BLACK)
    if style.inverted:
        cell = cell.point(lambda shade: WHITE - shade)
    return cell.resize((glyph.width_dots, height * style.high), Image.Resampling.NEAREST)


@cache
def _font(height_dots: int) -> ImageFont.FreeTypeFont:
    for path, face in FONTS:
        if Path(path).exists():
            return ImageFont.truetype(path, height_dots, index=face)
    raise FontMissing(FontMissing.__doc__)


def _bitmap(bitmap: Bitmap) -> Image.Image:
    inverted = bytes(WHITE - byte for byte in bitmap.rows)
    picture = Image.frombytes("1", (bitmap.width_dots, bitmap.height_dots), inverted).convert("L")
    return picture.resize((picture.width * bitmap.wide, picture.height * bitmap.high), Image.Resampling.NEAREST)


def _qr(code: QrCode) -> Image.Image:
    maker = qrcode.QRCode(error_correction=QR_LEVELS[code.level], box_size=code.module_dots, border=0)
    maker.add_data(code.data)
    matrix = maker.get_matrix()
    picture = Image.new("L", (len(matrix), len(matrix)))
    picture.putdata([BLACK if dark else WHITE for row in matrix for dark in row])
    size = len(matrix) * code.module_dots
    return picture.resize((size, size), Image.Resampling.NEAREST)


def _barcode(code: Barcode) -> Image.Image:
    """Only where it stands and what it says: bars are not drawn."""
    width = code.place.area_dots * 2 // 3
    picture = Image.new("L", (width, code.height_dots + CELL_HEIGHT_DOTS), WHITE)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 0, width - 1, code.height_dots - 1), outline=GREY)
    pen.text((0, code.height_dots), code.data.decode("latin-1"), fill=BLACK, font=_font(SMALL_CELL_HEIGHT_DOTS))
    return picture
