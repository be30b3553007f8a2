"""Rows fit their paper, and say all that the blocks say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receipts.columns import columns
from receipts.layout import COLUMNS_MIN, QrRow, Row, Run, lay_out, wrap
from receipts.slip import Align, Blank, Block, Line, Pair, Qr, Rule, Size, Title
from receipts.text import to_text

# Latin, full width, half-width kana, ambiguous width, punctuation that must not begin or end a row, and whatever else.
CHARACTERS = st.sampled_from("aZ09 $.,會员卡，。（」￥○…ｱ𠮷") | st.characters()
TEXTS = st.text(CHARACTERS, max_size=15) | st.text(CHARACTERS, min_size=15, max_size=70)
ALIGNS, SIZES = st.sampled_from(Align), st.sampled_from(Size)
BLOCKS = st.one_of(
    st.builds(Title, TEXTS),
    st.builds(Line, TEXTS, ALIGNS, SIZES, st.booleans()),
    st.builds(Pair, TEXTS, TEXTS, SIZES, st.booleans(), st.booleans()),
    st.builds(Qr, TEXTS),
    st.builds(Rule),
    st.builds(Blank),
)
WIDTHS = st.integers(COLUMNS_MIN, 64)


def words(block: Block) -> str:
    match block:
        case Pair(left, right):
            return left + right
        case Title(text) | Line(text) | Qr(text):
            return text
        case Rule() | Blank():
            return ""


def printed(row: Row | QrRow) -> str:
    if isinstance(row, QrRow):
        return row.text
    return row.run.text + (row.right.text if row.right else "")


@given(BLOCKS, WIDTHS)
def test_no_row_is_wider_than_the_paper(block: Block, width: int) -> None:
    rows = lay_out((block,), width)
    assert all(row.columns <= width for row in rows if isinstance(row, Row))
    assert all(row.columns < width for row in rows if isinstance(row, Row) and row.right), "edges touch"


@given(BLOCKS, WIDTHS)
def test_no_character_is_lost(block: Block, width: int) -> None:
    rows = () if isinstance(block, Rule) else lay_out((block,), width)
    assert "".join(map(printed, rows)).replace(" ", "") == words(block).replace(" ", "")


def test_a_label_that_is_inset_stays_so_on_every_row() -> None:
    rows = lay_out((Pair("開幕禮滿千送百加碼回饋", "+NT$100", inset=True),), COLUMNS_MIN)
    assert to_text(rows, COLUMNS_MIN).splitlines() == ["  開幕禮滿千送百", "  加碼回饋", "         +NT$100"]


@given(st.lists(BLOCKS, max_size=5), WIDTHS)
def test_plain_text_fits_too(blocks: list[Block], width: int) -> None:
    rows = lay_out(tuple(blocks), width)
    lines = [line for row in rows for line in to_text((row,), width).removesuffix("\n").split("\n")]
    assert all(columns(line) <= width for line in lines)


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("plain", 16, ["plain"]),
        ("would you keep this slip", 10, ["would you", "keep this", "slip"]),
        ("餘額不足請先儲值", 9, ["餘額不足", "請先儲值"]),
        ("請先儲值，謝謝", 8, ["請先儲", "值，謝謝"]),
        ("請付（現金）", 6, ["請付", "（現", "金）"]),
        ("上次連線 2026-11-22", 16, ["上次連線", "2026-11-22"]),
        ("0123456789abcdef", 10, ["0123456789", "abcdef"]),
        ("  0123456789abcdef", 10, ["  01234567", "89abcdef"]),
        ("            ", 4, ["", ""]),
    ],
)
def test_text_breaks_where_a_reader_expects_it(text: str, width: int, lines: list[str]) -> None:
    assert wrap(text, width) == lines


def test_a_value_stands_flush_right() -> None:
    assert to_text(lay_out((Pair("卡號", "6222****0417"),), 32), 32) == "卡號                6222****0417\n"


def test_a_long_label_wraps_and_its_value_follows_on_its_last_row() -> None:
    pair = Pair("the long name of something that matters", "12")
    assert to_text(lay_out((pair,), 24), 24) == "the long name of\nsomething that matters\n                      12\n"
    assert to_text(lay_out((pair,), 28), 28) == "the long name of something\nthat matters              12\n"


def test_a_sum_is_made_smaller_before_it_is_cut_in_two() -> None:
    (row,) = lay_out((Pair("金額", "NT$10,000,000,000", Size.BIG),), 32)
    assert isinstance(row, Row)
    assert row.right == Run("NT$10,000,000,000", Size.TALL)


def test_a_sum_that_has_no_room_beside_its_label_stands_below_it() -> None:
    rows = lay_out((Pair("消費金額", "NT$1,234,567", Size.BIG),), 32)
    assert rows == (Row(Run("消費金額")), Row(Run("NT$1,234,567", Size.BIG), Align.RIGHT))


def test_a_title_too_long_for_big_letters_is_tall() -> None:
    (row,) = lay_out((Title("a title of 22 letters."),), 32)
    assert isinstance(row, Row)
    assert row.run.size is Size.TALL


def test_plain_text_keeps_edges_though_letters_are_big() -> None:
    slip = (Title("消費"), Pair("金額", "NT$12", Size.BIG), Line("end", Align.RIGHT))
    assert to_text(lay_out(slip, 20), 20) == "        消費\n金額           NT$12\n                 end\n"


def test_a_code_to_scan_is_its_text_on_a_screen() -> None:
    assert to_text(lay_out((Qr("https://hq.example/r/31"),), 16), 16) == "\nhttps://hq.examp\n    le/r/31\n\n"
