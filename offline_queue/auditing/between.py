"""What only several exports show together: two halves of one chain, and whether each has what the other confirmed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import combinations

from ledger.ids import HEADQUARTERS, Place, RecordRef
from offline_queue.auditing.chains import ChainCheck
from offline_queue.auditing.findings import Findings, Sort
from offline_queue.auditing.keys import ChainName, KeyRing
from offline_queue.auditing.one_export import ExportAudit
from offline_queue.auditing.orders import Order
from protocol.acknowledgements import Acknowledgement, open_acknowledgement
from protocol.errors import NotAnAcknowledgement
from protocol.signing import Context, is_signed_by


def compare_exports(audits: Sequence[ExportAudit], ring: KeyRing, findings: Findings) -> list[RecordRef]:
    """Hold the exports against each other; the records of which two exports have different bytes, the first of each."""
    check_acknowledgements(audits, ring, findings)
    check_carried_out(audits, findings)
    check_revocations(audits, ring, findings)
    check_lengths(audits, findings)
    return list(dict.fromkeys(_different(audits)))


def check_acknowledgements(audits: Sequence[ExportAudit], ring: KeyRing, findings: Findings) -> None:
    """HQ's acknowledgements are HQ's, and what they confirm is there."""
    for source in audits:
        for row in source.acknowledgements:
            at = f"{source.head.place}, acknowledgement '{row.which}'"
            try:
                said = open_acknowledgement(row.signed)
            except NotAnAcknowledgement:
                findings.add(Sort.UNREADABLE, at, "these bytes are not an acknowledgement")
                continue
            if ring.hq is not None and not is_signed_by(ring.hq.key, Context.ACKNOWLEDGEMENT, row.signed):
                findings.add(Sort.ACKNOWLEDGEMENT, at, "it is not signed by HQ")
                continue
            for holder in audits:
                # An export that was made before HQ said this need not have it yet.
                if holder is source or holder.head.at_ms >= said.at_ms:
                    _check_held(said, holder, findings)
                    _check_given(said, holder, findings)


def check_carried_out(audits: Sequence[ExportAudit], findings: Findings) -> None:
    """The orders that keepers carried out stand in HQ's chain, byte for byte."""
    hq_chains = [(audit, name, chain) for audit in audits for name, chain in audit.chains.items() if _is_hq(name)]
    for audit in audits:
        for carried in audit.orders.carried:
            for holder, name, chain in hq_chains:
                given = (carried.given_in.keeper, carried.given_in.epoch)
                # An export that was made before need not have the order yet.
                behind = carried.given_in.sequence > max(chain.hashes) and holder.head.at_ms < audit.head.at_ms
                lost = holder.is_excused(carried)
                found = chain.hashes.get(carried.given_in.sequence)
                if name == given and not behind and not lost and found != carried.hash:
                    what = f"the order that it carried out is not what HQ's chain has as {carried.given_in}"
                    findings.add(Sort.WRONG_ORDER, carried.at, what)


def check_revocations(audits: Sequence[ExportAudit], ring: KeyRing, findings: Findings) -> None:
    """Behind the record that a revocation names, HQ holds nothing more of that chain."""
    for audit in audits:
        for name, held in ring.revoked.items():
            chain = audit.chains.get(name)
            # A revocation that was lost and handed back came later than the record that obeys it.
            was_lost = bool(audit.recoveries.revoked & {name})
            if audit.is_hq and chain is not None and max(chain.hashes) > held and not was_lost:
                what = f"HQ revoked this key when it held {held} records, and holds {max(chain.hashes)} now"
                findings.add(Sort.AFTER_REVOCATION, _ref(name, held + 1), what)


def check_lengths(audits: Sequence[ExportAudit], findings: Findings) -> None:
    """A keeper's own file has every record of its chain that anyone else has."""
    for own in audits:
        for name, chain in own.chains.items():
            if name[0] != own.head.place:
                continue
            for other in audits:
                elsewhere = other.chains.get(name)
                if elsewhere is None or other.head.at_ms > own.head.at_ms:
                    continue
                first, last = max(chain.hashes) + 1, max(elsewhere.hashes)
                if last >= first:
                    what = f"gone from the keeper's own file; {other.name} has what stood there"
                    findings.add(Sort.MISSING, _run(name, first, last), what)


def _check_held(said: Acknowledgement, holder: ExportAudit, findings: Findings) -> None:
    name = said.keeper, said.epoch
    chain = holder.chains.get(name)
    if chain is None:
        return
    if said.posted > said.held:
        findings.add(
            Sort.ACKNOWLEDGEMENT, _ref(name, said.held), f"HQ says that it posted {said.posted} of {said.held}"
        )
    last = max(chain.hashes)
    if said.held > last and holder.is_hq and holder.recoveries.has_ended(said.hq_epoch):
        return  # HQ says that it may have lost what it had: see the notes
    if said.held > last:
        what = f"gone; HQ confirmed on {moment(said.at_ms)} that it holds the chain so far"
        findings.add(Sort.MISSING, _run(name, last + 1, said.held), what)
    elif said.held and chain.hashes.get(said.held) != said.held_hash:
        what = f"HQ confirmed another record of this number on {moment(said.at_ms)}"
        findings.add(Sort.ACKNOWLEDGEMENT, _ref(name, said.held), what)


def _check_given(said: Acknowledgement, holder: ExportAudit, findings: Findings) -> None:
    if not any(name == (HEADQUARTERS, said.hq_epoch) for name in holder.chains) or not said.directive:
        return
    order = Order((said.keeper, said.epoch), said.hq_epoch, said.directive)
    if said.directive_hash not in holder.orders.given[order] and not holder.may_have_lost(order):
        what = (
            f"HQ confirmed on {moment(said.at_ms)} another order {said.directive} for {said.keeper} than its chain has"
        )
        findings.add(Sort.ACKNOWLEDGEMENT, f"{HEADQUARTERS}/{said.hq_epoch}", what)


def _different(audits: Sequence[ExportAudit]) -> Iterator[RecordRef]:
    for one, other in combinations(audits, 2):
        for name in one.chains.keys() & other.chains.keys():
            sequence = _first_difference(one.chains[name], other.chains[name])
            if sequence is not None:
                yield _ref(name, sequence)


def _first_difference(one: ChainCheck, other: ChainCheck) -> int | None:
    both = one.hashes.keys() & other.hashes.keys()
    return min((sequence for sequence in both if one.hashes[sequence] != other.hashes[sequence]), default=None)


def _is_hq(name: ChainName) -> bool:
    return name[0] == HEADQUARTERS


def _ref(name: ChainName, sequence: int) -> RecordRef:
    return RecordRef(Place(name[0]), name[1], sequence)


def _run(name: ChainName, first: int, last: int) -> str:
    return f"{_ref(name, first)} to {_ref(name, last)}" if last > first else str(_ref(name, first))


def moment(at_ms: int) -> str:
    """Unix time in milliseconds as people read it: `2026-11-22 12:00:01 UTC`."""
    try:
        return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (OverflowError, ValueError, OSError):
        return "a time that no clock has"
