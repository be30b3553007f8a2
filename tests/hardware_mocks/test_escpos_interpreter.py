from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from hardware_mocks.escpos_interpreter import EscPosInterpreter
from hardware_mocks.escpos_machine import DrawerPulse, NotUnderstood, PaperAsked, PrinterEvent, SlipOut
from hardware_mocks.paper import Align, Barcode, Bitmap, Feed, QrCode, TextLine
from hardware_mocks.slip import Slip
from hardware_mocks.typesetter import BLOCKS_MAX

if TYPE_CHECKING:
    from escpos.printer import Dummy

CUT = b"\x1dV\x00"
BlockKind = TypeVar("BlockKind", TextLine, Feed, Bitmap, QrCode, Barcode)


def events_of(data: bytes, codec: str = "gb18030", *, width_dots: int = 576) -> list[PrinterEvent]:
    return EscPosInterpreter(width_dots, codec).receive(data)


def slip_of(data: bytes, codec: str = "gb18030", *, width_dots: int = 576) -> Slip:
    [event] = events_of(data + CUT, codec, width_dots=width_dots)
    assert isinstance(event, SlipOut)
    return event.slip


def blocks(slip: Slip, kind: type[BlockKind]) -> list[BlockKind]:
    return [block for block in slip.blocks if isinstance(block, kind)]


def dummy(*steps: Callable[[Dummy], object]) -> bytes:
    """The bytes of the real python-escpos."""
    from escpos.printer import Dummy  # noqa: PLC0415 - it takes a second, and every worker reads this file

    printer = Dummy(profile="TM-T20II")
    for step in steps:
        step(printer)
    output = printer.output
    assert isinstance(output, bytes)
    return output


CHEQUERS = Image.new("1", (20, 30), 1)
CHEQUERS.paste(0, (0, 0, 10, 15))


@cache
def full() -> bytes:
    return dummy(
        lambda p: p.hw("INIT"),
        lambda p: p.set_with_default(align="center", double_width=True, double_height=True, bold=True),
        lambda p: p.text("存根 Counterfoil\n"),
        lambda p: p.set_with_default(underline=1, invert=True, smooth=True, flip=False, density=4),
        lambda p: p.text("會員卡餘額 1,234.00\nà la carte\n"),
        lambda p: p.line_spacing(40),
        lambda p: p.line_spacing(),
        lambda p: p.qr("https://example.test/1", native=True, size=5),
        lambda p: p.barcode("4006381333931", "EAN13"),
        lambda p: p.barcode("{B12345", "CODE128", function_type="B"),
        lambda p: p.image(CHEQUERS),
        lambda p: p.image(CHEQUERS, impl="graphics"),
        lambda p: p.image(CHEQUERS, impl="bitImageColumn"),
        lambda p: p.control("HT"),
        lambda p: p.panel_buttons(enable=False),
        lambda p: p.buzzer(),
        lambda p: p.cashdraw(2),
        lambda p: p.cashdraw(5),
        lambda p: p.cut(),
    )


# ---------------------------------------------------------------- bytes


def test_all_that_python_escpos_sends_is_understood() -> None:
    pulse2, pulse5, slip_out = events_of(full())
    assert (pulse2, pulse5) == (DrawerPulse(2, 100, 100), DrawerPulse(5, 100, 100))
    assert isinstance(slip_out, SlipOut)
    assert slip_out.slip.cut
    assert slip_out.slip.raw == full()
    assert slip_out.slip.lines[:5] == [
        "存根 Counterfoil",
        "會員卡餘額 1,234.00",
        "à la carte",
        "[QR https://example.test/1]",
        "[barcode 4006381333931]",
    ]


@given(st.lists(st.deferred(lambda: st.integers(0, len(full())))))
def test_any_chopping_gives_the_same_paper(cuts: list[int]) -> None:
    interpreter = EscPosInterpreter()
    pieces = [full()[begin:end] for begin, end in pairwise(sorted({0, len(full()), *cuts}))]
    assert [event for piece in pieces for event in interpreter.receive(piece)] == events_of(full())


def test_bytes_one_at_a_time_give_the_same_paper() -> None:
    interpreter = EscPosInterpreter()
    assert [event for byte in full() for event in interpreter.receive(bytes([byte]))] == events_of(full())


@given(st.binary(max_size=400), st.sampled_from(["gb18030", "gbk", "cp950"]))
def test_no_garbage_makes_it_fail(data: bytes, codec: str) -> None:
    interpreter = EscPosInterpreter(384, codec)
    interpreter.receive(data)
    interpreter.power_off()
    [*_, event] = interpreter.receive(b"after\n" + CUT)
    assert isinstance(event, SlipOut)
    assert event.slip.lines[-1] == "after"


