"""The audit from end to end: hear of the keys, check each export, then hold the exports against each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.ids import Place, RecordRef
from offline_queue.auditing.between import compare_exports, moment
from offline_queue.auditing.findings import Findings, Sort
from offline_queue.auditing.forks import Fork, check_proof, describe, find_fork
from offline_queue.auditing.hosted_places import check_hosting
from offline_queue.auditing.keys import KeyRing
from offline_queue.auditing.moved_rights import check_rights
from offline_queue.auditing.notes import notes
from offline_queue.auditing.one_export import ExportAudit
from offline_queue.auditing.report import CheckedChain, CheckedExport, Found, Report
from offline_queue.auditing.taking import check_transfers
from offline_queue.auditing.transfers import GiversRecords
from offline_queue.export_file import ExportFault, ExportReader
from offline_queue.export_items import Exported, ForkRow, RecordRow
from protocol.records import SignedRecord


@dataclass(frozen=True, slots=True)
class Audited:
    """What an audit says, and the forks that it can prove."""

    report: Report
    forks: tuple[Fork, ...]


def audit(paths: Sequence[Path], hq_key: Ed25519PublicKey | None = None, *, quick: bool = False) -> Audited:
    """Audit exports together; nothing is written. Raises nothing that their bytes could cause.

    `quick` checks the last signature of each chain only, which vouches for the whole chain. What it finds, it cannot
    name: then everything is checked.
    """
    audited = _Run(paths, hq_key, quick=quick).run()
    if quick and audited.report.found:
        return _Run(paths, hq_key, quick=False).run()
    return audited


class _Run:
    """Reads each export twice: once for the keys and the givers' records that it tells of, once to check it."""

    def __init__(self, paths: Sequence[Path], hq_key: Ed25519PublicKey | None, *, quick: bool) -> None:
        self._paths = list(dict.fromkeys(paths))
        self._quick = quick
        self._ring = KeyRing(hq_key)
        self._givers: defaultdict[str, GiversRecords] = defaultdict(GiversRecords)
        self._between = Findings()
        self._audits: list[ExportAudit] = []
        self._exports: list[CheckedExport] = []
        self._found: list[Found] = []
        self._beyond = 0

    def run(self) -> Audited:
        for path in self._paths:
            self._hear(path)
        self._ring.settle()
        for path in self._paths:
            self._exports.append(self._check(path))
        forks = self._judge(compare_exports(self._audits, self._ring, self._between))
        transit = check_transfers(self._audits, self._between)
        check_hosting(self._audits, self._between)
        check_rights(self._audits, self._between)
        self._tell(None, self._ring.findings)
        self._tell(None, self._between)
        report = Report(
            tuple(self._exports),
            tuple(self._found),
            tuple(notes(self._ring, self._audits)),
            transit,
            self._beyond,
        )
        return Audited(report, forks)

    def _hear(self, path: Path) -> None:
        try:
            with _opened(path) as reader:
                items = self._givers[str(path)].listen(reader.items())
                self._ring.hear(str(path), items, is_proof=reader.head.kind == "fork")
        except ExportFault:
            return  # _check meets it again, and says so

    def _check(self, path: Path) -> CheckedExport:
        try:
            with _opened(path) as reader:
                if reader.head.kind == "fork":
                    return self._check_proof(path, reader)
                return self._check_book(path, reader)
        except ExportFault as fault:
            return CheckedExport(str(path), unusable=str(fault))

    def _check_proof(self, path: Path, reader: ExportReader) -> CheckedExport:
        findings = Findings()
        check_proof(reader.items(), str(path), self._ring, findings)
        self._tell(str(path), findings)
        return _summary(str(path), reader.head)

    def _check_book(self, path: Path, reader: ExportReader) -> CheckedExport:
        givers, unusable = self._givers[str(path)], None
        one = ExportAudit(str(path), reader.head, self._ring, givers, quick=self._quick)
        try:
            for item in reader.items():
                one.take(item)
        except ExportFault as fault:
            unusable = str(fault)
        one.end(whole=unusable is None)
        self._audits.append(one)
        self._tell(str(path), one.findings)
        return _summary(str(path), reader.head, one, unusable)

    def _judge(self, different: Sequence[RecordRef]) -> tuple[Fork, ...]:
        """What two exports have under one number, and what HQ keeps as a fork: is each of the two signed?"""
        versions = self._versions(frozenset(different))
        forks: list[Fork] = []
        for ref, by_export in versions.items():
            vouched = next((self._ring.of(export, (ref.keeper, ref.epoch)) for export in by_export), None)
            fork = find_fork(ref, [signed for kept in by_export.values() for signed in kept], vouched)
            if fork is None:
                who = ", ".join(by_export)
                self._between.add(
                    Sort.HALVES_DIFFER, ref, f"kept with different bytes, and not all are signed, in {who}"
                )
            else:
                self._between.add(Sort.FORKED, ref, describe(fork))
                forks.append(fork)
        return tuple(forks)

    def _versions(self, wanted: frozenset[RecordRef]) -> dict[RecordRef, dict[str, list[SignedRecord]]]:
        wanted |= {RecordRef(Place(row.keeper), row.epoch, row.sequence) for one in self._audits for row in one.forks}
        found: defaultdict[RecordRef, dict[str, list[SignedRecord]]] = defaultdict(dict)
        for one in self._audits if wanted else ():
            with _opened(Path(one.name)) as reader:
                for item in _readable(reader):
                    if isinstance(item, RecordRow | ForkRow):
                        ref = RecordRef(Place(item.keeper), item.epoch, item.sequence)
                        if ref in wanted:
                            found[ref].setdefault(one.name, []).append(item.signed)
        return found

    def _tell(self, export: str | None, findings: Findings) -> None:
        self._found += [Found(export, finding) for finding in findings.all()]
        self._beyond += findings.beyond


@contextmanager
def _opened(path: Path) -> Iterator[ExportReader]:
    try:
        with path.open("rb") as stream:
            yield ExportReader(stream)
    except OSError as fault:
        raise ExportFault(f"it cannot be read: {fault.strerror}") from fault


def _readable(reader: ExportReader) -> Iterator[object]:
    """The items before the place where an export is cut short."""
    try:
        yield from reader.items()
    except ExportFault:
        return


def _summary(name: str, head: Exported, one: ExportAudit | None = None, unusable: str | None = None) -> CheckedExport:
    about = CheckedExport(name, head.kind, head.place, moment(head.at_ms), head.by, head.software, unusable=unusable)
    if one is None:
        return about
    chains = tuple(
        CheckedChain(
            f"{chain.name[0]}/{chain.name[1]}",
            len(chain.hashes),
            chain.signatures_checked,
            None if chain.vouched is None else chain.vouched.hex,
            None if chain.vouched is None else chain.vouched.by,
        )
        for chain in one.chains.values()
    )
    return CheckedExport(
        *(about.export, about.kind, about.place, about.made_at, about.made_by, about.software),
        chains,
        len(one.acknowledgements),
        one.kept.rows,
        one.kept.totals(),
        unusable,
    )
