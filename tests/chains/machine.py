"""A machine in a shop or at HQ: a program with its book, on a disk whose power can be cut at any of its writes."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, Protocol, TypeVar

import apsw

from ledger.journal_sqlite import Connection
from simulation.disk import Disk, File, PowerCut
from simulation.files import Files

CHECKPOINT_PAGES = 100
"""After so many pages the log is moved into the book, so that walks meet that too."""


class Store(Protocol):
    """What the stores of a till and of HQ have alike."""

    _connection: Connection

    def close(self) -> None:
        """Give the file free."""


S = TypeVar("S", bound=Store)
T = TypeVar("T")


class WentOff(Exception):
    """A machine has gone off in the middle of something; whoever spoke with it hears no more of that."""


class Machine(Generic[S]):
    """Opens its store by `begin`, and again after each cut. `image` is what lies on the disk before the first start.

    `starts`: how often it had started before that disk was put into it.
    """

    def __init__(
        self, name: str, begin: Callable[[str], S], image: dict[str, bytes] | None = None, starts: int = 0
    ) -> None:
        self.name = name
        self.disk = Disk(random.Random(name))
        self.is_dirty = True
        """Something may have changed since a check last looked."""
        self.starts = starts
        self._begin = begin
        self._killed = False
        for path, content in (image or {}).items():
            self.disk.name(path, File(bytearray(content), bytearray(content)))
        self.disk.sync_names()
        self.start()

    def start(self) -> None:
        """Switch on."""
        self.starts += 1
        self.is_dirty = True
        self._files = Files(self.disk)
        self.store = self._begin(self._files.vfs_name)
        self.store._connection.wal_autocheckpoint(CHECKPOINT_PAGES)

    def do(self, act: Callable[[S], T]) -> T:
        """One thing that the program does. Raises WentOff when the power goes off in it: its outcome is unknown."""
        self.is_dirty = True
        try:
            return act(self.store)
        except apsw.Error as fault:
            if not self.disk.is_off:
                raise
            raise WentOff from fault

    def cut_after(self, writes: int, *, killed: bool) -> None:
        """The power goes off at the next write but `writes`; `killed`: only the program dies, and the disk lives on."""
        self.disk.cut_at = self.disk.changes + writes + 1
        self._killed = killed

    def come_back(self) -> None:
        """After a cut, or from one moment to the next: the program ends here, and starts again on what the disk has."""
        self.disk.cut_at = self.disk.changes
        with suppress(PowerCut):
            self.store.close()
        if self._killed:
            self.disk.start()
        else:
            self.disk.power_on()
        self._killed = False
        self.start()

    def image(self) -> dict[str, bytes]:
        """What lies on its disk when it has ended in peace."""
        self.store.close()
        return {path: bytes(file.seen) for path, file in self.disk.seen.items()}

    def stay_on(self) -> None:
        """No cut any more."""
        self.disk.cut_at = None
