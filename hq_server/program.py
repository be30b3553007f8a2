"""counterfoil-hq: the program that runs at headquarters, and the commands that speak to it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import click
from aiohttp import web

from hq_server import (
    book_commands,
    card_commands,
    exporting,
    media_commands,
    members_commands,
    promotion_commands,
    recovery_commands,
    store_commands,
    till_commands,
)
from hq_server.api.app import make_app, make_runner
from hq_server.commanding import url_of
from hq_server.wiring import Parts, build
from ledger.journal_sqlite import BookUnusable
from offline_queue import logs
from offline_queue.gateway.door import Door
from offline_queue.keys import KeyUnusable
from offline_queue.program import refuse_to_run_without_asserts, stop_signal, until_the_end
from offline_queue.settings import SettingsWrong


@click.group()
@click.version_option(package_name="counterfoil")
def main() -> None:
    """Headquarters of a chain: takes the tills' records in, and keeps the book of the whole chain."""
    refuse_to_run_without_asserts()


for command in (
    *(till_commands.tills, store_commands.stores, members_commands.members, card_commands.cards, exporting.export),
    *(book_commands.suspense, book_commands.differences, book_commands.waiting, book_commands.conservation),
    *(book_commands.placement, book_commands.key),
    media_commands.media,
    promotion_commands.promotions,
    recovery_commands.recovery,
):
    main.add_command(command)


@main.command()
@click.argument("settings", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--restored", is_flag=True, help="Its book was put back from a copy, and perhaps the marker with it.")
def run(settings: Path, *, restored: bool) -> None:
    """Run the server that the file SETTINGS describes."""
    logs.set_up()
    try:
        parts = build(settings, is_restored=restored)
    except (SettingsWrong, BookUnusable, KeyUnusable) as fault:
        raise click.ClickException(str(fault)) from fault
    sys.exit(asyncio.run(_serve(parts)))


async def _serve(parts: Parts) -> int:
    settings, stop = parts.settings, stop_signal()
    door = Door(
        parts.desk, lines_max=settings.lines_max, records_per_s=settings.records_per_s, copies_s=settings.copies_s
    )
    runner = make_runner(make_app(parts.desk, door, parts.token))
    await runner.setup()
    posting = asyncio.create_task(parts.desk.post_what_is_held())
    try:
        try:
            await web.TCPSite(runner, settings.host, settings.port).start()
        except OSError as fault:
            where = f"{settings.host}, port {settings.port}"
            raise click.ClickException(f"Cannot listen at {where}: {fault.strerror}.") from fault
        click.echo(f"ready: {url_of(settings.host, runner.addresses[0][1])}/")
        return await until_the_end(stop, parts.store.broken, [posting])
    finally:
        await runner.cleanup()
        posting.cancel()
        await asyncio.gather(posting, return_exceptions=True)
        await asyncio.to_thread(parts.store.close)
