"""What the API's clients send: checked here, at the door, and never again."""

from __future__ import annotations

from typing import Annotated

import msgspec

from checkout.requests import Tender
from ledger.amounts import UNITS_MAX

# `$` alone would let a line feed follow.
OperationText = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z._:-]{8,64}$(?!\n)")]
Units = Annotated[int, msgspec.Meta(ge=1, le=UNITS_MAX)]
DateText = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$(?!\n)")]
ShortText = Annotated[str, msgspec.Meta(max_length=32, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]
PosRef = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[\x21-\x7e]+$(?!\n)")]


class ChargeBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Pay `amount` from the presented card."""

    operation_id: OperationText
    presentation: ShortText
    amount: Units
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
    """Close this business date; without it whichever is open closes, and a repeat closes another."""

    business_date: DateText | None = None


class EmptyBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing to say."""
