"""counterfoil-audit: proves exports with public keys only, and names what was touched."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from offline_queue.auditing.audit import Audited, audit
from offline_queue.auditing.forks import write_proof
from offline_queue.auditing.report import Report, as_json, as_text
from offline_queue.exporting import heading
from protocol.signing import public_key


def _hq_key(_context: click.Context, _parameter: click.Parameter, text: str | None) -> Ed25519PublicKey | None:
    try:
        return None if text is None else public_key(bytes.fromhex(text))
    except ValueError as fault:
        raise click.BadParameter("a public key is 64 hexadecimal digits, as HQ publishes it.") from fault


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("exports", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--hq-key", metavar="HEX", callback=_hq_key, help="HQ's public key, as HQ publishes it.")
@click.option("--forks", type=click.Path(path_type=Path, file_okay=False), help="Write a proof of each fork into DIR.")
@click.option(
    "--quick", is_flag=True, help="Check the last signature of each chain only; all of them if anything is odd."
)
@click.option("--json", "wants_json", is_flag=True, help="Report as JSON.")
@click.version_option(package_name="counterfoil")
def main(
    *, exports: tuple[Path, ...], hq_key: Ed25519PublicKey | None, forks: Path | None, quick: bool, wants_json: bool
) -> None:
    """Audit exports of tills and HQ, alone or held against each other.

    Exit code: 0 nothing was found, 1 something was, 2 not everything could be read.
    """
    audited = audit(exports, hq_key, quick=quick)
    report = audited.report if forks is None else _with_proofs(audited, forks)
    click.echo(as_json(report) if wants_json else as_text(report))
    sys.exit(report.exit_code)


def _with_proofs(audited: Audited, folder: Path) -> Report:
    now_ms = time.time_ns() // 1_000_000
    try:
        paths = [write_proof(folder, fork, heading(fork.ref.keeper, now_ms, "fork")) for fork in audited.forks]
    except OSError as fault:
        raise click.ClickException(f"{folder} cannot be written: {fault.strerror}.") from fault
    return msgspec.structs.replace(audited.report, proofs=tuple(map(str, paths)))


if __name__ == "__main__":
    main()
