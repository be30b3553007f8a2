"""Faults of an HQ that was put back from a copy, and of its tills: walks must see each of them."""

from __future__ import annotations

import pytest

from hq_server.recovery import Cause
from hq_server.storage.lost_orders import LostOrders
from hq_server.storage.mirrors import Step
from hq_server.storage.recovering import Recovering
from hq_server.storage.sqlite import HqStore
from hq_server.storage.vault import Vault
from ledger.ids import AccountId, ChainId
from offline_queue.doubts import Doubt, Given
from offline_queue.outbox import Stamp
from protocol.records import SignedRecord
from protocol.recoveries import Readopted
from terminal.hq_memory import HqMemory


def give_at_once(patch: pytest.MonkeyPatch) -> None:
    """HQ begins another epoch, and gives out what its old book has."""
    begin = Recovering.begin

    def begin_and_end(self: Recovering, cause: Cause, seen: int, stamp: Stamp) -> list[ChainId]:
        told = begin(self, cause, seen, stamp)
        self._connection.execute("update recoveries set ended_at_ms = 0")
        return told

    patch.setattr(Recovering, "begin", begin_and_end)


def wait_for_nobody(patch: pytest.MonkeyPatch) -> None:
    """HQ counts a keeper as home that it has not heard."""
    patch.setattr(Recovering, "_not_yet_in", lambda self, hq_epoch: [])  # noqa: ARG005 - as they are called


def stand_by_nothing(patch: pytest.MonkeyPatch) -> None:
    """HQ signs that it stands by an order, and what that gave still lies with it."""

    def readopt(self: Vault, directive: SignedRecord, stamp: Stamp) -> None:
        self._keepers.own.append(Readopted(directive), stamp)

    patch.setattr(Vault, "readopt", readopt)


def reclaim_what_was_taken(patch: pytest.MonkeyPatch) -> None:
    """HQ does not look whether a keeper has had what it gave."""

    def has_come(self: LostOrders, chain: ChainId, given: SignedRecord) -> bool:  # noqa: ARG001 - as it is called
        return False

    def has_under_way(self: object, chain: ChainId) -> bool:  # noqa: ARG001 - as it is called
        return True

    patch.setattr(LostOrders, "_has_come", has_come)
    patch.setattr("hq_server.storage.whereabouts.Whereabouts.has_under_way", has_under_way)


def reclaim_nothing(patch: pytest.MonkeyPatch) -> None:
    """What was not delivered in the earlier epoch is gone."""
    patch.setattr(LostOrders, "_reclaim", lambda *_: None)


def obey_older_epochs(patch: pytest.MonkeyPatch) -> None:
    """A till that knows HQ's new epoch carries out what HQ had ordered in an earlier one."""

    def doubt_place(self: HqMemory, given: Given, carried_out: bytes | None) -> Doubt | None:
        if carried_out is not None:
            return None if carried_out == given.signed.hash else Doubt.ORDER_CHANGED
        last = self._last_directive(given.hq_epoch)
        return None if given.directive.number == last + 1 else Doubt.ORDER_MISSING

    patch.setattr(HqMemory, "_doubt_place", doubt_place)


def net_meanwhile(patch: pytest.MonkeyPatch) -> None:
    """HQ settles what its old book says of its members while it recovers."""
    settle = HqStore._settle

    def settle_anyway(self: HqStore, step: Step, stamp: Stamp, in_hand: frozenset[AccountId]) -> None:
        with pytest.MonkeyPatch.context() as inner:
            inner.setattr(Recovering, "is_on", False)
            settle(self, step, stamp, in_hand)

    patch.setattr(HqStore, "_settle", settle_anyway)
