"""Text to a printer's bytes: ASCII plain, Chinese between FS & and FS . in the character set that the printer has.

A character that the set lacks is found before anything is printed, and shows as `□` or `?`: never as another character.
"""

from __future__ import annotations

from enum import StrEnum
from itertools import groupby
from unicodedata import category

from receipts.columns import is_wide

CHINESE_ON = b"\x1c&"
CHINESE_OFF = b"\x1c."
LACKING_WIDE = "□"
LACKING_NARROW = "?"
_BYTES_OF_CHINESE = 2


class Codec(StrEnum):
    """A printer's Chinese character set; the value is Python's name of it. cp950 is Big5 as printers have it."""

    GB18030 = "gb18030"
    GBK = "gbk"
    BIG5 = "cp950"


def encode(text: str, codec: Codec) -> bytes:
    """The bytes that print the text: one a column, and the marks around Chinese. What is lacking() is replaced."""
    if text.isascii() and text.isprintable():
        return text.encode(codec)
    visible = "".join(_visible(char, codec) for char in text)
    return b"".join(_part("".join(part), codec) for _, part in groupby(visible, key=str.isascii))


def lacking(text: str, codec: Codec) -> str:
    """The characters of the text that the printer can't print, each once, in order; empty is good news."""
    return "".join(char for char in dict.fromkeys(text) if not _prints(char, codec))


def _part(text: str, codec: Codec) -> bytes:
    raw = text.encode(codec)
    return raw if text.isascii() else CHINESE_ON + raw + CHINESE_OFF


def _visible(char: str, codec: Codec) -> str:
    if _prints(char, codec):
        return char
    return LACKING_WIDE if is_wide(char) else LACKING_NARROW


def _prints(char: str, codec: Codec) -> bool:
    """ASCII prints but for control codes, which would command the printer. All else must be one two-byte character.

    Python's codecs promise more than printers keep: GB18030 has four bytes for `¥` (printed as `06`) and for 𠮷, cp950
    turns `¥` into `￥`, and private-use characters land in the printer's own user area.
    """
    if char.isascii():
        return char.isprintable()
    if category(char) == "Co" or not is_wide(char):
        return False
    try:
        raw = char.encode(codec)
    except UnicodeEncodeError:
        return False
    return len(raw) == _BYTES_OF_CHINESE and raw.decode(codec) == char
