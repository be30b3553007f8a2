"""Transactions: balanced movements of one member's value through its life."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import NamedTuple

import msgspec

from ledger.ids import AccountId, LotId, OperationId
from ledger.slices import Lot, Purse, SliceKey


class Side(StrEnum):
    """Where units are in their life. Per lot: the sum of all sides is 0: what was issued is held, spent or in transit.

    A side is an account of the double-entry book that belongs to the member's account and lot: no row is shared by
    two members, so none is hot, and the conservation of every lot can be read off its own entries.
    """

    ISSUED = "issued"
    """Came into being here; negative: the chain owes it."""
    HELD = "held"
    """The member can spend it at this place; never below zero."""
    SPENT = "spent"
    """Turned into goods."""
    OWED = "owed"
    """Negative: a refund should have taken it back and did not find it here. A netting lifts it to zero again."""
    IN_TRANSIT = "in_transit"
    """Left its giver's place; negative where it was taken. Over all places: what is under way."""
    RISK = "risk"
    """Negative: given back at HQ for what lies, or should lie, at a place that is lost. The company answers for it."""


class Leg(NamedTuple):
    """One entry: `units` more (or fewer) on one side of one lot."""

    account: AccountId
    purse: Purse
    lot: LotId
    side: Side
    units: int

    @property
    def key(self) -> SliceKey:
        """The slice that this leg concerns."""
        return SliceKey(self.account, self.purse, self.lot)


class TransactionKind(StrEnum):
    """What a keeper did with a member's value."""

    SALE = "sale"
    LOAD = "load"
    REFUND = "refund"
    VOID = "void"
    PROMISE = "promise"
    """Goods came back, and what they cost is given back when the right to do so comes. Nothing moves until then."""
    TRANSFER_OUT = "transfer_out"
    """Value leaves for another place."""
    TRANSFER_IN = "transfer_in"
    """Value that left another place arrives."""
    NETTING = "netting"
    """What refunds could not take back is taken from what the member has at HQ."""
    READOPTION = "readoption"
    """HQ stands by a transfer that it had lost; what its place does not have of that, it owes until it comes."""
    FUNDING = "funding"
    """HQ lets a promotion give so many times, or so much, in all."""
    WRITE_OFF = "write_off"
    """What lies at a lost place is the member's at HQ again, at the company's risk; or it has come home after all."""

    @property
    def is_transfer(self) -> bool:
        """Whether its other half lies at another place."""
        return self in (TransactionKind.TRANSFER_OUT, TransactionKind.TRANSFER_IN, TransactionKind.READOPTION)

    @property
    def carries(self) -> bool:
        """Whether it names the terms of every lot that it moves, as the book at its place may never have seen them."""
        return self.is_transfer or self in (TransactionKind.NETTING, TransactionKind.WRITE_OFF)


class Transaction(msgspec.Struct, frozen=True):
    """A balanced set of legs with one identity. All legs lie at the keeper's place.

    All are of one member, but a write-off's, and what a load or a sale takes of promotions' quotas.

    `opens` are lots that it brings into being; `carries` those that a transfer, a netting, a write-off or the refund of
    a sale at another place moves, with their terms.
    """

    kind: TransactionKind
    operation_id: OperationId
    legs: tuple[Leg, ...]
    opens: tuple[Lot, ...] = ()
    carries: tuple[Lot, ...] = ()

    def names(self) -> set[SliceKey]:
        """Every slice or lot that it speaks of."""
        return {leg.key for leg in self.legs} | {lot.key for lot in (*self.opens, *self.carries)}

    def imbalance(self) -> dict[SliceKey, int]:
        """What does not sum to zero, per account, purse and lot; empty when the transaction balances."""
        sums: Counter[SliceKey] = Counter()
        for leg in self.legs:
            sums[leg.key] += leg.units
        return {key: units for key, units in sums.items() if units}

    def held_changes(self) -> dict[SliceKey, int]:
        """By how much each slice at this place rises or falls."""
        changes: Counter[SliceKey] = Counter()
        for leg in self.legs:
            if leg.side is Side.HELD:
                changes[leg.key] += leg.units
        return dict(changes)
