"""What a use case answers: Done or Declined, each with its reasons."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from checkout.slip_facts import SlipFacts
from ledger.transactions import Transaction


class Decline(StrEnum):
    """Why the till says no to the member or the shop. The values are the codes in the API and in the wording table."""

    NOT_ENOUGH_HERE = "not_enough_here"
    """Less than the amount lies at this till."""
    SWIPE_NEEDED = "swipe_needed"
    """A keyed number may earn and load; only the card itself may spend."""
    NO_STORED_VALUE = "no_stored_value"
    """This kind of card carries none."""
    NOT_CHARGEABLE = "not_chargeable"
    """No sum that a till of this currency can take: zero, too large, or with coins that do not exist."""
    ABOVE_CHARGE_LIMIT = "above_charge_limit"
    """More than the programme lets one sale take."""
    BELOW_LOAD_MINIMUM = "below_load_minimum"
    """Less than the programme lets one load bring."""
    ABOVE_LOAD_LIMIT = "above_load_limit"
    """More than the programme lets one load bring."""


class Reason(msgspec.Struct, frozen=True):
    """One rule that was asked: its name, its bound, and what the case showed; in units, or 1 and 0 for yes and no."""

    rule: str
    limit: int
    seen: int


class Done(msgspec.Struct, frozen=True):
    """The till may do it: the movement for the book, what the slip says, and why."""

    transaction: Transaction
    facts: SlipFacts
    reasons: tuple[Reason, ...]


class Declined(msgspec.Struct, frozen=True):
    """The till says no, and nothing moved. The last of the reasons is the rule that said it."""

    decline: Decline
    reasons: tuple[Reason, ...]
