"""Receipt numbers: a till's running number of slips, as it is printed and asked for."""

from __future__ import annotations

from ledger.ids import Place


def receipt_text(place: Place, number: int) -> str:
    """`07-2-000031`: the till, and its slip. A slip has this one name only."""
    return f"{place}-{number:06d}"
