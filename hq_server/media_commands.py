"""counterfoil-hq media: a till's file from a medium, and the answer that goes back on it."""

from __future__ import annotations

from pathlib import Path

import click

from hq_server.commanding import ask, asks
from hq_server.media import TAKEN_HEADER, MediumTaken
from protocol.rejections import Rejection

PARTLY_TAKEN = 1
"""Exit code when not all of the file was taken. The answer is good all the same, and is to be taken back."""


@click.command()
@asks
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.argument("answer", type=click.Path(path_type=Path, dir_okay=False))
def media(settings: Path, url: str | None, file: Path, answer: Path) -> None:
    """Take in a till's FILE, and write the ANSWER for that till. Exit code 1 when not all of the file was taken."""
    beside = answer.with_name(f"{answer.name}.part")
    try:
        with file.open("rb") as sent, beside.open("wb") as back:
            size = file.stat().st_size
            taken = ask(
                settings, url, lambda hq: hq.send_file("/v1/media", sent, size, back, TAKEN_HEADER, MediumTaken)
            )
        beside.replace(answer)
    except OSError as fault:
        raise click.ClickException(f"{fault.filename}: {fault.strerror}.") from fault
    finally:
        beside.unlink(missing_ok=True)
    for line in _said(taken):
        click.echo(line)
    if taken.flaw is not None or taken.rejected is not None:
        raise SystemExit(PARTLY_TAKEN)


def _said(taken: MediumTaken) -> list[str]:
    """What a person should know of it."""
    name = f"{taken.keeper}/{taken.epoch}"
    lines = [
        f"{name}: {taken.records} records came, {taken.fresh} of them new; held {taken.held}, posted {taken.posted}"
    ]
    if taken.rejected == Rejection.GAP:
        lines.append(
            f"missing: {name}/{taken.held + 1} to the one before {taken.at}. The till's next file brings them."
        )
    elif taken.rejected is not None:
        lines.append(f"not taken from {taken.at or 'its beginning'} on: {taken.rejected}")
    if taken.flaw is not None:
        lines.append(f"the file is not whole ({taken.flaw}). Copy it again, or have the till write it anew.")
    if taken.waits:
        lines.append(f"{taken.waits} wait for another till's file. Take that in, then this one once more.")
    return lines
