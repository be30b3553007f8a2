"""Rights between chains: each is entrusted once, as it was given on, and no sale is undone beyond its price."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from ledger.ids import HEADQUARTERS, RecordRef
from offline_queue.auditing.findings import Findings, Sort
from offline_queue.auditing.one_export import ExportAudit
from offline_queue.auditing.taking import ENTRUSTING, TAKING_RIGHTS, check_quoted
from protocol.records import RecordKind


def check_rights(audits: Sequence[ExportAudit], findings: Findings) -> None:
    """Hold the rights that HQ has entrusted against the chains of those who gave them on, and against each other."""
    for audit in audits:
        for one in audit.rights.entrusted:
            how = TAKING_RIGHTS if one.given.kind is RecordKind.RIGHT_TAKEN else ENTRUSTING
            check_quoted(one.given, how, audit, audits, findings)
    _check_once(audits, findings)
    _check_sums(audits, findings)


def _check_once(audits: Sequence[ExportAudit], findings: Findings) -> None:
    """Of an earlier epoch of HQ's, an order that nobody carried out is void: HQ may entrust the same anew.

    A till that takes what a neighbour has passed on needs no order: its own record stands for it.
    """
    every = [one for audit in audits for one in audit.rights.entrusted]
    carried_out = {one.order_hash for one in every if one.order != one.given.at}
    orders: defaultdict[tuple[RecordRef, bytes], dict[bytes, RecordRef]] = defaultdict(dict)
    for one in every:
        orders[one.given.giver, one.given.hash][one.order_hash] = one.order
    for (given, _), by_hash in orders.items():
        last = max(order.epoch for order in by_hash.values())
        first, *more = sorted(
            order for order_hash, order in by_hash.items() if order_hash in carried_out or order.epoch == last
        )
        for order in more:
            does = "entrusts" if order.keeper == HEADQUARTERS else "takes"
            findings.add(Sort.WRONG_RIGHT, order, f"it {does} the right in {given}, and {first} has done that")


def _check_sums(audits: Sequence[ExportAudit], findings: Findings) -> None:
    undone: defaultdict[str, dict[RecordRef, int]] = defaultdict(dict)
    totals: dict[str, int] = {}
    for audit in audits:
        totals |= audit.rights.totals
        for name, by in audit.rights.undone.items():
            undone[name] |= by
    for name, by in undone.items():
        units = sum(by.values())
        if units > totals.get(name, units):
            who = ", ".join(map(str, sorted(by)))
            findings.add(Sort.WRONG_RIGHT, name, f"{units} units of its {totals[name]} were undone, by {who}")
