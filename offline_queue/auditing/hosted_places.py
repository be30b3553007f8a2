"""Places at HQ: HQ holds their keys, and books there only what the till in the shop has asked for, once."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.ids import RecordRef
from offline_queue.auditing.findings import Findings, Sort
from offline_queue.auditing.one_export import ExportAudit
from offline_queue.auditing.taking import TELLING, check_quoted


def check_hosting(audits: Sequence[ExportAudit], findings: Findings) -> None:
    """Hold what tills say to have heard against the chains of their places at HQ; one ask has one effect."""
    for audit in audits:
        for told in audit.hosting.told:
            check_quoted(told, TELLING, audit, audits, findings)
    done: dict[bytes, RecordRef] = {}
    for warranted in sorted({one for audit in audits for one in audit.hosting.warranted}):
        first = done.setdefault(warranted.ask, warranted.at)
        if first != warranted.at:
            what = f"it books {warranted.deed}, and {first} has done that for the same ask"
            findings.add(Sort.NOT_ASKED, warranted.at, what)
