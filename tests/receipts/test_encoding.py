"""What reaches the printer is what was meant, or a mark that says it is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receipts.columns import columns
from receipts.encoding import CHINESE_OFF, CHINESE_ON, Codec, encode, lacking

TEXTS = st.text(st.sampled_from("aZ09 $\\&.,會员卡許功蓋，。￥¥○㐂𠮷\x1b\x1c") | st.characters())


def unmarked(raw: bytes) -> bytes:
    return raw.replace(CHINESE_ON, b"").replace(CHINESE_OFF, b"")


@given(TEXTS, st.sampled_from(Codec))
def test_what_the_printer_has_comes_back_unchanged(text: str, codec: Codec) -> None:
    text = "".join(char for char in text if char not in lacking(text, codec))
    assert unmarked(encode(text, codec)).decode(codec) == text


@given(TEXTS, st.sampled_from(Codec))
def test_a_character_that_the_printer_lacks_shows_as_a_mark_and_nothing_moves(text: str, codec: Codec) -> None:
    said = unmarked(encode(text, codec)).decode(codec)
    missing = lacking(text, codec)
    assert len(said) == len(text)
    assert all(there == char if char not in missing else there in "□?" for char, there in zip(text, said, strict=True))
    assert columns(said) == columns(text)


@given(TEXTS, st.sampled_from(Codec))
def test_a_column_is_a_byte(text: str, codec: Codec) -> None:
    assert len(unmarked(encode(text, codec))) == columns(text)


@given(TEXTS, st.sampled_from(Codec))
def test_no_text_can_command_the_printer(text: str, codec: Codec) -> None:
    raw = unmarked(encode(text, codec))
    assert not [byte for byte in raw if byte < 0x20 or byte == 0x7F]


def test_only_chinese_is_marked() -> None:
    big5 = b"NT$50 " + CHINESE_ON + bytes.fromhex("be6cc342") + CHINESE_OFF + b" ok"
    assert encode("NT$50 餘額 ok", Codec.BIG5) == big5
    assert encode("NT$50", Codec.BIG5) == b"NT$50"


def test_the_second_byte_of_big5_may_be_a_backslash() -> None:
    """許功蓋: 0x5C ends each of the first two, and a real backslash stays outside the marks."""
    assert encode("許功\\", Codec.BIG5) == CHINESE_ON + b"\xb3\x5c\xa5\x5c" + CHINESE_OFF + b"\\"


@pytest.mark.parametrize(
    ("char", "codec"),
    [
        ("¥", Codec.GB18030),  # four bytes, which printers show as `06`
        ("¥", Codec.BIG5),  # the codec would print the wide sign
        ("•", Codec.BIG5),  # the codec would print `‧`
        ("𠮷", Codec.GB18030),
        ("𠮷", Codec.BIG5),
        ("额", Codec.BIG5),
        ("é", Codec.BIG5),
        ("😀", Codec.GB18030),
        ("\ue000", Codec.GB18030),
        ("\ud800", Codec.GB18030),
        ("\x1b", Codec.GBK),
        ("\n", Codec.BIG5),
    ],
)
def test_what_a_printer_lacks_is_found_before_it_prints(char: str, codec: Codec) -> None:
    assert lacking(f"a{char}b{char}", codec) == char


@pytest.mark.parametrize("codec", Codec)
def test_the_sign_that_slips_use_for_yuan_prints_everywhere(codec: Codec) -> None:
    assert not lacking("￥12.50 NT$12", codec)


def test_a_gb18030_printer_has_both_scripts_and_a_big5_printer_only_one() -> None:
    assert not lacking("餘額余额", Codec.GB18030)
    assert lacking("餘額余额", Codec.BIG5) == "额"
