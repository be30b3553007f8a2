"""counterfoil-hq promotions …: what the programme's promotions may give, and where that lies."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import click
import msgspec

from hq_server.api.bodies import Funding
from hq_server.commanding import ask, asks
from hq_server.promotions import PromotionList


@click.group()
def promotions() -> None:
    """What the programme's promotions may give, and where that lies."""


@promotions.command("list")
@asks
def show(settings: Path, url: str | None) -> None:
    """List the promotions: what each may give, how much was used, and where the rest lies."""
    _show(ask(settings, url, lambda hq: hq.get("/v1/promotions", PromotionList)))


@promotions.command()
@asks
@click.argument("name")
@click.argument("units", type=click.IntRange(min=1))
@click.option("--expires-on", help="The last business date on which it may be given (YYYY-MM-DD).")
@click.option("--operation-id", help="That of an earlier try without an answer: it is not done twice.")
@click.option("--by", required=True, help="Who says so: the name stands in HQ's chain.")
def fund(  # noqa: PLR0913, PLR0917 - its words
    settings: Path, url: str | None, name: str, units: int, expires_on: str | None, operation_id: str | None, by: str
) -> None:
    """Let the promotion NAME give UNITS more: so many times, or so much bonus or points, as it is limited."""
    operation_id = operation_id or str(uuid4())
    words = {"operation_id": operation_id, "units": units, "expires_on": expires_on, "by": by}
    try:
        body = msgspec.convert(words, Funding)
    except msgspec.ValidationError as fault:
        raise click.UsageError(str(fault)) from fault
    click.echo(f"--operation-id {operation_id}: for another try, should no answer come", err=True)
    path = f"/v1/promotions/{quote(name, safe='')}/fundings"
    _show(ask(settings, url, lambda hq: hq.post(path, body, PromotionList)))


def _show(page: PromotionList) -> None:
    for one in page.promotions:
        lies = " ".join([f"hq={one.at_hq}", *(f"{at.place}={at.units}" for at in one.places)])
        limit = one.promotion.limited_by
        notes = {"ended": one.ended, "unfunded": one.unfunded}
        told = [
            f"funded {one.funded}",
            f"used {one.used}",
            lies,
            *(f"{note} {units}" for note, units in notes.items() if units),
        ]
        click.echo("\t".join([one.promotion.name, limit, *told]))
