"""The disk as SQLite reaches it: a VFS and its open files (sqlite.org/vfs.html), by apsw."""
# ruff: noqa: ARG002, D102, FBT001, N802 - names and arguments are SQLite's, and so is what they mean

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import cast

import apsw

from simulation.disk import SECTOR, Disk, File, PowerCut, Truncate, Write


class Files(apsw.VFS):
    """The disk as SQLite reaches it from one switching on to the next cut: open a book with `vfs=files.vfs_name`."""

    def __init__(self, disk: Disk) -> None:
        self.vfs_name = f"disk-{id(disk)}-{disk.starts}"
        super().__init__(self.vfs_name, "")
        self.disk = disk
        self.open_files = 0
        self._starts = disk.starts
        Quiet.install()

    def check_power(self) -> None:
        if self.disk.is_off or self._starts != self.disk.starts:
            raise PowerCut

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        self.check_power()
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        file = File() if path is None else self.disk.seen.get(path)
        if file is None:
            assert path is not None
            assert flags[0] & apsw.SQLITE_OPEN_CREATE, f"SQLite asked for {path}, which is not there"
            self.disk.touch(f"create {path}")
            file = File()
            self.disk.name(path, file)
        flags[1] = flags[0]
        self.open_files += 1
        syncs_folder = bool(flags[0] & (apsw.SQLITE_OPEN_WAL | apsw.SQLITE_OPEN_MAIN_JOURNAL))
        return cast(apsw.VFSFile, OpenFile(self, path or "", file, syncs_folder=syncs_folder))

    def xDelete(self, name: str, syncdir: bool) -> None:
        self.check_power()
        self.disk.touch(f"delete {name}")
        self.disk.name(name, None)
        if syncdir:
            self.disk.sync_names()

    def xAccess(self, pathname: str, flags: int) -> bool:
        return pathname in self.disk.seen

    def xFullPathname(self, name: str) -> str:
        return name

    def xRandomness(self, numbytes: int) -> bytes:
        return self.disk.chance.randbytes(numbytes)

    def xSleep(self, microseconds: int) -> int:
        return microseconds


class OpenFile:
    """One open file, until the power goes off. One connection has the disk, so locks are nothing."""

    def __init__(self, files: Files, path: str, file: File, *, syncs_folder: bool) -> None:
        self._files, self._disk = files, files.disk
        self._path, self._file, self._syncs_folder = path, file, syncs_folder
        self._check_power = files.check_power

    def xRead(self, amount: int, offset: int) -> bytes:
        self._check_power()
        return bytes(self._file.seen[offset : offset + amount])

    def xWrite(self, data: bytes, offset: int) -> None:
        self._check_power()
        if self._disk.is_full:
            self._disk.touch(f"write {self._path}")  # raises, and nothing was written
        self._file.change(Write(offset, bytes(data)))
        self._disk.touch(f"write {self._path}")

    def xTruncate(self, newsize: int) -> None:
        self._check_power()
        self._file.change(Truncate(newsize))
        self._disk.touch(f"truncate {self._path}")

    def xSync(self, flags: int) -> None:
        self._check_power()
        try:
            self._disk.touch(f"sync {self._path}")
        except PowerCut:
            raise
        except apsw.Error:
            self._file.lose_sync()
            raise
        if not self._disk.syncs(self._path):
            return
        self._file.sync()
        if self._syncs_folder:
            self._disk.sync_names()
            self._syncs_folder = False

    def xFileSize(self) -> int:
        self._check_power()
        return len(self._file.seen)

    def xDeviceCharacteristics(self) -> int:
        return apsw.SQLITE_IOCAP_POWERSAFE_OVERWRITE if self._disk.powersafe else 0

    def xSectorSize(self) -> int:
        return SECTOR

    def xLock(self, level: int) -> None: ...

    def xUnlock(self, level: int) -> None: ...

    def xCheckReservedLock(self) -> bool:
        return False

    def xFileControl(self, op: int, ptr: int) -> bool:
        return False

    def xClose(self) -> None:
        self._files.open_files -= 1


class Quiet:
    """A book that is dropped without close() still tries to tidy up, on a disk that is off: that is no news.

    It may be forgotten long after its test, in the middle of another one; so this is for good.
    """

    def __init__(self, loud: Callable[[sys.UnraisableHookArgs], object]) -> None:
        self._loud = loud

    def __call__(self, unraisable: sys.UnraisableHookArgs) -> None:
        if unraisable.exc_type is not PowerCut:
            self._loud(unraisable)

    @classmethod
    def install(cls) -> None:
        if not isinstance(sys.unraisablehook, cls):
            sys.unraisablehook = cls(sys.unraisablehook)
