"""counterfoil-hq tills …: which tills there are, and which may send."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import click
import msgspec

from hq_server.api.bodies import Empty, NewTill, Pairing, Person, Tills
from hq_server.commanding import ask, asks
from hq_server.views import KeeperView

SECOND_PERSON_WANTED = 1
"""Exit code while nothing is written off."""


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
@click.argument("epoch", type=click.IntRange(min=1), required=False)
def revoke(settings: Path, url: str | None, place: str, epoch: int | None) -> None:
    """Trust the till at PLACE no longer: it was stolen, or has gone. What HQ holds of it stands.

    With an EPOCH only that machine, and not another that has its place now.
    """
    machine = quote(place, safe="") if epoch is None else f"{quote(place, safe='')}/{epoch}"
    path = f"/v1/tills/{machine}/revocations"
    for till in ask(settings, url, lambda hq: hq.post(path, Empty(), Tills)).tills:
        click.echo(_line(till))


@tills.command("write-off")
@asks
@click.argument("place")
@click.argument("epoch", type=click.IntRange(min=1))
@click.option("--by", required=True, help="Who says so: the name stands in HQ's chain.")
def write_off(settings: Path, url: str | None, place: str, epoch: int, by: str) -> None:
    """Give back to its members what lies at the lost till PLACE/EPOCH, at the company's risk; it takes two people.

    Only of a till that was revoked, or that another machine has replaced. Exit code 1 until the second one agrees.
    """
    try:
        body = msgspec.convert({"by": by}, Person)
    except msgspec.ValidationError as fault:
        raise click.UsageError("--by is a name of at most 64 characters.") from fault
    path = f"/v1/tills/{quote(place, safe='')}/{epoch}/write-offs"
    (till,) = ask(settings, url, lambda hq: hq.post(path, body, Tills)).tills
    said = till.write_off
    assert said is not None, "somebody has just proposed it"
    if said.agreed_by is None:
        click.echo(f"{said.proposed_by} would write off what lies at {place}/{epoch}; another person has to agree.")
        click.echo(f"money {till.money}\tpoints {till.points}")
        raise SystemExit(SECOND_PERSON_WANTED)
    click.echo(f"{place}/{epoch} is written off by {said.proposed_by} and {said.agreed_by}.")
    click.echo(f"money {said.money}\tpoints {said.points}\tpaid: money {said.paid_money}\tpoints {said.paid_points}")
    if not said.is_done:
        click.echo("More follows within moments: repeat the command to see all of it.")


def _line(till: KeeperView) -> str:
    state = ",".join(till.fences) or ("on line" if till.on_line else "not on line")
    return f"{till.keeper}/{till.epoch}\theld {till.held}\tposted {till.posted}\t{till.business_date or '-'}\t{state}"
