"""counterfoil-bench: a chain with virtual devices, to try HQ and tills without a shop."""

from __future__ import annotations

import os
from pathlib import Path

import click

from hardware_mocks.bench import TILLS, Bench
from hardware_mocks.bench_commands import QUIT, obey
from hardware_mocks.bench_lines import Lines
from hardware_mocks.bench_page.server import BenchPage
from hardware_mocks.bench_ports import Ports
from hardware_mocks.program import DidNotStart

WATCH_S = 1.0

TRY = """\
Open the bench's page: it swipes cards, cuts lines, takes the paper away, kills programs, and links to all pages.
  1  Swipe card 1 at till {first}, and pay on the till's page.
  2  Cut the line and pay again; mend it, and look at HQ's page.
  3  Let the paper run out and pay; put in a new roll.
The customer's screen: {customer}
HQ's page asks for this token; it is of this demo only: {token}
All of it can be typed here, too: swipe 1, {last} swipe 4, cut, hq kill (help lists all; quit ends).
Slips are kept in {slips}."""


@click.group()
@click.version_option(package_name="counterfoil")
def main() -> None:
    """Virtual card readers, receipt printers and lines for Counterfoil."""


@main.command()
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), default=".demo", help="Where it keeps all.")
@click.option("--any-ports", is_flag=True, help="Take any free ports instead of the usual ones.")
def demo(folder: Path, *, any_ports: bool) -> None:
    """Run a made-up chain, HQ and two tills with virtual devices, until quit, Ctrl-C or SIGTERM."""
    # Its lines are no TLS. To read all of a system's certificates, as aiohttp does twice, takes a program 0.08 s.
    os.environ.setdefault("SSL_CERT_FILE", os.devnull)
    lines = Lines()
    ports = Ports(any_free=any_ports)
    try:
        with Bench(folder, ports) as bench, BenchPage(bench, ports) as page:
            _greet(bench, page)
            _serve(bench, lines)
    except DidNotStart as fault:
        if not lines.over:  # Ctrl-C reaches programs that are just being started, too
            raise click.ClickException(str(fault)) from fault


def _greet(bench: Bench, page: BenchPage) -> None:
    tills = "  ".join(f"till {place} {till.url}/" for place, till in bench.tills.items())
    click.echo(f"ready: bench {page.url}/  {tills}  HQ {bench.hq.url}/")
    first, *_, last = (plan.place for plan in TILLS)
    customer = f"{bench.tills[first].url}/customer"
    words = {"first": first, "last": last, "customer": customer, "token": bench.hq.token}
    click.echo(TRY.format(slips=bench.folder / "slips", **words))


def _serve(bench: Bench, lines: Lines) -> None:
    """Do what is typed, and keep all programs up."""
    while (line := lines.next(WATCH_S)) is not None and line.strip() != QUIT:
        for said in filter(None, (bench.watch(), obey(bench, line))):
            click.echo(said)


if __name__ == "__main__":
    main()
