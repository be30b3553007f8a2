"""Makes an export of a book: who exports, when, and a file that is whole or not there."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from offline_queue.export_file import write_export
from offline_queue.export_items import Content, Exported


class ExportRefused(Exception):
    """The export was not made, and nothing was changed. The message says what to do."""


def heading(place: str, now_ms: int, kind: Literal["book", "fork"] = "book") -> Exported:
    """The first item of an export that is made now, by whoever is signed on to this machine."""
    return Exported(kind, place, now_ms, _user(), software())


def software() -> str:
    """This program, as an export names it."""
    return f"counterfoil {version('counterfoil')}"


def save_export(out: Path, head: Exported, items: Iterable[Content]) -> int:
    """Write an export to a new file, on the disk under its name only when it is whole; the number of its items.

    Raises ExportRefused when the file is there already, or the disk is full.
    """
    if out.exists():
        raise ExportRefused(f"{out} is there already. Choose another name: an export is never written over.")
    part = out.with_name(out.name + ".part")
    try:
        with part.open("wb") as stream:
            count = write_export(stream, head, items)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(out)
    except OSError as fault:
        part.unlink(missing_ok=True)
        raise ExportRefused(f"{out} cannot be written: {fault.strerror}.") from fault
    return count


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a service on Windows has no user's name
        return "unknown"
