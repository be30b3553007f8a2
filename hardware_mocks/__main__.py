"""counterfoil-bench: a store with virtual devices, to try a till without a shop."""

from __future__ import annotations

from pathlib import Path

import click

from hardware_mocks.bench import Bench
from hardware_mocks.bench_commands import QUIT, obey
from hardware_mocks.bench_lines import Lines
from hardware_mocks.till_process import DidNotStart

PORT = 8370
WATCH_S = 1.0

TRY = """\
Open the page, then type here: swipe 1, kill, paper-out, slip (help lists all; quit ends).
Slips are kept in {slips}."""


@click.group()
@click.version_option(package_name="counterfoil")
def main() -> None:
    """Virtual card reader, receipt printer and store for Counterfoil."""


@main.command()
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), default=".demo", help="Where it keeps all.")
@click.option("--port", type=click.IntRange(0, 65535), default=PORT, help="The page's, or the next free; 0: any.")
def demo(folder: Path, port: int) -> None:
    """Run one till of a made-up store with virtual devices, until quit, Ctrl-C or SIGTERM."""
    lines = Lines()
    try:
        with Bench(folder, port) as bench:
            click.echo(f"ready: {bench.till.url}/")
            click.echo(TRY.format(slips=bench.album.folder))
            _serve(bench, lines)
    except DidNotStart as fault:
        raise click.ClickException(str(fault)) from fault


def _serve(bench: Bench, lines: Lines) -> None:
    """Do what is typed; a till that has ended by itself is started again, as a service manager would."""
    while (line := lines.next(WATCH_S)) is not None and line.strip() != QUIT:
        if bench.till.ended:
            click.echo(f"Till ended by itself with {bench.till.wait()}; it is started again.")
            bench.restart_till()
        said = obey(bench, line)
        if said:
            click.echo(said)


if __name__ == "__main__":
    main()
