"""A disk that can be filled: a real small one where this machine lets us mount, and a bound on every file's size."""

import resource
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Protocol

from hardware_mocks.till_process import TillProcess

DISK_BYTES = 2 << 20
LIVES_S_MAX = 120
UNSHARE = ("unshare", "--user", "--map-root-user", "--mount")
NSENTER = ("nsenter", "--preserve-credentials", "--user", "--mount")
MOUNT = f'mount -t tmpfs -o size={DISK_BYTES} none "$0" && echo mounted && exec sleep {LIVES_S_MAX}'


class Disk(Protocol):
    """`prefix` goes before the till's command, so that it runs on this disk; `data` is where we see its files."""

    prefix: tuple[str, ...]
    data: Path

    def fill(self, till: TillProcess) -> None:
        """From now on nothing more can be written."""

    def free(self, till: TillProcess) -> None:
        """There is room again."""


class MountedDisk:
    """A file system of its own, seen only by a sleeping process and by who joins it. It is really full: ENOSPC."""

    def __init__(self, holder: int, folder: Path) -> None:
        self.prefix: tuple[str, ...] = (*NSENTER, f"--wd={Path.cwd()}", "--target", str(holder))
        self.data = Path(f"/proc/{holder}/root{folder}")
        self._filler = self.data / "filler"

    def fill(self, _till: TillProcess) -> None:
        with self._filler.open("wb", buffering=0) as filler, suppress(OSError):
            while True:
                filler.write(bytes(4096))

    def free(self, _till: TillProcess) -> None:
        self._filler.unlink()


class BoundedFiles:
    """No file of the till may grow (RLIMIT_FSIZE): EFBIG, which SQLite takes for a disk that fails."""

    def __init__(self, folder: Path) -> None:
        self.prefix: tuple[str, ...] = ()
        self.data = folder

    def fill(self, till: TillProcess) -> None:
        largest = max(file.stat().st_size for file in self.data.iterdir())
        resource.prlimit(till.pid, resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))

    def free(self, till: TillProcess) -> None:
        if not till.ended:
            resource.prlimit(till.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def kinds_of_disk() -> list[str]:
    """What this machine lets us make; a container often forbids to mount."""
    command = [*UNSHARE, "sh", "-c", "mount -t tmpfs none /mnt && nsenter --version"]
    try:
        mounts = subprocess.run(command, capture_output=True, check=False, timeout=10).returncode == 0
    except FileNotFoundError:
        mounts = False
    return ["bounded", "mounted"] if mounts else ["bounded"]


def small_disk(kind: str, folder: Path) -> AbstractContextManager[Disk]:
    """Everything that lies in `folder` lies on it."""
    return _mounted(folder) if kind == "mounted" else _bounded(folder)


@contextmanager
def _bounded(folder: Path) -> Iterator[Disk]:
    yield BoundedFiles(folder)


@contextmanager
def _mounted(folder: Path) -> Iterator[Disk]:
    with subprocess.Popen([*UNSHARE, "sh", "-c", MOUNT, str(folder)], stdout=subprocess.PIPE) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"mounted\n"
            disk = MountedDisk(holder.pid, folder)
            for file in folder.iterdir():
                (disk.data / file.name).write_bytes(file.read_bytes())
            yield disk
        finally:
            holder.kill()
