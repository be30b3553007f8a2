"""counterfoil-hq suspense, differences, waiting, conservation, key: what HQ's book says of itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import click

from hq_server.caller import Caller
from hq_server.commanding import ask, asks
from hq_server.conservation import ConservationPage, together
from hq_server.views import DifferenceList, HqView, SuspenseList, WaitList

UNEXPLAINED_FOUND = 1
"""Exit code of `conservation` when a lot does not add up."""


@click.command()
@asks
def suspense(settings: Path, url: str | None) -> None:
    """Show the records that the book could not take."""
    found = ask(settings, url, lambda hq: hq.get("/v1/suspense", SuspenseList))
    for line in found.lines:
        click.echo(f"{line.record}\t{line.account}\t{line.reason}")
    click.echo(f"{found.total} in suspense, {len(found.lines)} shown", err=True)


@click.command()
@asks
def differences(settings: Path, url: str | None) -> None:
    """Show the day closes at which a till and HQ did not have the same."""
    found = ask(settings, url, lambda hq: hq.get("/v1/differences", DifferenceList))
    for line in found.lines:
        click.echo(f"{line.record}\ttill {line.said}\thq {line.found}")
    click.echo(f"{found.total} that differ, {len(found.lines)} shown", err=True)


@click.command()
@asks
def waiting(settings: Path, url: str | None) -> None:
    """Show the records that wait for another till's record."""
    found = ask(settings, url, lambda hq: hq.get("/v1/waiting", WaitList))
    for line in found.lines:
        click.echo(f"{line.record}\twaits for {line.giver}")
    click.echo(f"{found.total} waiting, {len(found.lines)} shown", err=True)


@click.command()
@asks
def conservation(settings: Path, url: str | None) -> None:
    """Add up every lot: what was issued, and where it is. Exit code 1 when a lot does not add up."""
    found = ask(settings, url, lambda hq: together(_pages(hq)))
    for sums in found.purses:
        where = f"held {sums.held}\tunder way {sums.under_way}\tspent {sums.spent}\towed {sums.owed}"
        click.echo(f"{sums.purse}\tissued {sums.issued}\t{where}")
    for place in found.places:
        click.echo(f"{place.place}\t{place.purse} {place.held}")
    for lot in found.unexplained:
        click.echo(f"unexplained\t{lot.account}\t{lot.purse}\t{lot.lot}\t{','.join(lot.doubts)}")
    click.echo(f"{found.lots} lots, {found.unexplained_total} unexplained", err=True)
    if found.unexplained_total:
        raise SystemExit(UNEXPLAINED_FOUND)


@click.command()
@asks
def key(settings: Path, url: str | None) -> None:
    """Show HQ's public key (Ed25519, hexadecimal), by which its tills and auditors know it."""
    click.echo(ask(settings, url, lambda hq: hq.get("/v1/hq", HqView)).public_key)


def _pages(hq: Caller) -> Iterator[ConservationPage]:
    """Every page: each names an account later than the one before, so that they end."""
    after: str | None = ""
    while after is not None:
        page = hq.get(f"/v1/conservation?after={quote(after, safe='')}", ConservationPage)
        yield page
        after = page.after if page.after is None or page.after > after else None
