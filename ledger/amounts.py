"""Money as integers of the smallest unit, and how a currency is read and shown."""

from __future__ import annotations

import re
from typing import Annotated

import msgspec

UNITS_MAX = 10**12
"""No single amount is larger: a slip has room for it and SQLite sums of it stay far inside 64 bits."""
Count = Annotated[int, msgspec.Meta(ge=1, le=UNITS_MAX)]
"""Units of anything, at least one."""


AMOUNT_TEXT_MAX = 32
"""Longer texts are no amounts, and costly to read."""


_AMOUNT = re.compile(r"(?P<whole>[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)?(?:\.(?P<part>[0-9]*))?")
# A comma stands before three digits or not at all: 1,5 is no 15.


class Currency(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A chain's currency: `units` everywhere are integers of 10**-minor_digits.

    TWD has two minor digits by ISO 4217, and is shown and charged in whole dollars: shown_digits=0, charge_step=100.
    """

    code: str
    minor_digits: int = 2
    shown_digits: int = 2
    charge_step: int = 1

    def __post_init__(self) -> None:
        """Raises ValueError: these are settings, and they come from a file."""
        if not 0 <= self.shown_digits <= self.minor_digits or self.charge_step < 1:
            raise ValueError(f"{self.code}: shown_digits is 0 to minor_digits, charge_step at least 1")

    def format(self, units: int) -> str:
        """`123456` -> `1,234.56`.

        Digits beyond shown_digits appear only when they are not zero: a slip never hides a cent.
        """
        scale = 10**self.minor_digits
        whole, part = divmod(abs(units), scale)
        digits = self.shown_digits
        if part % 10 ** (self.minor_digits - digits):
            digits = self.minor_digits
        sign = "-" if units < 0 else ""
        if digits == 0:
            return f"{sign}{whole:,}"
        return f"{sign}{whole:,}.{part // 10 ** (self.minor_digits - digits):0{digits}d}"

    def parse(self, text: str) -> int | None:
        """`1,234.5` -> `123450`; None when it is not an amount of this currency or has more digits than it can hold."""
        if len(text) > AMOUNT_TEXT_MAX:
            return None
        match = _AMOUNT.fullmatch(text.strip())
        whole, part = (match["whole"] or "").replace(",", "") if match else "", (match and match["part"]) or ""
        if not whole + part or len(part) > self.minor_digits:
            return None
        units = int(whole or "0") * 10**self.minor_digits + int(part.ljust(self.minor_digits, "0") or "0")
        return units if units <= UNITS_MAX else None

    def can_charge(self, units: int) -> bool:
        """Whether a cashier can take this sum: TWD knows no cents at a till."""
        return 0 < units <= UNITS_MAX and units % self.charge_step == 0
