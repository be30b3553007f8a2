"""How wide text is on paper: one column for ASCII, two for every character that a printer gets as two bytes."""

from __future__ import annotations

import unicodedata

# East Asian Width (UAX 11): Wide, Fullwidth, and Ambiguous such as `○`, which Chinese character sets draw full width.
_WIDE = frozenset("WFA")


def is_wide(char: str) -> bool:
    """Whether it takes two columns."""
    return unicodedata.east_asian_width(char) in _WIDE


def columns(text: str) -> int:
    """Columns that the text takes at normal size."""
    return len(text) if text.isascii() else sum(1 + is_wide(char) for char in text)
