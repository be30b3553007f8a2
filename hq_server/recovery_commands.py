"""counterfoil-hq recovery …: what HQ does after it may have lost records, and how it ends."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from hq_server.api.bodies import Person, RecoveryState
from hq_server.commanding import ask, asks
from hq_server.recovery import RecoveryView

STILL_RECOVERING = 1
"""Exit code while nothing is given out."""


@click.group()
def recovery() -> None:
    """What HQ does after it may have lost records."""


@recovery.command()
@asks
def show(settings: Path, url: str | None) -> None:
    """Show how far HQ's recovery is. Exit code 1 while HQ gives nothing out."""
    _show(ask(settings, url, lambda hq: hq.get("/v1/recovery", RecoveryState)).recovery)


@recovery.command()
@asks
@click.option("--by", required=True, help="Who says so: the name stands in HQ's chain.")
def end(settings: Path, url: str | None, by: str) -> None:
    """Have HQ give out again what lies with it, once all tills have been heard; without the silent ones it takes two.

    A till that was enrolled after the copy was made is not among them: pair it anew first.
    """
    try:
        body = msgspec.convert({"by": by}, Person)
    except msgspec.ValidationError as fault:
        raise click.UsageError("--by is a name of at most 64 characters.") from fault
    _show(ask(settings, url, lambda hq: hq.post("/v1/recovery/ends", body, RecoveryState)).recovery)


def _show(view: RecoveryView | None) -> None:
    if view is None:
        click.echo("HQ gives out what lies with it.")
        return
    click.echo(f"HQ's epoch {view.hq_epoch} began behind {view.after}, told by a {view.why}. Nothing is given out.")
    click.echo(f"{view.home} tills are home, {view.silent_total} are not. Lost orders handed back: {view.readopted}.")
    for till in view.silent:
        heard = "not heard since" if till.heard_at_ms is None else "heard, and not in this epoch yet"
        click.echo(f"{till.keeper}/{till.epoch}\t{heard}\tmoney {till.money}\tpoints {till.points}")
    if view.agreed_by is not None:
        click.echo(f"{view.agreed_by} would go on without those; another person has to agree.")
    raise SystemExit(STILL_RECOVERING)
