"""What a till of a hosted store and its place at HQ record of each other. Field names are never renamed."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from checkout.sold import Sold
from protocol.names import Label, Operation
from protocol.records import Number, SignedRecord


class AskedBody(msgspec.Struct, frozen=True):
    """What a hosted store's till asks its place at HQ for: a sale, load, refund or void, in the words of its cashier.

    The card is named by its account, `masked` and `card_kind` are as the till has read them; all three are empty where
    a slip is undone, `original`. `units` is what is loaded or undone.
    """

    kind: str
    operation_id: Operation
    account: str
    masked: Label
    card_kind: Label
    entry: str
    cashier: str
    pos_ref: str | None
    units: Number = 0
    tender: str = ""
    sold: Sold | None = None
    floor_limit: Number = 0
    original: str | None = None


class ToldBody(msgspec.Struct, frozen=True):
    """What came of an ask: the record of this till's place at HQ, as it was signed there."""

    operation_id: Operation
    told: SignedRecord


class WarrantBody(msgspec.Struct, frozen=True):
    """For what a place at HQ has moved a member's value by the record before this one: its till's own word, signed."""

    asked: SignedRecord


class NotTold(StrEnum):
    """Why HQ passes an ask on to nobody: nothing was decided, and it may be asked again.

    The place's keeper may have reasons of its own, and codes for them.
    """

    NOT_REACHED = "not_reached"
    """The line of that place's keeper is not up, or is too slow."""
    NOT_HOSTED = "not_hosted"
    """Nobody keeps a place at HQ for this till."""
    FENCED = "fenced"
    """HQ takes nothing more from the keeper that asks."""
    BUSY = "busy"
    """Too much was asked at once."""
