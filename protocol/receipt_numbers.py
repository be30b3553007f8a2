"""Receipt numbers: how a keeper's slips are called, on paper, on a screen and in its records."""

from __future__ import annotations

import re
from typing import NamedTuple

from ledger.ids import PLACE_PATTERN, Place, parse_place

FIRST_EPOCH = 1

DIGITS_MAX = 15
"""More slips than a till can print, and far from what Python takes long to read."""


_NAME = re.compile(rf"(?P<keeper>{PLACE_PATTERN})(\.(?P<epoch>[1-9][0-9]{{0,17}}))?-[0-9]{{6,{DIGITS_MAX}}}")


def is_slips_name(text: str) -> bool:
    """Whether some keeper's slip may be called so."""
    return _NAME.fullmatch(text) is not None


class Numbering(NamedTuple):
    """The names of the slips of one keeper in one of its epochs; they run on from 1 without a gap.

    `07-2-000031` is the 31st of the first epoch, `07-2.2-000031` that of the second: a till that takes another's place
    can't know how many slips that one has given out, and no slip may have the name of another.
    """

    keeper: Place
    epoch: int

    @property
    def prefix(self) -> str:
        """What stands before the last hyphen of all of them."""
        return self.keeper if self.epoch == FIRST_EPOCH else f"{self.keeper}.{self.epoch}"

    def text(self, number: int) -> str:
        """The name of slip `number`. It has this one only."""
        return f"{self.prefix}-{number:06d}"

    def number(self, text: str) -> int | None:
        """The opposite of text(); None for anything else, and for a slip of another keeper or epoch."""
        digits = text.removeprefix(f"{self.prefix}-")
        if not digits.isascii() or not digits.isdigit() or len(digits) > DIGITS_MAX:
            return None
        return int(digits) if text == self.text(int(digits)) else None


def numbering_of(text: str) -> Numbering | None:
    """Whose slip may be called so."""
    match = _NAME.fullmatch(text)
    keeper = None if match is None else parse_place(match["keeper"])
    if match is None or keeper is None:
        return None
    return Numbering(keeper, int(match["epoch"] or FIRST_EPOCH))
