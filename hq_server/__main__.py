"""counterfoil-hq: the program that runs at headquarters, and the commands that speak to it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click
from aiohttp import web

from hq_server import exporting
from hq_server.admin_token import read_token
from hq_server.api.app import make_app, make_runner
from hq_server.api.bodies import Empty, NewTill, Pairing, Tills
from hq_server.caller import Caller, CallFailed
from hq_server.config import HqSettings
from hq_server.gateway.door import Door
from hq_server.views import DifferenceList, HqView, KeeperView, SuspenseList
from hq_server.wiring import Parts, build
from ledger.journal_sqlite import BookUnusable
from offline_queue import logs
from offline_queue.keys import KeyUnusable
from offline_queue.program import refuse_to_run_without_asserts, stop_signal, until_the_end
from offline_queue.settings import SettingsWrong, read_toml

EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}  # noqa: S104 - where it listens is a setting
"""Where to call a server that listens on every address of this machine."""

Command = Callable[..., None]


@click.group()
@click.version_option(package_name="counterfoil")
def main() -> None:
    """Headquarters of a chain: takes the tills' records in, and keeps the book of the whole chain."""
    refuse_to_run_without_asserts()


main.add_command(exporting.export)


@main.command()
@click.argument("settings", type=click.Path(path_type=Path, dir_okay=False))
def run(settings: Path) -> None:
    """Run the server that the file SETTINGS describes."""
    logs.set_up()
    try:
        parts = build(settings)
    except (SettingsWrong, BookUnusable, KeyUnusable) as fault:
        raise click.ClickException(str(fault)) from fault
    sys.exit(asyncio.run(_serve(parts)))


@main.group()
def tills() -> None:
    """Which tills there are, and which may send."""


def _asks(command: Command) -> Command:
    """A command that speaks to the running server of the file SETTINGS."""
    at = click.option("--url", help="Where the server answers, when it is not where SETTINGS says.")
    settings = click.argument("settings", type=click.Path(path_type=Path, dir_okay=False))
    return settings(at(command))


@tills.command()
@_asks
@click.argument("place")
def add(settings: Path, url: str | None, place: str) -> None:
    """Make a pairing code for the till at PLACE, such as 07-2."""
    pairing = _ask(settings, url, lambda hq: hq.post("/v1/tills", NewTill(place), Pairing))
    click.echo(f"pairing code: {pairing.code}")
    click.echo(f"Within {pairing.valid_s // 3600} hours, on the machine of till {pairing.place}, and before it runs:")
    click.echo("    counterfoil-till enrol SETTINGS --hq ADDRESS")
    click.echo("with the till's own settings and this server's address; it asks for the code. The code is good for one")
    click.echo(f"till, once; after {pairing.tries} wrong tries it is worn out. For another one, repeat this command.")


@tills.command("list")
@_asks
def list_tills(settings: Path, url: str | None) -> None:
    """Show every till, how far its chain is held and posted, and whether its line is up."""
    for till in _ask(settings, url, lambda hq: hq.get("/v1/tills", Tills)).tills:
        click.echo(_till_line(till))


@tills.command()
@_asks
@click.argument("place")
def revoke(settings: Path, url: str | None, place: str) -> None:
    """Trust the till at PLACE no longer: it was stolen, or has gone. What HQ holds of it stands."""
    path = f"/v1/tills/{quote(place, safe='')}/revocations"
    for till in _ask(settings, url, lambda hq: hq.post(path, Empty(), Tills)).tills:
        click.echo(_till_line(till))


@main.command()
@_asks
def suspense(settings: Path, url: str | None) -> None:
    """Show the records that the book could not take."""
    found = _ask(settings, url, lambda hq: hq.get("/v1/suspense", SuspenseList))
    for line in found.lines:
        click.echo(f"{line.record}\t{line.account}\t{line.reason}")
    click.echo(f"{found.total} in suspense, {len(found.lines)} shown", err=True)


@main.command()
@_asks
def differences(settings: Path, url: str | None) -> None:
    """Show the day closes at which a till and HQ did not have the same."""
    found = _ask(settings, url, lambda hq: hq.get("/v1/differences", DifferenceList))
    for line in found.lines:
        click.echo(f"{line.record}\ttill {line.said}\thq {line.found}")
    click.echo(f"{found.total} that differ, {len(found.lines)} shown", err=True)


@main.command()
@_asks
def key(settings: Path, url: str | None) -> None:
    """Show HQ's public key (Ed25519, hexadecimal), by which its tills and auditors know it."""
    click.echo(_ask(settings, url, lambda hq: hq.get("/v1/hq", HqView)).public_key)


async def _serve(parts: Parts) -> int:
    settings, stop = parts.settings, stop_signal()
    door = Door(parts.desk, lines_max=settings.lines_max, records_per_s=settings.records_per_s)
    runner = make_runner(make_app(parts.desk, door, parts.token))
    await runner.setup()
    posting = asyncio.create_task(parts.desk.post_what_is_held())
    try:
        try:
            await web.TCPSite(runner, settings.host, settings.port).start()
        except OSError as fault:
            where = f"{settings.host}, port {settings.port}"
            raise click.ClickException(f"Cannot listen at {where}: {fault.strerror}.") from fault
        click.echo(f"ready: {_url(settings.host, runner.addresses[0][1])}/")
        return await until_the_end(stop, parts.store.broken, [posting])
    finally:
        await runner.cleanup()
        posting.cancel()
        await asyncio.gather(posting, return_exceptions=True)
        await asyncio.to_thread(parts.store.close)


def _ask(settings_file: Path, url: str | None, question: Callable[[Caller], Any]) -> Any:  # noqa: ANN401 - its answer
    try:
        settings = read_toml(settings_file, HqSettings)
        token = read_token(settings_file.parent / settings.data)
        return question(Caller(url or _url(settings.host, settings.port), token))
    except (SettingsWrong, CallFailed) as fault:
        raise click.ClickException(str(fault)) from fault


def _url(host: str, port: int) -> str:
    host = EVERYWHERE.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{host}:{port}"


def _till_line(till: KeeperView) -> str:
    state = ",".join(till.fences) or ("on line" if till.on_line else "not on line")
    return f"{till.keeper}/{till.epoch}\theld {till.held}\tposted {till.posted}\t{till.business_date or '-'}\t{state}"


if __name__ == "__main__":
    main()
