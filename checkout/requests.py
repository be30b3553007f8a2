"""What a cashier or a POS asks of a till, checked at the door. Money in units of the chain's currency."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from checkout.sold import Paid, PaidWith
from ledger.cards import Card
from ledger.ids import AccountId, OperationId, RecordRef
from ledger.slices import Lot, Slice, that_never_expire
from ledger.transactions import Leg, TransactionKind
from loyalty.evaluation import Item


class Entry(StrEnum):
    """How the card came to the till. A swipe is card-present; a key-in is marked and may not spend."""

    SWIPED = "swiped"
    KEYED = "keyed"
    PHONE = "phone"
    """Found by a phone number: it may earn and load, not spend."""


class PresentedCard(msgspec.Struct, frozen=True):
    """A genuine card that lies before the cashier."""

    card: Card
    entry: Entry


class Tender(StrEnum):
    """What the customer loads with."""

    CASH = "cash"
    BANK_CARD = "bank_card"
    MOBILE = "mobile"


class Load(msgspec.Struct, frozen=True):
    """Put `units`, paid with `tender`, on the card as stored value."""

    operation_id: OperationId
    presented: PresentedCard
    units: int
    tender: Tender
    cashier: str
    pos_ref: str | None = None


class Sale(msgspec.Struct, frozen=True):
    """Sell `items`, paid as `paid` says: stored value and points of the card, and what the shop took beside them.

    How many points a part costs is the programme's to say; here they are 0. `floor_limit`: the cashier was told that so
    many units of what the card is to pay are missing here, and agrees to let them go at the store's own risk.
    """

    operation_id: OperationId
    presented: PresentedCard
    items: tuple[Item, ...]
    paid: tuple[Paid, ...]
    cashier: str
    pos_ref: str | None = None
    floor_limit: int = 0

    @property
    def units(self) -> int:
        """The price."""
        return sum(item.units for item in self.items)

    @classmethod
    def charge(  # noqa: PLR0913 - what a sale of one line is made of
        cls,
        operation_id: OperationId,
        presented: PresentedCard,
        units: int,
        cashier: str,
        pos_ref: str | None = None,
        *,
        floor_limit: int = 0,
    ) -> Sale:
        """The short way in: one line without a name, paid wholly from stored value."""
        paid = Paid(PaidWith.STORED_VALUE, units)
        return cls(operation_id, presented, (Item("", units),), (paid,), cashier, pos_ref, floor_limit)


class Promise(msgspec.Struct, frozen=True):
    """Goods of the sale with the slip `original` were taken back; `left` of `units` is still to be given back."""

    record: RecordRef
    receipt_number: str
    original: str
    units: int
    left: int
    cashier: str
    pos_ref: str | None


class Undo(msgspec.Struct, frozen=True):
    """Undo `units` of the movement whose slip has this number.

    `may_promise`: the goods are taken back even if nobody who has the right to refund them is reached now. `keeps`: it
    was promised.
    """

    operation_id: OperationId
    receipt_number: str
    units: int
    cashier: str
    pos_ref: str | None = None
    may_promise: bool = False
    keeps: Promise | None = None


class Original(msgspec.Struct, frozen=True):
    """A movement that is to be undone, and what is left of it after earlier refunds.

    `paid` is what is left of each part of its payment; `spent` and `issued` are what is left of its legs on those
    sides, in their order (`issued` units are negative). `total` is the price before any refund. `lots`: of a sale at
    another place, the terms of all lots in them. `used` are its legs on promotions' quotas.
    """

    record: RecordRef
    receipt_number: str
    kind: TransactionKind
    business_date: str
    account: AccountId
    card: str
    total: int
    paid: tuple[Paid, ...]
    spent: tuple[Leg, ...]
    issued: tuple[Leg, ...]
    lots: tuple[Lot, ...] = ()
    used: tuple[Leg, ...] = ()

    @property
    def left(self) -> int:
        """Units of its price that nobody has undone."""
        return sum(part.units for part in self.paid)


class Elsewhere(msgspec.Struct, frozen=True):
    """What HQ has said of a member's money at other places: `units` in all, as of Unix time `at_ms`.

    `for_this`: it said so because it could not bring what this very request needs.
    """

    units: int
    at_ms: int
    for_this: bool = False


class LetGo(msgspec.Struct, frozen=True):
    """Units that were let go at the store's own risk on this business date: of this account here, and at this till."""

    of_card: int
    at_till: int


class BookView(msgspec.Struct, frozen=True):
    """All that a use case may know of the book: read in the same commit that takes its decision."""

    next_record: RecordRef
    store: str
    business_date: str
    slices: tuple[Slice, ...]
    blocked: bool = False
    """The card is on the negative list."""
    elsewhere: Elsewhere | None = None
    """None: HQ has never said anything of this member here."""
    original: Original | None = None
    """What is to be undone; None where this till has no right to undo it."""
    original_unknown: bool = True
    """Where there is none: nobody else can undo it either. False: another till may have it, and was not reached."""
    promise: Promise | None = None
    """The slip that is to be undone is that of a promise, and tells of no movement."""
    clock_doubted: bool = False
    """Nobody can say which day it is: what expires stays where it is, and is not spent."""
    mode: str = ""
    """In which way the store is run."""
    quotas: tuple[Slice, ...] = ()
    """What promotions may still give here."""
    let_go: LetGo | None = None
    """None: nothing may be, as HQ takes no more of this till's records and would not see it."""

    @property
    def usable(self) -> tuple[Slice, ...]:
        """The slices that the clock leaves to be spent; the business date has its own say."""
        return that_never_expire(self.slices) if self.clock_doubted else self.slices
