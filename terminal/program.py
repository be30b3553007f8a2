"""counterfoil-till: the program that runs on a till."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from functools import partial
from pathlib import Path

import click
from aiohttp import web

from drivers.events import DeviceEvent
from ledger.journal_sqlite import BookUnusable
from offline_queue import logs
from offline_queue.keys import KeyUnusable
from offline_queue.program import refuse_to_run_without_asserts, stop_signal, until_the_end
from receipts.wording import Wording
from terminal import enrolling, exporting, hosting, setting_aside
from terminal.api.app import make_app, make_runner
from terminal.config import SettingsWrong, TillSettings, read_toml
from terminal.devices import READY
from terminal.enrolling import NotEnrolled
from terminal.exchanges import Occasion
from terminal.web.pages import add_pages
from terminal.wiring import Parts, build

LOOPBACK = "127.0.0.1"


@click.group()
@click.version_option(package_name="counterfoil")
def main() -> None:
    """Member cards at the till: stored value, points and slips that stay right when the line is cut."""
    refuse_to_run_without_asserts()


main.add_command(exporting.export)
main.add_command(setting_aside.command)
main.add_command(hosting.command)


@main.command()
@click.argument("settings", type=click.Path(path_type=Path, dir_okay=False))
def run(settings: Path) -> None:
    """Run the till that the file SETTINGS describes."""
    logs.set_up()
    try:
        sys.exit(asyncio.run(_serve(_built(settings))))
    except (SettingsWrong, BookUnusable, KeyUnusable) as fault:
        raise click.ClickException(str(fault)) from fault


@main.command()
@click.argument("settings", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--hq", "url", required=True, help="HQ's address, such as https://hq.example.com.")
@click.option("--code", help="The code that HQ has made for this till; asked for when it is not given.")
@click.option("--again", is_flag=True, help="Also when the till is enrolled already.")
def enrol(settings: Path, url: str, code: str | None, *, again: bool) -> None:
    """Make the till of the file SETTINGS and HQ known to each other. End the till first, and start it afterwards."""
    logs.set_up()
    typed = code or click.prompt("Pairing code")
    try:
        hq = asyncio.run(enrolling.enrol(settings, url, typed, again=again))
    except (NotEnrolled, SettingsWrong, BookUnusable, KeyUnusable) as fault:
        raise click.ClickException(str(fault)) from fault
    click.echo(f"enrolled at {hq.url}; its key is {hq.public_key.hex()}")


def _built(settings: Path) -> Parts:
    if read_toml(settings, TillSettings).is_hosted:
        raise SettingsWrong(f"{settings} is of a place at HQ: start it there, with counterfoil-till host.")
    return build(settings)


async def _serve(parts: Parts) -> int:
    till = parts.till
    stop = stop_signal()
    await till.begin()
    if parts.uplink is not None:
        await parts.uplink.begin()
    if parts.agent is not None:
        await parts.agent.begin()
    app = make_app(till, Wording.load(), own_hosts=(LOOPBACK, "localhost"), media=parts.media)
    add_pages(app)
    runner = make_runner(app)
    await runner.setup()
    tasks = [asyncio.create_task(job) for job in _jobs(parts)]
    try:
        await _listen(runner, parts.settings.port)
        click.echo(f"ready: http://{LOOPBACK}:{runner.addresses[0][1]}/")
        return await until_the_end(stop, parts.store.broken, tasks)
    finally:
        await _wind_up(parts, runner, tasks)


async def _listen(runner: web.AppRunner, port: int) -> None:
    try:
        await web.TCPSite(runner, LOOPBACK, port).start()
    except OSError as fault:
        raise SettingsWrong(f"port = {port} cannot be had: another program has it. Choose another.") from fault


async def _wind_up(parts: Parts, runner: web.AppRunner, tasks: list[asyncio.Task[None]]) -> None:
    parts.till.events.close()
    if parts.reader is not None:
        await asyncio.to_thread(parts.reader.stop)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await runner.cleanup()
    await asyncio.to_thread(parts.store.close)


def _jobs(parts: Parts) -> list[Coroutine[None, None, None]]:
    jobs: list[Coroutine[None, None, None]] = []
    if parts.printer is not None and parts.paper is not None:
        jobs.append(parts.till.printing(parts.printer, parts.paper).run())
    if parts.reader is not None:
        jobs.append(_hear(parts))
    if parts.uplink is not None and parts.lead is not None:
        jobs.append(parts.uplink.run())
        jobs.append(parts.lead.run())
        if parts.agent is not None:
            jobs.append(parts.agent.run())
        jobs += _at_times(parts)
    return jobs


def _at_times(parts: Parts) -> list[Coroutine[None, None, None]]:
    times = () if parts.settings.exchange is None else parts.settings.exchange.times
    if not times:
        return []
    from terminal.jobs import at_times  # noqa: PLC0415 - few tills have such times, and each start would pay 0.05 s

    return [at_times(times, parts.till.shop.zone, partial(parts.till.exchange, Occasion.SCHEDULE))]


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
