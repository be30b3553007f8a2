"""counterfoil-till: the program that runs on a till."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Coroutine
from pathlib import Path

import click
import structlog
from aiohttp import web

from drivers.events import DeviceEvent
from ledger.journal_sqlite import BookUnusable
from offline_queue.keys import KeyUnusable
from receipts.wording import Wording
from terminal import logs
from terminal.api.app import make_app
from terminal.config import SettingsWrong
from terminal.devices import READY
from terminal.store_thread import BookBroken
from terminal.wiring import Parts, build

LOOPBACK = "127.0.0.1"
DISK_FAILED = 70
"""Exit code (EX_SOFTWARE). The service manager starts the till anew, which then says what became of the last sale."""

log = structlog.get_logger()


@click.group()
@click.version_option(package_name="counterfoil")
def main() -> None:
    """Member cards at the till: stored value, points and slips that stay right when the line is cut."""


@main.command()
@click.argument("settings", type=click.Path(path_type=Path, dir_okay=False))
def run(settings: Path) -> None:
    """Run the till that the file SETTINGS describes."""
    logs.set_up()
    try:
        parts = build(settings)
    except (SettingsWrong, BookUnusable, KeyUnusable) as fault:
        raise click.ClickException(str(fault)) from fault
    sys.exit(asyncio.run(_serve(parts)))


async def _serve(parts: Parts) -> int:
    till = parts.till
    stop = _stop_signal()
    await till.begin()
    runner = web.AppRunner(
        make_app(till, Wording.load(), own_hosts=(LOOPBACK, "localhost")), access_log=None, shutdown_timeout=2
    )
    await runner.setup()
    tasks = [asyncio.create_task(job) for job in _device_jobs(parts)]
    try:
        site = web.TCPSite(runner, LOOPBACK, parts.settings.port)
        await site.start()
        click.echo(f"ready: http://{LOOPBACK}:{runner.addresses[0][1]}/")
        return await _until_the_end(stop, parts, tasks)
    finally:
        await _wind_up(parts, runner, tasks)


async def _until_the_end(stop: asyncio.Event, parts: Parts, tasks: list[asyncio.Task[None]]) -> int:
    ends = [asyncio.create_task(stop.wait()), asyncio.create_task(parts.store.broken.wait())]
    done, _ = await asyncio.wait([*ends, *tasks], return_when=asyncio.FIRST_COMPLETED)
    for end in ends:
        end.cancel()
    if ends[0] in done:
        return 0
    for task in done & set(tasks):
        if not isinstance(task.exception(), BookBroken):
            log.error("a part of the till has failed", exc_info=task.exception())
    log.error("the till ends and must be started again", broken=parts.store.broken.is_set())
    return DISK_FAILED


async def _wind_up(parts: Parts, runner: web.AppRunner, tasks: list[asyncio.Task[None]]) -> None:
    parts.till.events.close()
    if parts.reader is not None:
        await asyncio.to_thread(parts.reader.stop)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await runner.cleanup()
    await asyncio.to_thread(parts.store.close)


def _device_jobs(parts: Parts) -> list[Coroutine[None, None, None]]:
    jobs: list[Coroutine[None, None, None]] = []
    if parts.printer is not None and parts.paper is not None:
        jobs.append(parts.till.printing(parts.printer, parts.paper).run())
    if parts.reader is not None:
        jobs.append(_hear(parts))
    return jobs


async def _hear(parts: Parts) -> None:
    """The reader's thread puts events on one queue; the till hears them one after another."""
    assert parts.reader is not None
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[DeviceEvent] = asyncio.Queue()  # as long as hands can swipe, which is bound enough

    def emit(event: DeviceEvent) -> None:
        loop.call_soon_threadsafe(queue.put_nowait, event)

    parts.till.board.put(parts.reader.name, "MSR", READY)
    parts.reader.start(emit)
    while True:
        await parts.till.on_device(await queue.get())


def _stop_signal() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # Windows: the loop knows no signals
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
    return stop


if __name__ == "__main__":
    main()
