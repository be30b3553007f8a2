"""What the API's clients send: checked here, at the door, and never again."""

from __future__ import annotations

from typing import Annotated

import msgspec

from checkout.requests import Tender
from checkout.sold import Paid, PaidWith, Sold
from ledger.amounts import UNITS_MAX
from ledger.ids import TILL_PATTERN
from ledger.slices import DAY_PATTERN
from loyalty.evaluation import Item

# `$` alone would let a line feed follow.
OperationText = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z._:-]{8,64}$(?!\n)")]
Units = Annotated[int, msgspec.Meta(ge=1, le=UNITS_MAX)]
DateText = Annotated[str, msgspec.Meta(pattern=rf"^{DAY_PATTERN}$(?!\n)")]
ShortText = Annotated[str, msgspec.Meta(max_length=32, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]
LineText = Annotated[str, msgspec.Meta(max_length=64, pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$(?!\n)")]
ReceiptText = Annotated[
    str, msgspec.Meta(max_length=40, pattern=rf"^{TILL_PATTERN}(\.[0-9]{{1,6}})?-[0-9]{{1,15}}$(?!\n)")
]
PosRef = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[\x21-\x7e]+$(?!\n)")]


ITEMS_MAX = 200
PAID_MAX = 8
QUANTITY_MAX = 10**6


class ChargeBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Pay `amount` from the presented card."""

    operation_id: OperationText
    presentation: ShortText
    amount: Units
    cashier: ShortText = ""
    pos_ref: PosRef | None = None
    floor_limit: Units | msgspec.UnsetType = msgspec.UNSET
    """What the cashier agrees to have let go at the store's own risk. Unset, a request's fingerprint is as before."""

    @property
    def agreed(self) -> int:
        """The same in units."""
        return self.floor_limit or 0


class ItemBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of a sale as the POS has it: `amount` is what all of it costs, discounts taken off; 0 for a gift."""

    article: LineText
    amount: Annotated[int, msgspec.Meta(ge=0, le=UNITS_MAX)]
    quantity: Annotated[int, msgspec.Meta(ge=1, le=QUANTITY_MAX)] = 1
    group: LineText = ""
    clerk: LineText = ""

    @property
    def texts(self) -> tuple[str, ...]:
        """What was typed or scanned."""
        return self.article, self.group, self.clerk


class PaidBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One part of a payment."""

    tender: PaidWith
    amount: Units


class SaleBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sell `items` to who holds the presented card, paid as `paid` says: each tender once."""

    operation_id: OperationText
    presentation: ShortText
    items: Annotated[tuple[ItemBody, ...], msgspec.Meta(min_length=1, max_length=ITEMS_MAX)]
    paid: Annotated[tuple[PaidBody, ...], msgspec.Meta(min_length=1, max_length=PAID_MAX)]
    cashier: ShortText = ""
    pos_ref: PosRef | None = None
    floor_limit: Units | msgspec.UnsetType = msgspec.UNSET
    """As in ChargeBody."""

    def __post_init__(self) -> None:
        """Raises ValueError, which the decoder turns into its own error."""
        if len({part.tender for part in self.paid}) < len(self.paid):
            raise ValueError("a tender twice")

    @property
    def agreed(self) -> int:
        """What may be let go at the store's own risk, in units."""
        return self.floor_limit or 0

    @property
    def sold(self) -> Sold:
        """The same in the domain's words. What points cost is not known yet."""
        items = tuple(Item(one.article, one.amount, one.quantity, one.group, one.clerk) for one in self.items)
        return Sold(items, tuple(Paid(part.tender, part.amount) for part in self.paid))


class RefundBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Give back `amount` of the sale whose slip has this number."""

    operation_id: OperationText
    receipt_number: ReceiptText
    amount: Units
    cashier: ShortText = ""
    pos_ref: PosRef | None = None
    promise: bool | msgspec.UnsetType = msgspec.UNSET
    """Take the goods even if nobody is reached who may refund. Unset, a request's fingerprint is as before."""


class VoidBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Undo the sale or load whose slip has this number, on its own business date."""

    operation_id: OperationText
    receipt_number: ReceiptText
    cashier: ShortText = ""
    pos_ref: PosRef | None = None


class LoadBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Load `amount`, paid with `tender`, on the presented card."""

    operation_id: OperationText
    presentation: ShortText
    amount: Units
    tender: Tender
    cashier: ShortText = ""
    pos_ref: PosRef | None = None


class PresentBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A card number from the keyboard, or a member whom a search has found: one of the two."""

    number: Annotated[str, msgspec.Meta(max_length=32)] | None = None
    candidate: ShortText | None = None

    def __post_init__(self) -> None:
        """Raises ValueError, which the decoder turns into its own error."""
        if (self.number is None) == (self.candidate is None):
            raise ValueError("either a number or a candidate")

    def __repr__(self) -> str:
        return "<PresentBody>"


class SearchBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A phone number from the keyboard, as somebody says it."""

    phone: Annotated[str, msgspec.Meta(max_length=64)]

    def __repr__(self) -> str:
        return "<SearchBody>"


class SlipAnswerBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether the slip came out of the printer."""

    came_out: bool


class DayCloseBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Close this business date; without it whichever is open closes, and a repeat closes another.

    `opens` is the date from then on, by a person's word: while the clock is doubted it has to be named.
    """

    business_date: DateText | None = None
    opens: DateText | None = None


class EmptyBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing to say."""
