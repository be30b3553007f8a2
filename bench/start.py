"""A till's start and its memory: from the start of the process to its answer, and what it holds in RAM then.

    .venv/bin/python -m bench.start [--starts N]

Beside it, in turn, the same Python that starts, imports nothing of ours, and ends: the floor of this machine.
Memory is what Linux calls RssAnon and RssFile together (VmRSS of /proc/PID/status); elsewhere it is left out.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from hardware_mocks.demo_store import DemoStore
from hardware_mocks.till_process import TillProcess


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--starts", type=int, default=10)
    count = parser.parse_args().starts
    with tempfile.TemporaryDirectory() as folder:
        settings = DemoStore(Path(folder)).settings()
        _till(settings, Path(folder))  # makes the book, as on the first day
        floor, starts = [], []
        memory = 0
        for _ in range(count):
            floor.append(_floor())
            took, memory = _till(settings, Path(folder))
            starts.append(took)
    print(f"{count} starts, in turn with the floor")
    print(f"python that does nothing  {statistics.median(floor):6.2f} s")
    print(f"till to its first answer  {statistics.median(starts):6.2f} s  (longest {max(starts):.2f} s)")
    print(f"memory of the till        {memory / 1024:6.1f} MiB" if memory else "memory: not known on this system")


def _till(settings: Path, folder: Path) -> tuple[float, int]:
    begin = time.perf_counter()
    with TillProcess(settings, folder / "till.log") as till:
        till.get("/v1/status")
        return time.perf_counter() - begin, _memory_kib(till.pid)


def _floor() -> float:
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return time.perf_counter() - begin


def _memory_kib(pid: int) -> int:
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return 0
    line = next(line for line in status.read_text("utf-8").splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1])


if __name__ == "__main__":
    main()
