"""counterfoil-hq tills …: which tills there are, and which may send."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import click

from hq_server.api.bodies import Empty, NewTill, Pairing, Tills
from hq_server.commanding import ask, asks
from hq_server.views import KeeperView


@click.group()
def tills() -> None:
    """Which tills there are, and which may send."""


@tills.command()
@asks
@click.argument("place")
def add(settings: Path, url: str | None, place: str) -> None:
    """Make a pairing code for the till at PLACE, such as 07-2."""
    pairing = ask(settings, url, lambda hq: hq.post("/v1/tills", NewTill(place), Pairing))
    click.echo(f"pairing code: {pairing.code}")
    click.echo(f"Within {pairing.valid_s // 3600} hours, on the machine of till {pairing.place}, and before it runs:")
    click.echo("    counterfoil-till enrol SETTINGS --hq ADDRESS")
    click.echo("with the till's own settings and this server's address; it asks for the code. The code is good for one")
    click.echo(f"till, once; after {pairing.tries} wrong tries it is worn out. For another one, repeat this command.")


@tills.command("list")
@asks
def list_tills(settings: Path, url: str | None) -> None:
    """Show every till, how far its chain is held and posted, and whether its line is up."""
    for till in ask(settings, url, lambda hq: hq.get("/v1/tills", Tills)).tills:
        click.echo(_line(till))


@tills.command()
@asks
@click.argument("place")
def revoke(settings: Path, url: str | None, place: str) -> None:
    """Trust the till at PLACE no longer: it was stolen, or has gone. What HQ holds of it stands."""
    path = f"/v1/tills/{quote(place, safe='')}/revocations"
    for till in ask(settings, url, lambda hq: hq.post(path, Empty(), Tills)).tills:
        click.echo(_line(till))


def _line(till: KeeperView) -> str:
    state = ",".join(till.fences) or ("on line" if till.on_line else "not on line")
    return f"{till.keeper}/{till.epoch}\theld {till.held}\tposted {till.posted}\t{till.business_date or '-'}\t{state}"
