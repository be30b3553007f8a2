"""counterfoil-hq suspense, differences, waiting, placement, conservation, key: what HQ's book says of itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import click

from hq_server.caller import Caller
from hq_server.commanding import ask, asks
from hq_server.conservation import ConservationPage, together
from hq_server.placing_figures import DAYS_DEFAULT, DAYS_MAX, PlacementPage, Refused, StorePlacing, Worth
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
@click.option("--days", type=click.IntRange(1, DAYS_MAX), default=DAYS_DEFAULT, show_default=True)
def placement(settings: Path, url: str | None, days: int) -> None:
    """Show what was refused though funded on the last days, what is stranded, and what stands exposed."""
    found = ask(settings, url, lambda hq: hq.get(f"/v1/placement?days={days}", PlacementPage))
    for store in found.stores:
        click.echo(f"{store.store}\t{_placing(store)}")
    for day in found.days:
        click.echo(f"{day.business_date}\t{_refused(day.money)}\tpoints {_refused(day.points)}")
    click.echo(f"since {found.since}, {found.stores_total} stores: {_placing(found.total)}", err=True)


@click.command()
@asks
def conservation(settings: Path, url: str | None) -> None:
    """Add up every lot: what was issued, and where it is. Exit code 1 when a lot does not add up."""
    found = ask(settings, url, lambda hq: together(_pages(hq)))
    for sums in found.purses:
        where = f"held {sums.held}\tunder way {sums.under_way}\tspent {sums.spent}\towed {sums.owed}\tpaid {sums.risk}"
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


def _placing(store: StorePlacing) -> str:
    refused = f"{_refused(store.refused)}\tpoints {_refused(store.refused_points)}"
    exposed = f"placed {_worth(store.placed)}\tat risk {store.at_risk}"
    return f"{refused}\tstranded {_worth(store.stranded)}\t{exposed}"


def _worth(worth: Worth) -> str:
    return f"{worth.money}, points {worth.points}"


def _refused(refused: Refused) -> str:
    return f"refused {refused.sales}: {refused.asked}, missing {refused.missing}"


def _pages(hq: Caller) -> Iterator[ConservationPage]:
    """Every page: each names an account later than the one before, so that they end."""
    after: str | None = ""
    while after is not None:
        page = hq.get(f"/v1/conservation?after={quote(after, safe='')}", ConservationPage)
        yield page
        after = page.after if page.after is None or page.after > after else None
