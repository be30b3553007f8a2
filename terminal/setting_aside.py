"""Setting a till's book aside, so that the till can be enrolled anew: an old copy, a damaged file, another store."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

import click

from ledger.journal_sqlite import BookInUse, BookUnusable, open_to_read
from terminal.config import SettingsWrong, TillSettings, read_toml
from terminal.wiring import BOOK_FILE

ASIDE = "old-"


class NothingThere(Exception):
    """The till's data folder has nothing in it; there is nothing to set aside. Enrol the till."""


@click.command("set-aside")
@click.argument("settings", type=click.Path(path_type=Path, dir_okay=False))
def command(settings: Path) -> None:
    """Set the book, the keys and all else of the till of SETTINGS aside; nothing is deleted. Then enrol it anew.

    For a book that is an old copy, damaged, or another till's. End the till first. HQ gives the till its next epoch;
    what lay with it stays shown at the one before.
    """
    try:
        folder = set_aside(settings, datetime.now().astimezone())
    except (SettingsWrong, BookUnusable, NothingThere) as fault:
        raise click.ClickException(str(fault)) from fault
    click.echo(f"set aside in {folder}. Keep it. Have HQ make a pairing code, and enrol this till with it.")


def set_aside(settings_file: Path, now: datetime) -> Path:
    """Move all that is in the till's data folder, and its marker, into a new folder in there, which is returned.

    Raises SettingsWrong; BookInUse while the till runs; NothingThere.
    """
    settings = read_toml(settings_file, TillSettings)
    data = settings_file.parent / settings.data
    _refuse_while_it_runs(data / BOOK_FILE)
    found = sorted(one for one in data.glob("*") if not one.name.startswith(ASIDE))
    if not found:
        raise NothingThere(f"There is nothing in {data}. Enrol the till.")
    folder = data / f"{ASIDE}{now:%Y%m%dT%H%M%S}"
    folder.mkdir()
    marker = settings_file.parent / settings.marker if settings.marker else None
    for one in (*found, *([marker] if marker is not None and marker.exists() else [])):
        shutil.move(one, folder / one.name)
    return folder


def _refuse_while_it_runs(book: Path) -> None:
    try:
        open_to_read(book).close()
    except BookUnusable as fault:
        if isinstance(fault, BookInUse):
            raise
        # One that is damaged, or not there, is what this is for.
