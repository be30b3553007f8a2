"""The audit's report: what was checked, what was found, in words and as JSON."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from offline_queue.auditing.findings import MEANING, Finding, printable

SHOWN_MAX = 200
"""Findings that are written out; the JSON form has all that are kept."""


class CheckedChain(msgspec.Struct, frozen=True):
    """One chain: how long it is, and whose key signs it. `vouched_by` is a record of HQ's, `you`, or None."""

    chain: str
    records: int
    signatures_checked: int
    key: str | None
    vouched_by: str | None


class CheckedExport(msgspec.Struct, frozen=True):
    """One export. `unusable` says why it, or the rest of it, could not be read."""

    export: str
    kind: str = ""
    place: str = ""
    made_at: str = ""
    made_by: str = ""
    software: str = ""
    chains: tuple[CheckedChain, ...] = ()
    acknowledgements: int = 0
    book_rows: int = 0
    totals: dict[str, dict[str, int]] = {}
    """Units by purse and side; of each purse they sum to zero."""
    unusable: str | None = None


class UnderWay(msgspec.Struct, frozen=True):
    """Transfers that were given and not taken, and their units by purse."""

    transfers: int = 0
    units: dict[str, int] = {}

    def __str__(self) -> str:
        many = f"{self.transfers} transfer{'s' if self.transfers > 1 else ''}"
        return ", ".join([many, *(f"{purse} {units}" for purse, units in self.units.items())])


class Transit(msgspec.Struct, frozen=True):
    """What was given and is taken in no chain that is here. It is no fault: `seen` has left one place for another.

    `unseen` went to places of which no export has the chain: whether it arrived, nobody here can say.
    """

    seen: UnderWay
    unseen: UnderWay


class Found(msgspec.Struct, frozen=True):
    """A finding and the export that it is about; None when several show it together."""

    export: str | None
    finding: Finding

    def __str__(self) -> str:
        return f"{self.export + ': ' if self.export else ''}{self.finding}"


class Report(msgspec.Struct, frozen=True):
    """The whole audit. `beyond` counts findings of which there were too many to keep; `proofs` are files of forks."""

    exports: tuple[CheckedExport, ...]
    found: tuple[Found, ...]
    notes: tuple[str, ...]
    in_transit: Transit
    beyond: int = 0
    proofs: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """0: nothing was found. 1: something was. 2: not everything could be read, whatever was found in the rest."""
        if any(export.unusable is not None for export in self.exports):
            return 2
        return 1 if self.found or self.beyond else 0


def as_json(report: Report) -> bytes:
    """The report for programs."""
    found = [
        {
            "export": one.export,
            "sort": one.finding.sort,
            "at": one.finding.at,
            "what": one.finding.what,
            "means": MEANING[one.finding.sort],
        }
        for one in report.found
    ]
    whole = {"version": 1, "exit_code": report.exit_code, **msgspec.to_builtins(report), "found": found}
    return msgspec.json.format(msgspec.json.encode(whole), indent=2)


def as_text(report: Report) -> str:
    """The report for people."""
    return "\n".join(printable(line) for line in _lines(report))


def _lines(report: Report) -> Iterator[str]:
    for export in report.exports:
        yield from _export_lines(export)
    if report.in_transit.seen.transfers:
        yield f"in transit, given and not yet taken: {report.in_transit.seen}"
    if report.in_transit.unseen.transfers:
        yield f"given to places whose chains are not here: {report.in_transit.unseen}"
    yield from (f"note: {note}" for note in report.notes)
    yield from (f"proof of a fork: {path}" for path in report.proofs)
    count = len(report.found) + report.beyond
    if count:
        yield f"{count} finding{'s' if count > 1 else ''}:"
    elif report.exit_code == 0:
        yield "no findings"
    yield from (f"  {one}" for one in report.found[:SHOWN_MAX])
    if count > SHOWN_MAX:
        yield f"  and {count - SHOWN_MAX} more (--json has them)"
    if report.exit_code > 1:
        yield "NOT EVERYTHING COULD BE READ: this is no clean audit"


def _export_lines(export: CheckedExport) -> Iterator[str]:
    if export.kind:
        what = f"the book of {export.place}" if export.kind == "book" else f"proof of a fork at {export.place}"
        yield f"{export.export}: {what}, made {export.made_at} by {export.made_by} with {export.software}"
    for chain in export.chains:
        yield f"  {chain.chain}: {chain.records} records, {chain.signatures_checked} signatures checked; {_key(chain)}"
    if export.book_rows:
        yield f"  {export.book_rows} lines of the book held against the chains"
    for purse, sides in export.totals.items():
        yield f"  {purse}: {', '.join(f'{side} {units}' for side, units in sides.items())}"
    if export.unusable is not None:
        yield f"{export.export}: CANNOT BE USED: {export.unusable}"


def _key(chain: CheckedChain) -> str:
    if chain.key is None:
        return "key not known"
    match chain.vouched_by:
        case None:
            return f"key {chain.key}, not vouched for by HQ"
        case "you":
            return f"key {chain.key}, as you gave it"
        case record:
            return f"key {chain.key}, enrolled by {record}"
