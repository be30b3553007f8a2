"""counterfoil-hq cards …: cards that were lost or stolen, and found again. A card's number is asked for."""

from __future__ import annotations

from pathlib import Path

import click

from hq_server.api.bodies import CardNumber
from hq_server.commanding import ask, asks
from hq_server.member_views import BlockList, CardView


@click.group()
def cards() -> None:
    """Cards that were lost or stolen, and found again."""


@cards.command()
@asks
def block(settings: Path, url: str | None) -> None:
    """Refuse a card at every till; asks for its number."""
    _post(settings, url, "/v1/blocks", "blocked")


@cards.command()
@asks
def unblock(settings: Path, url: str | None) -> None:
    """Take a card again that was blocked; asks for its number."""
    _post(settings, url, "/v1/unblocks", "good again")


@cards.command("list")
@asks
def list_blocks(settings: Path, url: str | None) -> None:
    """Show the cards that are refused, and how many tills know of it."""
    found = ask(settings, url, lambda hq: hq.get("/v1/blocks", BlockList))
    for line in found.lines:
        waits = ",".join(line.waits) or "-"
        click.echo(f"{line.card}\t{line.masked or '-'}\tapplied {line.applied}\twaits {waits}")
    click.echo(f"{found.total} blocked, {len(found.lines)} shown", err=True)


def _post(settings: Path, url: str | None, path: str, done: str) -> None:
    number = CardNumber(number=click.prompt("card number", err=True))
    card = ask(settings, url, lambda hq: hq.post(path, number, CardView))
    click.echo(f"{card.card}\t{card.masked}\t{done}")
