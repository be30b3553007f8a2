"""counterfoil-hq stores …: in which way each store is run, and which till leads it."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import click
import msgspec

from hq_server.api.bodies import StoreLead, StoreMode, Tills
from hq_server.commanding import ask, asks


@click.group()
def stores() -> None:
    """In which way each store is run, and which till leads it."""


@stores.command()
@asks
@click.argument("store")
@click.argument("mode", type=click.Choice(["real_time", "transfer", "proxy_run", "hosted"]))
def run(settings: Path, url: str | None, store: str, mode: str) -> None:
    """Run STORE in another way from now on. Each till changes when it hears of it, in the middle of its day.

    It is run hosted only when HQ keeps a place for each of its tills: make a pairing code for 07-2@hq, and enrol the
    hosted till at HQ with it.
    """
    body = msgspec.convert({"mode": mode}, StoreMode)
    for till in ask(settings, url, lambda hq: hq.post(f"/v1/stores/{quote(store, safe='')}/modes", body, Tills)).tills:
        changes = "runs so" if till.mode == mode else "has not said yet that it does"
        click.echo(f"{till.keeper}/{till.epoch}\t{till.mode or '-'}\t{changes}")


@stores.command()
@asks
@click.argument("store")
@click.argument("till", required=False)
@click.argument("address", required=False)
@click.option("--witness", nargs=2, metavar="TILL ADDRESS", help="Which till has a copy of the lead's own chain.")
def lead(  # noqa: PLR0913, PLR0917 - its words
    settings: Path, url: str | None, store: str, till: str | None, address: str | None, witness: tuple[str, str] | None
) -> None:
    """Have the other tills of STORE draw from TILL, which listens on their LAN at ADDRESS; without a TILL from none.

    ADDRESS is such as http://192.168.1.10:8372: the till's own, with the port of its settings' [lan].
    """
    copied_to = witness or (None, None)
    said = {"lead": till, "address": address, "witness": copied_to[0], "witness_address": copied_to[1]}
    try:
        body = msgspec.convert(said, StoreLead)
    except msgspec.ValidationError as fault:
        raise click.UsageError(str(fault)) from fault
    for one in ask(settings, url, lambda hq: hq.post(f"/v1/stores/{quote(store, safe='')}/leads", body, Tills)).tills:
        part = "lead" if one.leads else "witness" if one.witnesses else "-"
        click.echo(f"{one.keeper}/{one.epoch}\t{part}")
