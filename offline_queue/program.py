"""How a program of ours ends: when it is asked to, when a part of it fails, or when its disk does."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Collection

import click
import structlog

from ledger.journal_sqlite import BookBroken

DISK_FAILED = 70
"""Exit code (EX_SOFTWARE). The service manager starts it anew, and it then says what became of its last work."""

log = structlog.get_logger()


def refuse_to_run_without_asserts() -> None:
    """Raises click.ClickException under `python -O`: asserts say what must never be, and cost nothing beside a sync."""
    if not __debug__:
        raise click.ClickException("Python runs with -O or PYTHONOPTIMIZE. Start it without: money needs its asserts.")


def stop_signal() -> asyncio.Event:
    """Is set when the program is asked to end: Ctrl-C, or the service manager."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # Windows: the loop knows no signals
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
    return stop


async def until_the_end(stop: asyncio.Event, broken: asyncio.Event, jobs: Collection[asyncio.Task[None]]) -> int:
    """Wait until the program is asked to end, its disk is `broken`, or one of its jobs is over; the exit code."""
    ends = [asyncio.create_task(stop.wait()), asyncio.create_task(broken.wait())]
    done, _ = await asyncio.wait([*ends, *jobs], return_when=asyncio.FIRST_COMPLETED)
    for end in ends:
        end.cancel()
    if ends[0] in done:
        return 0
    for job in done & set(jobs):
        if not isinstance(job.exception(), BookBroken):
            log.error("a part of the program has failed", exc_info=job.exception())
    log.error("the program ends and must be started again", broken=broken.is_set())
    return DISK_FAILED
