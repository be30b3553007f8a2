"""What a slip is about, free of language, layout and paper; stored with it, so that a copy says the same."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from checkout.sold import Paid, PaidWith


class SlipKind(StrEnum):
    """Each kind has its own title and lines."""

    SALE = "sale"
    LOAD = "load"
    REFUND = "refund"
    VOID = "void"
    PROMISE = "promise"


class Promoted(msgspec.Struct, frozen=True):
    """A promotion that was given: `units` of bonus or points, for which `used` was taken of its quota."""

    name: str
    title: str
    units: int
    used: int


class SlipFacts(msgspec.Struct, frozen=True):
    """Facts of one movement, in units of the chain's currency.

    `amount`: what the sale takes, or what the customer paid for the load. `principal` and `bonus`: the shares in which
    the movement touched the card, both positive. `..._after`: what lies at this till after it.
    """

    kind: SlipKind
    card: str
    """Masked: `6222****0417`."""
    keyed: bool
    amount: int
    principal: int
    bonus: int
    principal_after: int
    bonus_after: int
    points_after: int
    cashier: str
    tender: str | None = None
    pos_ref: str | None = None
    paid: tuple[Paid, ...] = ()
    """The parts of a payment, or what a refund gives back of each."""
    points_in: int = 0
    """Points that came on the card: earned, or given back."""
    points_out: int = 0
    """Points that left it: spent, or taken back."""
    points_owed: int = 0
    """Points that a refund should have taken back and did not find here."""
    original: str | None = None
    """The number of the slip that is undone, or is to be."""
    promise: str | None = None
    """The number of the promise that a refund keeps."""
    promotions: tuple[Promoted, ...] = ()
    """What promotions have given; it is part of `bonus` or `points_in`."""

    @property
    def stored_value_change(self) -> int:
        """By how much the card's stored value rose or, below zero, fell: a void gives a sale back and takes a load."""
        is_paid_from_card = any(part.tender is PaidWith.STORED_VALUE for part in self.paid)
        rises = is_paid_from_card if self.kind in (SlipKind.REFUND, SlipKind.VOID) else self.kind is SlipKind.LOAD
        moved = self.principal + self.bonus
        return moved if rises else -moved
