"""HQ's book for an auditor: every keeper's chain, HQ's own, and the mirror of every place."""

from __future__ import annotations

from pathlib import Path

from ledger.ids import HEADQUARTERS
from ledger.journal_sqlite import open_to_read
from offline_queue.book_rows import BOOK, Table, read_rows
from offline_queue.export_items import ForkRow, KeeperRow, ProgressRow, SetAsideRow
from offline_queue.exporting import heading, save_export

TABLES = (
    Table("keepers", KeeperRow, key=2),
    Table("progress", ProgressRow, key=2),
    Table("suspense", SetAsideRow, key=4),
    Table("forks", ForkRow, key=4),
    *BOOK,
)
"""What HQ says of the chains comes before them. Pairing codes are nobody's business."""


def export_headquarters(book_file: Path, out: Path, *, now_ms: int) -> int:
    """Write HQ's export to the new file `out`; the number of its items. The book is left as it is.

    Raises BookUnusable, also while HQ runs on that file (then export a copy); ExportRefused.
    """
    book = open_to_read(book_file)
    try:
        return save_export(out, heading(HEADQUARTERS, now_ms), read_rows(book, TABLES))
    finally:
        book.close()
