"""Transfers between chains: what is taken was given, once; what was given and not taken is under way."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from typing import NamedTuple

from ledger.ids import HEADQUARTERS, RecordRef
from offline_queue.auditing.findings import Findings, Sort
from offline_queue.auditing.one_export import ExportAudit
from offline_queue.auditing.report import Transit, UnderWay
from offline_queue.auditing.transfers import Gift, Take
from protocol.records import RecordKind


class Quoting(NamedTuple):
    """What is wrong where a record quotes another one that is not like that, and how to say it."""

    sort: Sort
    does: str
    whose: str


TAKING = Quoting(Sort.WRONG_TAKE, "takes", "its giver's")
TELLING = Quoting(Sort.WRONG_TOLD, "quotes", "its keeper's")
RELAYING = Quoting(Sort.WRONG_ORDER, "relays", "its giver's")
ENTRUSTING = Quoting(Sort.WRONG_RIGHT, "entrusts", "its keeper's")
TAKING_RIGHTS = Quoting(Sort.WRONG_RIGHT, "takes", "its keeper's")


def check_transfers(audits: Sequence[ExportAudit], findings: Findings) -> Transit:
    """Hold every take of every export against its giver's chains; what is under way is no fault, and is added up."""
    takes: defaultdict[tuple[RecordRef, bytes], dict[RecordRef, Take]] = defaultdict(dict)
    for audit in audits:
        for take in audit.transfers.takes:
            # By the hash, too: HQ may have given another under the number of an order that it had lost.
            takes[take.giver, take.hash].setdefault(take.at, take)
            # That an order which was carried out stands in HQ's chain, the check of orders says.
            if take.kind is RecordKind.TAKEN:
                check_quoted(take, TAKING, audit, audits, findings)
        for relayed in audit.relays.relayed:
            check_quoted(relayed, RELAYING, audit, audits, findings)
    for (giver, _), found in takes.items():
        first, *more = sorted(found)
        for at in more:
            findings.add(Sort.TAKEN_TWICE, at, f"it takes what {giver} gives, and {first} has taken that")
    return _transit(audits, {giver for giver, _ in takes})


def check_quoted(
    quoted: Take, how: Quoting, by: ExportAudit, audits: Sequence[ExportAudit], findings: Findings
) -> None:
    """The record that is quoted, by its taker, by HQ who relays it, or by who heard it, stands in its own chain."""
    name = quoted.giver.keeper, quoted.giver.epoch
    for holder in audits:
        chain = holder.chains.get(name)
        # HQ passes on only what it holds.
        holds = holder is by and quoted.kind is RecordKind.DIRECTIVE
        if chain is None and not holds:
            continue
        hashes = {} if chain is None else chain.hashes
        found = hashes.get(quoted.giver.sequence)
        # An export that was made before the transfer, or that has only a part of the giver's chain, need not have it.
        whole = holds or (holder.head.place == quoted.giver.keeper and holder.head.at_ms >= by.head.at_ms)
        if found is None and (whole or quoted.giver.sequence < max(hashes)):
            what = f"the record {quoted.giver} that it {how.does} is not in {how.whose} chain"
            findings.add(how.sort, quoted.at, what)
        elif found not in (None, quoted.hash):
            what = f"what it {how.does} as {quoted.giver} is not what {how.whose} chain has there"
            findings.add(how.sort, quoted.at, what)


def _transit(audits: Sequence[ExportAudit], taken: Collection[RecordRef]) -> Transit:
    gifts: dict[RecordRef, Gift] = {}
    set_aside = {ref for audit in audits for ref in audit.posting.refused()}
    for audit in audits:
        gifts |= audit.transfers.gifts
    chains = {name for audit in audits for name in audit.chains}
    hq_is_seen = any(keeper == HEADQUARTERS for keeper, _ in chains)
    seen: list[Gift] = []
    unseen: list[Gift] = []
    for ref, gift in gifts.items():
        if ref not in taken and ref not in set_aside:
            is_seen = hq_is_seen if gift.to == HEADQUARTERS else (gift.to, gift.to_epoch) in chains
            (seen if is_seen else unseen).append(gift)
    return Transit(_sum(seen), _sum(unseen))


def _sum(gifts: Sequence[Gift]) -> UnderWay:
    units: Counter[str] = Counter()
    for gift in gifts:
        units.update(gift.units)
    return UnderWay(len(gifts), dict(units))
