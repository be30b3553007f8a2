"""counterfoil-simulate: a made-up chain lives for days, with all that can go wrong, and everything is looked at."""

from __future__ import annotations

import hashlib
import sys
import traceback
from pathlib import Path

import click
import msgspec

from hq_server.config import HqSettings
from loyalty.programme import Programme
from offline_queue.program import refuse_to_run_without_asserts
from offline_queue.settings import SettingsWrong, read_toml
from simulation.chain import Size
from simulation.company import Company
from simulation.report import Report, as_text
from simulation.run import run

SEEDS_MAX = 1_000_000
STORES_MAX, TILLS_MAX, DAYS_MAX, MEMBERS_MAX = 99, 9, 366, 100_000
PATH = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option("--seeds", type=click.IntRange(1, SEEDS_MAX), default=20, help="How many runs, each with its own seed.")
@click.option("--seed", "first", type=click.IntRange(1), default=1, help="The first seed; with --seeds 1 the only one.")
@click.option("--stores", type=click.IntRange(1, STORES_MAX), default=2, help="Stores of the chain.")
@click.option("--tills", type=click.IntRange(1, TILLS_MAX), default=2, help="Tills of each store.")
@click.option("--days", type=click.IntRange(1, DAYS_MAX), default=1, help="Days that pass in each run.")
@click.option("--members", type=click.IntRange(1, MEMBERS_MAX), default=12, help="Who has a card.")
@click.option("--programme", type=PATH, help="The chain's programme.toml instead of a made-up one.")
@click.option("--hq", "settings", type=PATH, help="HQ's settings, of which the placement policy is taken.")
@click.version_option(package_name="counterfoil")
def main(  # noqa: PLR0913 - a chain has many sides
    *,
    seeds: int,
    first: int,
    stores: int,
    tills: int,
    days: int,
    members: int,
    programme: Path | None,
    settings: Path | None,
) -> None:
    """Simulate a chain with the real programs, in virtual time, from a seed.

    The same arguments have the same digest. Exit code: 0 everything was as it must be, 1 something was not: then the
    seed is said, and how to see it again.
    """
    refuse_to_run_without_asserts()
    try:
        company = _company(programme, settings, members)
    except SettingsWrong as fault:
        raise click.ClickException(str(fault)) from fault
    size, whole, digest = Size(stores, tills), Report(), hashlib.sha256()
    for seed in range(first, first + seeds):
        try:
            outcome = run(seed, size, days, company)
        except Exception as fault:  # noqa: BLE001 - whatever it is, the seed is said
            click.echo("".join(traceback.format_exception(fault)), err=True)
            click.echo(f"seed {seed}: {fault or type(fault).__name__}")
            click.echo(f"again: {_again(seed)}")
            sys.exit(1)
        whole.add(outcome.report)
        digest.update(outcome.digest.encode())
    click.echo(f"{seeds} runs of {stores} stores with {tills} tills each, {days} days, {members} members")
    click.echo(as_text(whole, company.programme.currency))
    click.echo(f"digest {digest.hexdigest()}")


def _company(programme: Path | None, settings: Path | None, members: int) -> Company:
    company = Company(members=members)
    if programme is not None:
        company = msgspec.structs.replace(company, programme=read_toml(programme, Programme))
    if settings is not None:
        company = msgspec.structs.replace(company, placement=read_toml(settings, HqSettings).placement)
    return company


def _again(seed: int) -> str:
    """The command with this seed alone."""
    words, skipped = [], False
    for word in sys.argv[1:]:
        if not skipped and word.partition("=")[0] in {"--seed", "--seeds"}:
            skipped = "=" not in word
        elif skipped:
            skipped = False
        else:
            words.append(word)
    return " ".join(["./run", "simulate", *words, "--seeds", "1", "--seed", str(seed)])


if __name__ == "__main__":
    main()
