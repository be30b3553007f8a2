"""The till's book for an auditor: an export of a till that is not running."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import click

from ledger.ids import HEADQUARTERS
from ledger.journal_sqlite import BookUnusable, Connection, open_to_read
from offline_queue.book_rows import BOOK, Table, read_rows
from offline_queue.export_items import AcknowledgementRow, Content, Damage, KeeperRow
from offline_queue.exporting import ExportRefused, heading, save_export
from terminal.config import SettingsWrong, TillSettings, read_toml
from terminal.hq_file import HQ_FILE, read_hq_file
from terminal.wiring import BOOK_FILE

TABLES = (*BOOK, Table("acknowledgements", AcknowledgementRow, key=1))


@click.command("export")
@click.argument("settings", type=click.Path(path_type=Path, dir_okay=False))
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False))
def export(settings: Path, out: Path) -> None:
    """Write the book of the till that SETTINGS describes to the new file OUT, for counterfoil-audit."""
    try:
        count = export_till(settings, out, now_ms=time.time_ns() // 1_000_000)
    except (SettingsWrong, BookUnusable, ExportRefused) as fault:
        raise click.ClickException(str(fault)) from fault
    click.echo(f"{out}: {count} items. Prove it: counterfoil-audit {out}")


def export_till(settings_file: Path, out: Path, *, now_ms: int) -> int:
    """Write the till's export to the new file `out`; the number of its items. The book is left as it is.

    Raises SettingsWrong; BookUnusable, also while the till runs; ExportRefused.
    """
    settings = read_toml(settings_file, TillSettings)
    data = settings_file.parent / settings.data
    with closing(open_to_read(data / BOOK_FILE)) as book:
        return save_export(out, heading(f"{settings.store}-{settings.till}", now_ms), _items(data, book))


def _items(data: Path, book: Connection) -> Iterator[Content]:
    """The rows, after the key by which this till knows HQ: HQ's own file must have the same."""
    try:
        hq = read_hq_file(data)
    except SettingsWrong as fault:
        yield Damage(HQ_FILE, str(fault))
    else:
        if hq is not None:
            yield KeeperRow(HEADQUARTERS, 0, "", hq.public_key)
    yield from read_rows(book, TABLES)
