"""HQ's book for an auditor: every keeper's chain, HQ's own, and the mirror of every place."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path

import click

from hq_server.config import HqSettings
from hq_server.wiring import BOOK_FILE
from ledger.ids import HEADQUARTERS
from ledger.journal_sqlite import BookUnusable, Connection, open_to_read
from offline_queue.book_rows import BOOK, Table, read_rows
from offline_queue.export_items import ForkRow, KeeperRow, ProgressRow, SetAsideRow
from offline_queue.exporting import ExportRefused, heading, save_export
from offline_queue.settings import SettingsWrong, read_toml

TABLES = (
    Table("keepers", KeeperRow, key=2),
    Table("progress", ProgressRow, key=2),
    Table("suspense", SetAsideRow, key=4),
    Table("forks", ForkRow, key=4),
    *BOOK,
)
"""What HQ says of the chains comes before them. Pairing codes are nobody's business."""


@click.command("export")
@click.argument("settings", type=click.Path(path_type=Path, dir_okay=False))
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False))
def export(settings: Path, out: Path) -> None:
    """Write the book of the HQ that SETTINGS describes to the new file OUT, for counterfoil-audit. End HQ first."""
    try:
        book_file = settings.parent / read_toml(settings, HqSettings).data / BOOK_FILE
        count = export_file(book_file, out, now_ms=time.time_ns() // 1_000_000)
    except (SettingsWrong, BookUnusable, ExportRefused) as fault:
        raise click.ClickException(str(fault)) from fault
    click.echo(f"{out}: {count} items. Prove it: counterfoil-audit {out}")


def export_file(book_file: Path, out: Path, *, now_ms: int) -> int:
    """Write the export of a book that nobody has open, or of a copy; the number of its items. It is left as it is.

    Raises BookUnusable, also while HQ runs on that file; ExportRefused.
    """
    with closing(open_to_read(book_file)) as book:
        return export_headquarters(book, out, now_ms=now_ms)


def export_headquarters(book: Connection, out: Path, *, now_ms: int) -> int:
    """Write the export of an open book to the new file `out`; the number of its items.

    Run it inside one transaction: everything waits for it. Raises ExportRefused.
    """
    return save_export(out, heading(HEADQUARTERS, now_ms), read_rows(book, TABLES))
