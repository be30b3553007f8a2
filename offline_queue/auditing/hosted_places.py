"""Places at HQ: HQ holds their keys, and books there only what the till in the shop has asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from ledger.ids import Place, RecordRef, agent_of
from offline_queue.auditing.findings import Findings, Sort
from offline_queue.auditing.hosting import Booked, Wish
from offline_queue.auditing.keys import ChainName, KeyRing
from offline_queue.auditing.one_export import ExportAudit
from offline_queue.auditing.taking import check_quoted


def check_hosting(audits: Sequence[ExportAudit], ring: KeyRing, findings: Findings) -> tuple[str, ...]:
    """Hold what is booked at every place at HQ against what its till asked, and what that heard against that place.

    What could not be checked, in words.
    """
    for audit in audits:
        for told in audit.hosting.told:
            check_quoted(told, audit, audits, findings)
    return tuple(_Asks(audits, ring, findings).check())


class _Asks:
    """Everything that the tills in the shops have asked for and heard, in whichever export it is."""

    def __init__(self, audits: Sequence[ExportAudit], ring: KeyRing, findings: Findings) -> None:
        self._audits = audits
        self._ring = ring
        self._findings = findings
        self._wishes: defaultdict[tuple[str, str], dict[RecordRef, Wish]] = defaultdict(dict)
        self._heard: defaultdict[ChainName, set[tuple[int, int]]] = defaultdict(set)
        """By the till's chain: the records of its place at HQ that it quotes, by epoch and number."""
        for audit in audits:
            for wish in audit.hosting.wishes:
                self._wishes[wish.at.keeper, wish.operation_id][wish.at] = wish
            for told in audit.hosting.heard:
                self._heard[told.at.keeper, told.at.epoch].add((told.giver.epoch, told.giver.sequence))
        self._bounds = {chain: (min(heard), max(heard)) for chain, heard in self._heard.items()}
        """The first and the last of them."""

    def check(self) -> Iterator[str]:
        """Name what nobody asked for; what cannot be said of what is not here."""
        unknown: defaultdict[str, set[RecordRef]] = defaultdict(set)
        for audit in self._audits:
            for booked in audit.hosting.booked:
                agent = agent_of(booked.at.keeper)
                assert agent is not None, "only what is booked at a place at HQ is heard"
                wishes = self._wishes.get((agent, booked.operation_id), {})
                if wishes:
                    self._compare(booked, wishes)
                elif self._may_have_asked(agent, booked, audit):
                    unknown[agent].add(booked.at)
                else:
                    what = f"it books {booked.deed}, and {agent} has not asked for operation {booked.operation_id}"
                    self._findings.add(Sort.NOT_ASKED, booked.at, what)
        for till, records in sorted(unknown.items()):
            first = f"the first is {min(records)}"
            yield (
                f"whether {till} has asked for {len(records)} records that HQ booked at its place there, nothing here"
                f" tells ({first}): its own export does, made after theirs."
            )

    def _compare(self, booked: Booked, wishes: dict[RecordRef, Wish]) -> None:
        if all(wish.deed != booked.deed for wish in wishes.values()):
            first = wishes[min(wishes)]
            what = f"it books {booked.deed}, and {first.at} asks for {first.deed}"
            self._findings.add(Sort.NOT_ASKED, booked.at, what)

    def _may_have_asked(self, agent: Place, booked: Booked, by: ExportAudit) -> bool:
        """Whether the ask can be among the till's records that are not here.

        A till asks before it hears: when it has heard of this record, or of a later one, its ask comes before that. In
        an earlier epoch it asked for nothing that was booked after what a later one heard first.
        """
        epochs = sorted(self._ring.epochs(agent))
        name = booked.at.epoch, booked.at.sequence
        for expected, epoch in enumerate(epochs, start=1):
            later = [self._bounds[agent, one][0] for one in epochs if one > epoch and (agent, one) in self._bounds]
            if epoch != expected:
                return True
            if (agent, epoch) in self._bounds and self._bounds[agent, epoch][1] >= name:
                return False
            if not any(first <= name for first in later) and not self._is_whole((agent, epoch), by):
                return True
        return not epochs

    def _is_whole(self, chain: ChainName, by: ExportAudit) -> bool:
        """Whether the till's own file is here, made after the one that has the record."""
        own = [one for one in self._audits if one.head.place == chain[0] and chain in one.chains]
        return any(one.head.at_ms >= by.head.at_ms for one in own)
