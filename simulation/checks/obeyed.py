"""Invariant 8: what a till carries out is never of an earlier epoch of HQ's than what it has carried out before."""

from __future__ import annotations

from ledger.ids import ChainId
from protocol.bodies import Applied
from protocol.records import RecordKind
from simulation.checks.chain import Keeper


class Obeyed:
    """Reads the chain of each till again and again, and on from where it was."""

    def __init__(self) -> None:
        self._read: dict[ChainId, tuple[int, int, int]] = {}

    def check(self, till: Keeper) -> None:
        """Raises AssertionError."""
        starts, after, hq_epoch = self._read.get(till.name, (0, 0, 0))
        if starts != till.machine.starts:
            after = hq_epoch = 0
        for signed in till.machine.store.records(after):
            record = signed.open()
            after = record.sequence
            if record.kind is RecordKind.APPLIED:
                order = record.body_as(Applied).directive.open()
                assert order.epoch >= hq_epoch, f"{record.ref} carries out {order.ref}, behind one of epoch {hq_epoch}"
                hq_epoch = order.epoch
        self._read[till.name] = till.machine.starts, after, hq_epoch