@given(
    st.lists(st.sampled_from([b"\x1d(k", b"\x1d(L", b"\x1dk", b"\x1b*", b"\x1dv0", b"\x1d!"]) | st.binary(max_size=9))
)
def test_no_crooked_command_makes_it_fail(parts: list[bytes]) -> None:
    EscPosInterpreter().receive(b"".join(parts))


def test_an_unknown_command_is_noted_and_the_rest_is_printed() -> None:
    unknown, slip_out = events_of(b"one\x1b\x01two\n" + CUT)
    assert unknown == NotUnderstood(b"\x1b\x01")
    assert isinstance(slip_out, SlipOut)
    assert slip_out.slip.lines == ["onetwo"]


def test_a_picture_beyond_all_paper_is_not_waited_for() -> None:
    interpreter = EscPosInterpreter()
    assert interpreter.receive(b"\x1dv0\x00\xff\xff\xff\xff") != []
    assert interpreter.receive(b"\n" + CUT) != []


def test_an_end_that_never_comes_is_not_waited_for() -> None:
    """A bar code of the old kind ends with NUL."""
    interpreter = EscPosInterpreter()
    assert interpreter.receive(b"\x1dk\x02" + b"4" * 300) == [NotUnderstood(b"\x1dk"), NotUnderstood(b"\x02")]


def test_paper_without_end_is_torn_at_its_bound() -> None:
    [event] = events_of(b"x\n" * (BLOCKS_MAX + 1))
    assert isinstance(event, SlipOut)
    assert not event.slip.cut
    assert len(event.slip.blocks) == BLOCKS_MAX


def test_real_time_questions_do_not_disturb_the_text() -> None:
    slip = slip_of(b"one\x10\x04\x01two\x10\x04\x04\n")
    assert slip.lines == ["onetwo"]
    assert b"\x10" not in slip.raw


def test_the_question_in_turn_is_answered_in_its_turn() -> None:
    first, asked, second = events_of(b"1\n" + CUT + b"\x1dr\x01" + b"2\n" + CUT)
    assert isinstance(first, SlipOut)
    assert asked == PaperAsked(1)
    assert isinstance(second, SlipOut)
    assert second.slip.raw == b"2\n" + CUT


# ---------------------------------------------------------------- text


@pytest.mark.parametrize(
    ("codec", "text"),
    [
        ("gb18030", "会员卡 余额 ¥ 56.78 吴𠮷 㐂"),
        ("gb18030", "會員卡 餘額「１２」、。"),
        ("gbk", "会员卡 余额"),
        ("cp950", "會員卡 餘額 NT$1,234.00「」、。"),
    ],
)
@pytest.mark.parametrize(("before", "after"), [(b"", b""), (b"\x1c&", b"\x1c.")], ids=["raw", "FS &"])
def test_chinese_is_read_in_the_printers_own_character_set(codec: str, text: str, before: bytes, after: bytes) -> None:
    assert slip_of(before + text.encode(codec) + after + b"\n", codec).lines == [text]


def test_a_printer_without_gb18030_prints_a_yen_sign_as_it_is_known_to() -> None:
    """The notorious "0 6": four bytes of GB 18030 on a printer that knows GBK only."""
    assert "¥".encode("gb18030") == b"\x810\x846"
    assert slip_of("¥".encode("gb18030") + b"\n", "gbk").lines == ["\ufffd0\ufffd6"]


def test_big5_on_a_mainland_printer_is_garbage_to_see() -> None:
    assert slip_of("會員".encode("cp950") + b"\n", "gb18030").lines != ["會員"]


def test_outside_chinese_mode_high_bytes_are_those_of_the_code_page() -> None:
    assert slip_of(b"\x1c.\x1bt\x00\x82\n").lines == ["é"]
    assert slip_of(b"\x1c.\x1bt\x10\xe9\n").lines == ["é"]


def test_a_chinese_character_is_two_cells_wide_and_sizes_double_it() -> None:
    small, large = blocks(
        slip_of(b"A" + "卡".encode("gb18030") + b"\x1d!\x11A" + "卡".encode("gb18030") + b"\n\n"), TextLine
    )
    assert [glyph.width_dots for glyph in small.glyphs] == [12, 24, 24, 48]
    assert small.height_dots == 48
    assert large.glyphs == ()


def test_a_line_breaks_where_the_paper_ends() -> None:
    """32 cells on 58 mm: one Chinese character less than fits begins the next line."""
    text = "1" * 31 + "卡片"
    assert slip_of(text.encode("gb18030") + b"\n", width_dots=384).lines == ["1" * 31, "卡片"]


