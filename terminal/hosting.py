"""counterfoil-till host: keeps the places at HQ of hosted stores' tills. It runs where HQ does, with keys of HQ's."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import click

from ledger.journal_sqlite import BookUnusable
from offline_queue import logs
from offline_queue.keys import KeyUnusable
from offline_queue.program import stop_signal, until_the_end
from terminal.config import SettingsWrong, TillSettings, read_toml
from terminal.uplink import Uplink
from terminal.wiring import Parts, build


@click.command("host")
@click.argument("settings", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
def command(settings: tuple[Path, ...]) -> None:
    """Keep the places at HQ of hosted stores' tills: a file of SETTINGS for each, with `till = "1@hq"`."""
    logs.set_up()
    try:
        sys.exit(asyncio.run(_keep([_built(one) for one in settings])))
    except (SettingsWrong, BookUnusable, KeyUnusable) as fault:
        raise click.ClickException(str(fault)) from fault


def _built(settings: Path) -> tuple[Parts, Uplink]:
    if not read_toml(settings, TillSettings).is_hosted:
        raise SettingsWrong(f"{settings} is of a till in a shop: start it with counterfoil-till run.")
    parts = build(settings)
    if parts.uplink is None:
        raise SettingsWrong(f"{settings}: HQ does not know this place yet. Have HQ make a pairing code, and enrol it.")
    return parts, parts.uplink


async def _run(parts: Parts, uplink: Uplink) -> None:
    """Until its disk fails, which ends the program for all: the service manager starts it anew."""
    running = asyncio.create_task(uplink.run())
    try:
        await parts.store.broken.wait()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def _keep(places: list[tuple[Parts, Uplink]]) -> int:
    stop = stop_signal()
    for parts, uplink in places:
        await parts.till.begin()
        await uplink.begin()
    jobs = [asyncio.create_task(_run(*one)) for one in places]
    click.echo(f"ready: {' '.join(parts.till.shop.identity.place for parts, _ in places)}")
    try:
        return await until_the_end(stop, asyncio.Event(), jobs)
    finally:
        for job in jobs:
            job.cancel()
        await asyncio.gather(*jobs, return_exceptions=True)
        await asyncio.gather(*(asyncio.to_thread(parts.store.close) for parts, _ in places))
