"""The right to undo a movement: who has it, and what it carries when it moves. Field names are never renamed."""

from __future__ import annotations

import msgspec

from checkout.sold import Paid
from ledger.transactions import Leg
from protocol.names import Day, Label, LotName, Name, Operation, StoreName
from protocol.records import Number, SignedRecord

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
