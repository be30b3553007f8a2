"""Rows as plain text, for the screen and for eyes that compare."""

from __future__ import annotations

from receipts.columns import columns
from receipts.layout import QrRow, Row, Rows, Run, wrap
from receipts.slip import Align


def to_text(rows: Rows, paper_columns: int) -> str:
    """One line for each row, sizes left out, edges kept; a QR code is the text that it holds."""
    return "".join(f"{line.rstrip(' ')}\n" for row in rows for line in _lines(row, paper_columns))


def _lines(row: Row | QrRow, width: int) -> list[str]:
    match row:
        case QrRow(text):
            return ["", *(_placed(line, Align.CENTER, width) for line in wrap(text, width)), ""]
        case Row(run, right=Run() as value):
            return [run.text + " " * (width - columns(run.text) - columns(value.text)) + value.text]
        case Row(run):
            return [_placed(run.text, row.align, width)]


def _placed(text: str, align: Align, width: int) -> str:
    room = width - columns(text)
    before = {Align.LEFT: 0, Align.CENTER: room // 2, Align.RIGHT: room}[align]
    return " " * before + text
