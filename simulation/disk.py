"""A disk in memory whose power can be cut: what was not synced is lost, kept in part, or torn.

It holds to the least that SQLite asks of a disk. A sync puts a file's bytes on the platter, and the folder's names when
SQLite's own file layer would do so. Anything else may or may not be there after a cut: any prefix or any part of the
writes since the last sync, sector by sector, and only the older of the folder's changes. Where `powersafe` is off, a
sector that was being written may hold anything after the cut, also in bytes that nobody wrote.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import apsw

SECTOR = 512


class PowerCut(apsw.IOError):
    """The power is off: whatever still reaches for the disk gets this."""


@dataclass(frozen=True, slots=True)
class Write:
    """Bytes that a program has written at an offset."""

    offset: int
    data: bytes

    def sectors(self) -> Iterator[Write]:
        """The same bytes in pieces, none of which crosses a sector's border."""
        start, end = self.offset, self.offset + len(self.data)
        while start < end:
            stop = min(end, (start // SECTOR + 1) * SECTOR)
            yield Write(start, self.data[start - self.offset : stop - self.offset])
            start = stop

    def apply(self, content: bytearray) -> None:
        """Do so to a file's bytes."""
        end = self.offset + len(self.data)
        if len(content) < end:
            content.extend(bytes(end - len(content)))
        content[self.offset : end] = self.data


@dataclass(frozen=True, slots=True)
class Truncate:
    """The size that a file was cut or filled up to."""

    size: int

    def apply(self, content: bytearray) -> None:
        """Do so to a file's bytes."""
        if len(content) < self.size:
            content.extend(bytes(self.size - len(content)))
        del content[self.size :]


@dataclass(slots=True)
class File:
    """One file's bytes: as programs see them, as the platter has them, and the changes between the two."""

    seen: bytearray = field(default_factory=bytearray)
    platter: bytearray = field(default_factory=bytearray)
    unsynced: list[Write | Truncate] = field(default_factory=list)

    def change(self, change: Write | Truncate) -> None:
        """Seen at once, and not on the platter yet."""
        change.apply(self.seen)
        self.unsynced.append(change)

    def lose_sync(self) -> None:
        """A sync that fails: as Linux does it, what was to be written is no longer dirty and never will be again."""
        self.unsynced.clear()

    def sync(self) -> None:
        """From here on no cut takes back what is seen."""
        self.platter[:] = self.seen
        self.unsynced.clear()

    def cut(self, chance: random.Random, *, powersafe: bool) -> None:
        """The power goes off: what of the changes reached the platter is a matter of chance."""
        for change in _kept(self.unsynced, chance, powersafe=powersafe):
            change.apply(self.platter)
        self.seen[:] = self.platter
        self.unsynced.clear()


def _kept(changes: list[Write | Truncate], chance: random.Random, *, powersafe: bool) -> Iterator[Write | Truncate]:
    """What of the unsynced changes reached the platter, and what stands there in place of the rest."""
    fate = chance.choice(("none", "prefix", "some", "torn"))
    first_lost = {"none": 0, "prefix": chance.randrange(len(changes) + 1)}.get(fate, len(changes))
    for change in changes[:first_lost]:
        if fate == "some" and chance.random() < 0.5:
            continue
        if fate != "torn" or isinstance(change, Truncate):
            yield change
            continue
        for piece in change.sectors():
            luck = chance.random()
            if luck < 0.6:
                yield piece
            elif luck > 0.9 and not powersafe:
                yield Write(piece.offset // SECTOR * SECTOR, chance.randbytes(SECTOR))


class Disk:
    """Files by name, a power switch, and a count of everything that changes them."""

    def __init__(self, chance: random.Random, *, powersafe: bool = True) -> None:
        self.chance = chance
        self.powersafe = powersafe
        self.seen: dict[str, File] = {}
        self.platter: dict[str, File] = {}
        self._unsynced_names: list[dict[str, File]] = []
        self.changes = 0
        self.cut_at: int | None = None
        self.cut_in: list[str] = []
        self.is_full = False
        """There is no room for another byte. What is there can be read, and taken away."""
        self.fails_at: int | None = None
        self.failure: apsw.Error = apsw.IOError("this change failed")
        self.starts = 0
        self.syncs: Callable[[str], bool] = lambda _: True
        """Whether this file's xSync does what it says; a test may plug in a disk that lies."""

    @property
    def is_off(self) -> bool:
        """Whether the power is off."""
        return self.cut_at is not None and self.changes >= self.cut_at

    def touch(self, what: str) -> None:
        """Count a change; when its time has come, the power goes off here and stays off until power_on()."""
        self.changes += 1
        if self.is_off:
            self.cut_in.append(what)
            raise PowerCut
        if self.changes == self.fails_at:
            raise self.failure
        if self.is_full and what.startswith(("write", "create")):
            raise apsw.FullError("there is no room")

    def name(self, name: str, file: File | None) -> None:
        """Enter a file in the folder, or take it out with None. On the platter after sync_names()."""
        self.seen.pop(name, None)
        if file is not None:
            self.seen[name] = file
        self._unsynced_names.append(dict(self.seen))

    def sync_names(self) -> None:
        """Put the folder on the platter as it is seen."""
        self.platter = dict(self.seen)
        self._unsynced_names.clear()

    def image(self) -> dict[str, bytes]:
        """A copy of all files in one instant, as programs see them."""
        return {name: bytes(file.seen) for name, file in self.seen.items()}

    def put_back(self, image: dict[str, bytes]) -> None:
        """The disk has failed, and one with this copy stands in its place. What still reaches for the old one fails."""
        self.seen = {name: File(bytearray(content), bytearray(content)) for name, content in image.items()}
        self.sync_names()

    def start(self) -> None:
        """A program starts. What an earlier one wrote is seen, synced or not; what it still tries to do is not done."""
        self.cut_at = None
        self.starts += 1

    def power_on(self) -> None:
        """After a cut: what programs see is what the platter kept. A folder keeps its changes in their order."""
        kept = self.chance.randrange(len(self._unsynced_names) + 1)
        self.platter = dict([self.platter, *self._unsynced_names][kept])
        self.seen = dict(self.platter)
        self._unsynced_names.clear()
        for file in self.platter.values():
            file.cut(self.chance, powersafe=self.powersafe)
        self.start()
