"""The marker as a file beside the book: one line that names the chain's head, written over at each commit."""

from __future__ import annotations

from contextlib import suppress
from errno import ENOSPC
from pathlib import Path
from typing import BinaryIO, Protocol

import msgspec
import structlog

from ledger.ids import Place

MARK_BYTES = 256
"""Within one sector of any disk, so that a power cut leaves the old mark or the new one."""

log = structlog.get_logger()


class Mark(msgspec.Struct, frozen=True):
    """A record of a chain that somebody has seen, by its number and hash."""

    keeper: Place
    epoch: int
    sequence: int
    hash: bytes


class Marker(Protocol):
    """Keeps one mark outside the book, so that it is not restored together with it."""

    def read(self) -> Mark | None:
        """The last mark; None when there is none that can be read."""

    def write(self, mark: Mark) -> None:
        """Put this one in its place. It need not outlast a power cut: an earlier mark will do."""

    def close(self) -> None:
        """Give free what it is kept in."""


class MarkerFile:
    """The file at `path`, made with the first mark. It is not synced: the system writes it out within half a minute."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self._has_failed = False

    def read(self) -> Mark | None:
        """The last mark; None when there is no file, or nothing that can be read in it."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Mark)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return None

    def write(self, mark: Mark) -> None:
        """Put this one in its place. Where that fails life goes on: an old mark is as good as the next witness."""
        line = msgspec.json.encode(mark).ljust(MARK_BYTES - 1) + b"\n"
        assert len(line) == MARK_BYTES, "names of places have bounds"
        try:
            self._put(line)
        except OSError as fault:
            if not self._has_failed:
                log.warning("cannot note the chain's head", file=str(self._path), why=str(fault))
            self._has_failed = True
            self.close()  # its disk may come back as another one
        else:
            self._has_failed = False

    def close(self) -> None:
        """Give the file free."""
        file, self._file = self._file, None
        if file is not None:
            with suppress(OSError):  # what it says was written without a buffer
                file.close()

    def _put(self, line: bytes) -> None:
        if self._file is None:
            self._file = self._open()
        self._file.seek(0)
        if self._file.write(line) != MARK_BYTES:
            raise OSError(ENOSPC, "no room for all of it")

    def _open(self) -> BinaryIO:
        self._path.touch()
        return self._path.open("r+b", buffering=0)
