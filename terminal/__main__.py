"""counterfoil-till: the program that runs on a till."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from pathlib import Path

import click
from aiohttp import web

from drivers.events import DeviceEvent
from ledger.journal_sqlite import BookUnusable
from offline_queue import logs
from offline_queue.keys import KeyUnusable
from offline_queue.program import stop_signal, until_the_end
from receipts.wording import Wording
from terminal.api.app import make_app
from terminal.config import SettingsWrong
from terminal.devices import READY
from terminal.wiring import Parts, build

LOOPBACK = "127.0.0.1"


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
    stop = stop_signal()
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
        return await until_the_end(stop, parts.store.broken, tasks)
    finally:
        await _wind_up(parts, runner, tasks)


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


if __name__ == "__main__":
    main()
