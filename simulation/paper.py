"""What lies before a printer: strips of paper, and what can be read on them. No program takes one back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from drivers.profiles import PRINTERS
from receipts.encoding import Codec, encode
from receipts.escpos import PaperSpec
from receipts.wording import Language, Wording

LANGUAGE = Language.TAIWAN
_MODEL = PRINTERS["generic-80-big5"]
PAPER = PaperSpec(_MODEL.columns, Codec(_MODEL.codec), escpos_profile="default", native_qr=True, cut=_MODEL.cutter)
"""What every printer of the chain takes."""


class Said(NamedTuple):
    """What a slip says that ties it to its record."""

    number: str
    record: str
    check_code: str
    is_copy: bool


@dataclass(eq=False)
class Strip:
    """One run of a slip, as its printer was sent it: bytes that it has got, and those that are on paper."""

    slip: bytes
    got: int = 0
    out: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether all of it came out."""
        return self.out == len(self.slip)

    @cached_property
    def said(self) -> Said:
        """What it says where it is whole. Raises AssertionError where that is not what our slips say."""
        number, record, code = (_beside(key, self.slip) for key in ("slip.number", "slip.record", "slip.check_code"))
        return Said(number, record, code, _words("slip.copy") in self.slip)


def _words(key: str) -> bytes:
    return encode(Wording.load().say(key, LANGUAGE), PAPER.codec)


def _beside(key: str, slip: bytes) -> str:
    found = re.search(re.escape(_words(key)) + rb" +([!-~]+)\n", slip)
    assert found is not None, f"there is no {key} on a slip: {slip!r}"
    return found[1].decode()
