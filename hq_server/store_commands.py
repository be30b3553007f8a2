"""counterfoil-hq stores …: in which way each store is run."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import click
import msgspec

from hq_server.api.bodies import StoreMode, Tills
from hq_server.commanding import ask, asks


@click.group()
def stores() -> None:
    """In which way each store is run."""


@stores.command()
@asks
@click.argument("store")
@click.argument("mode", type=click.Choice(["real_time", "transfer"]))
def run(settings: Path, url: str | None, store: str, mode: str) -> None:
    """Run STORE in another way from now on. Each till changes when it hears of it, in the middle of its day."""
    body = msgspec.convert({"mode": mode}, StoreMode)
    for till in ask(settings, url, lambda hq: hq.post(f"/v1/stores/{quote(store, safe='')}/modes", body, Tills)).tills:
        changes = "runs so" if till.mode == mode else "has not said yet that it does"
        click.echo(f"{till.keeper}/{till.epoch}\t{till.mode or '-'}\t{changes}")
