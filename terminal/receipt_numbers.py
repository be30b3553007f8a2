"""Receipt numbers: a till's running number of slips, as it is printed and asked for."""

from __future__ import annotations

from ledger.ids import Place


def receipt_text(place: Place, number: int) -> str:
    """`07-2-000031`: the till, and its slip. A slip has this one name only."""
    return f"{place}-{number:06d}"


RECEIPT_DIGITS_MAX = 15
"""More slips than a till can print, and far from what Python takes long to read."""


def number_of(place: Place, text: str) -> int | None:
    """The opposite of receipt_text(); None for anything else, and for another till's slip."""
    number = text.removeprefix(f"{place}-")
    if not number.isascii() or not number.isdigit() or len(number) > RECEIPT_DIGITS_MAX:
        return None
    return int(number) if text == receipt_text(place, int(number)) else None
