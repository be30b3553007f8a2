"""What a slip is about, free of language, layout and paper; stored with it, so that a copy says the same."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class SlipKind(StrEnum):
    """Each kind has its own title and lines."""

    CHARGE = "charge"
    LOAD = "load"


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