def test_margins_and_print_area_narrow_the_line() -> None:
    [line] = blocks(slip_of(b"\x1dL\x18\x00\x1dW\x78\x00\x1ba\x021234567890\n"), TextLine)
    assert (line.place.left_dots, line.place.area_dots, line.place.align) == (24, 120, Align.RIGHT)
    assert slip_of(b"\x1dL\x18\x00\x1dW\x78\x0012345678901\n").lines == ["1234567890", "1"]


@pytest.mark.parametrize(
    ("command", "style"),
    [
        (b"\x1b!\x38", {"bold": True, "high": 2, "wide": 2}),
        (b"\x1b!\x81", {"underline": True, "small": True}),
        (b"\x1bE\x01", {"bold": True}),
        (b"\x1b-\x01", {"underline": True}),
        (b"\x1b-1", {"underline": True}),
        (b"\x1dB\x01", {"inverted": True}),
        (b"\x1bM\x01", {"small": True}),
        (b"\x1d!\x23", {"wide": 3, "high": 4}),
        (b"\x1b!\x38\x1b@", {}),
        (b"\x1b-0", {}),
    ],
)
def test_style_commands_style_what_follows(command: bytes, style: dict[str, object]) -> None:
    [line] = blocks(slip_of(command + b"x\n"), TextLine)
    plain = {"bold": False, "underline": False, "inverted": False, "small": False, "wide": 1, "high": 1}
    assert {name: getattr(line.glyphs[0].style, name) for name in plain} == plain | style


def test_chinese_has_a_size_of_its_own_too() -> None:
    [line] = blocks(slip_of(b"\x1c!\x0cA" + "卡".encode("gb18030") + b"\n"), TextLine)
    assert [(glyph.style.wide, glyph.style.high) for glyph in line.glyphs] == [(1, 1), (2, 2)]


def test_feeding_prints_the_line_and_moves_the_paper() -> None:
    slip = slip_of(b"x\x1bd\x03\x1bJ\x0ay")
    assert slip.lines == ["x", "y"]
    assert [feed.height_dots for feed in blocks(slip, Feed)] == [90, 10]


def test_tabs_and_positions_leave_room() -> None:
    [line] = blocks(slip_of(b"a\tb\x1b$\xf0\x00c\n"), TextLine)
    assert sum(glyph.width_dots for glyph in line.glyphs) == 240 + 12
    assert str(line) == "a b c"


# ---------------------------------------------------------------- pictures, codes, drawer


def test_a_qr_code_keeps_its_text_size_and_level() -> None:
    [code] = blocks(slip_of(dummy(lambda p: p.qr("存根", native=True, size=5, ec=3))), QrCode)
    assert (code.data.decode(), code.module_dots, code.level) == ("存根", 5, "H")


def test_a_qr_code_beyond_its_bound_is_not_understood() -> None:
    data = b"x" * 3000
    store = b"\x1d(k" + (len(data) + 3).to_bytes(2, "little") + b"1P0" + data
    assert events_of(store + b"\x1d(k\x03\x001Q0") == [NotUnderstood(b"1Q0")]


@pytest.mark.parametrize("implementation", ["bitImageRaster", "graphics", "bitImageColumn"])
def test_a_picture_arrives_dot_for_dot_by_every_command(implementation: str) -> None:
    strips = blocks(slip_of(dummy(lambda p: p.image(CHEQUERS, impl=implementation))), Bitmap)
    rows = [
        strip.rows[at : at + (strip.width_dots + 7) // 8]
        for strip in strips
        for at in range(0, len(strip.rows), (strip.width_dots + 7) // 8)
    ]
    assert [row[:3] for row in rows[:30]] == [b"\xff\xc0\x00"] * 15 + [b"\x00\x00\x00"] * 15


def test_strips_of_one_picture_stand_without_a_gap() -> None:
    slip = slip_of(dummy(lambda p: p.image(CHEQUERS, impl="bitImageColumn")))
    assert [type(block) for block in slip.blocks] == [Bitmap, Bitmap]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (b"\x1bp\x00\x19\xfa", DrawerPulse(2, 50, 500)),
        (b"\x1bp1\x0a\x0a", DrawerPulse(5, 20, 20)),
        (b"\x10\x14\x01\x00\x02", DrawerPulse(2, 200, 200)),
    ],
)
def test_the_drawer_is_told_to_open(command: bytes, expected: DrawerPulse) -> None:
    assert events_of(command) == [expected]


@pytest.mark.parametrize("command", [b"\x1dV\x00", b"\x1dV1", b"\x1dVB\x00", b"\x1dVA\x10", b"\x1bi", b"\x1bm"])
def test_every_cut_ends_the_slip(command: bytes) -> None:
    first, second = events_of(b"1\n" + command + b"2\n" + command)
    assert isinstance(first, SlipOut)
    assert isinstance(second, SlipOut)
    assert (first.slip.lines, second.slip.lines) == (["1"], ["2"])
