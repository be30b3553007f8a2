from io import BytesIO

import pytest
import qrcode  # type: ignore[import-untyped] # it carries no types
from PIL import Image, ImageChops

from hardware_mocks import slip_picture
from hardware_mocks.escpos_interpreter import EscPosInterpreter
from hardware_mocks.paper import Align, Bitmap, Feed, FontMissing, Place, QrCode
from hardware_mocks.slip_picture import MARGIN_DOTS, draw

PAPER = Place(Align.LEFT, 0, 576)


def picture(png: bytes) -> Image.Image:
    with Image.open(BytesIO(png)) as image:
        return image.convert("L").crop(
            (MARGIN_DOTS, MARGIN_DOTS, image.width - MARGIN_DOTS, image.height - MARGIN_DOTS)
        )


def printed(data: bytes) -> Image.Image:
    interpreter = EscPosInterpreter()
    interpreter.receive(data)
    return picture(interpreter.unfinished.png())


def ink(image: Image.Image) -> tuple[int, int, int, int] | None:
    return ImageChops.invert(image).getbbox()


def test_blank_paper_is_white() -> None:
    blank = picture(draw([Feed(100)], 576))
    assert blank.size == (576, 100)
    assert ink(blank) is None
    assert picture(draw([Feed(1)], 384)).size == (384, 1)


@pytest.mark.parametrize("text", ["A", "存根", "会员卡"])
def test_text_leaves_ink_in_its_own_cells(text: str) -> None:
    box = ink(printed(text.encode("gb18030") + b"\n"))
    assert box is not None
    left, top, right, bottom = box
    assert (left, top) >= (0, 0)
    assert right <= 12 * len(text.encode("gb18030"))
    assert bottom <= 24


def test_traditional_and_simplified_are_two_pictures() -> None:
    assert printed("會\n".encode("gb18030")).tobytes() != printed("会\n".encode("gb18030")).tobytes()


def test_alignment_moves_the_line() -> None:
    left, centre, right = (ink(printed(b"\x1ba" + bytes([align]) + b"HH\n")) for align in Align)
    assert left is not None
    assert centre is not None
    assert right is not None
    assert left[0] < 24
    assert 250 < centre[0] < 300
    assert right[0] > 550


def test_double_size_is_twice_as_wide_and_high() -> None:
    single, double = ink(printed(b"H\n")), ink(printed(b"\x1d!\x11H\n"))
    assert single is not None
    assert double is not None
    assert double[2] - double[0] == 2 * (single[2] - single[0])
    assert double[3] - double[1] == 2 * (single[3] - single[1])


def test_bold_has_more_ink_and_inverted_has_most() -> None:
    plain, bold, inverted = (
        sum(255 - shade for shade in printed(style + b"HHHH\n").tobytes())
        for style in (b"", b"\x1bE\x01", b"\x1dB\x01")
    )
    assert plain < bold < inverted


def test_a_bitmap_is_drawn_dot_for_dot() -> None:
    drawn = picture(draw([Bitmap(9, 2, b"\x80\x80\x00\x80", PAPER, 2, 1)], 576))
    row = [drawn.getpixel((x, 0)) for x in range(20)]
    assert row == [0, 0] + [255] * 14 + [0, 0] + [255] * 2
    assert [drawn.getpixel((x, 1)) for x in range(20)] == [255] * 16 + [0, 0] + [255] * 2


def test_a_qr_code_is_the_code_of_its_data() -> None:
    data = b"https://example.test/r/8001"
    drawn = picture(draw([QrCode(data, 4, "M", PAPER)], 576))
    maker = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, border=0)
    maker.add_data(data)
    matrix = maker.get_matrix()
    assert drawn.height == 4 * len(matrix)
    for y, row in enumerate(matrix):
        assert [drawn.getpixel((4 * x + 2, 4 * y + 2)) == 0 for x in range(len(row))] == row


def test_without_a_chinese_font_the_error_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slip_picture, "FONTS", ())
    slip_picture._font.cache_clear()
    slip_picture._cell.cache_clear()
    with pytest.raises(FontMissing, match=r"\./run test-machine"):
        printed(b"x\n")
