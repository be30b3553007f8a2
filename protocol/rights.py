"""The right to undo a movement: who has it, and what it carries when it moves. Field names are never renamed."""

from __future__ import annotations

import msgspec

from checkout.sold import Paid
from ledger.transactions import Leg
from protocol.errors import NotARecord
from protocol.names import Day, Label, LotName, Name, Operation, StoreName
from protocol.records import Keeper, Number, Record, RecordKind, SignedRecord

RIGHT_LOTS_MAX = 100
"""A sale that touched more lots is undone by its own till alone: a refund of it elsewhere might fit into no record."""


class LotTerms(msgspec.Struct, frozen=True):
    """A lot of one account, and the terms under which it was opened."""

    purse: str
    lot: LotName
    store: StoreName
    opened_on: Day
    expires_on: Day | None


class Right(msgspec.Struct, frozen=True):
    """The right to undo what is left of a sale, and all that its holder has to know for that.

    `paid` is what is left of each part of the payment; `spent` and `issued` are what is left of its legs on those
    sides, in their order; `lots` are the terms of all lots in them. `moves`: how often the right has left a till.
    """

    record: Label
    receipt_number: Label
    business_date: Day
    account: Name
    card: Label
    total: Number
    paid: tuple[Paid, ...]
    spent: tuple[Leg, ...]
    issued: tuple[Leg, ...]
    lots: tuple[LotTerms, ...]
    moves: Number


class RightGiven(msgspec.Struct, frozen=True):
    """A till gives a right to HQ, for whoever is to have it next; from here on it undoes nothing more of that sale."""

    right: Right


class RightPassed(msgspec.Struct, frozen=True):
    """A till passes a right to the till `to` of its store, whose keeper takes it in its epoch `to_epoch`.

    From here on it undoes nothing more of that sale.
    """

    to: Keeper
    to_epoch: Number
    right: Right


class RightTaken(msgspec.Struct, frozen=True):
    """A right that a neighbour has passed on is here; its record as it was signed."""

    given: SignedRecord


class GiveRight(msgspec.Struct, frozen=True, tag="give_right"):
    """The addressee is to give HQ the right to undo this record of a sale, if it has it."""

    record: Label


class Entrust(msgspec.Struct, frozen=True, tag="entrust"):
    """The addressee has this right from now on, for the operation that has fetched it.

    `given` is the record by which its last holder gave it to HQ, and `public_key` the key that signs for that one.
    """

    operation_id: Operation
    public_key: bytes
    given: SignedRecord


def right_in(record: Record) -> Right | None:
    """The right that leaves its till by this record; None: none does. Raises NotARecord."""
    match record.kind:
        case RecordKind.RIGHT_GIVEN:
            return record.body_as(RightGiven).right
        case RecordKind.RIGHT_PASSED:
            return record.body_as(RightPassed).right
        case _:
            return None


def passed_to(record: Record) -> SignedRecord | None:
    """The record by which the right that this one takes was passed to its keeper; None: it takes none.

    Raises NotARecord, also for what was passed to another.
    """
    if record.kind is not RecordKind.RIGHT_TAKEN:
        return None
    given = record.body_as(RightTaken).given
    passed = given.open()
    if passed.kind is not RecordKind.RIGHT_PASSED:
        raise NotARecord(f"{record.ref}: what it takes is no right that was passed on")
    body = passed.body_as(RightPassed)
    if (body.to, body.to_epoch) != (record.keeper, record.epoch):
        raise NotARecord(f"{record.ref}: it takes a right that was passed to {body.to}/{body.to_epoch}")
    return given
