"""What a cashier or a POS asks of a till, checked at the door. Money in units of the chain's currency."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from ledger.cards import Card
from ledger.ids import OperationId, RecordRef
from ledger.slices import Slice


class Entry(StrEnum):
    """How the card came to the till. A swipe is card-present; a key-in is marked and may not spend."""

    SWIPED = "swiped"
    KEYED = "keyed"


class PresentedCard(msgspec.Struct, frozen=True):
    """A genuine card that lies before the cashier."""

    card: Card
    entry: Entry


class Tender(StrEnum):
    """What the customer loads with."""

    CASH = "cash"
    BANK_CARD = "bank_card"
    MOBILE = "mobile"


class Charge(msgspec.Struct, frozen=True):
    """Pay `units` from the card's stored value."""

    operation_id: OperationId
    presented: PresentedCard
    units: int
    cashier: str
    pos_ref: str | None = None


class Load(msgspec.Struct, frozen=True):
    """Put `units`, paid with `tender`, on the card as stored value."""

    operation_id: OperationId
    presented: PresentedCard
    units: int
    tender: Tender
    cashier: str
    pos_ref: str | None = None


class BookView(msgspec.Struct, frozen=True):
    """All that a use case may know of the book: read in the same commit that takes its decision."""

    next_record: RecordRef
    store: str
    business_date: str
    slices: tuple[Slice, ...]
