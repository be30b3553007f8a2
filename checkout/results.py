"""What a use case answers: Done or Declined, each with its reasons."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from checkout.slip_facts import SlipFacts
from checkout.sold import Sold, Undone
from ledger.transactions import Transaction
from loyalty.reasons import Reason


class Decline(StrEnum):
    """Why the till says no to the member or the shop. The values are the codes in the API and in the wording table."""

    CARD_BLOCKED = "card_blocked"
    """The card was reported lost or stolen."""
    NOT_ENOUGH = "not_enough"
    """Less than the amount is on the card, wherever it lies: HQ has just said so."""
    NOT_ENOUGH_HERE = "not_enough_here"
    """Less than the amount lies at this till, and what lies elsewhere is not known."""
    CLOCK_DOUBTED = "clock_doubted"
    """It would be enough with what expires; that has stopped, as the till's clock is in doubt."""
    NOT_ENOUGH_POINTS = "not_enough_points"
    """Fewer points lie at this till than the part costs that they are to pay."""
    NO_POINTS = "no_points"
    """This kind of card carries no points, or the programme takes none for payment."""
    PARTS_DIFFER = "parts_differ"
    """The parts of the payment do not add up to the price, one is none, or a tender comes twice."""
    ORIGINAL_UNKNOWN = "original_unknown"
    """This till has no such slip, or it is none that can be undone. The till that printed it can."""
    RIGHT_ELSEWHERE = "right_elsewhere"
    """It may be another till's sale, or its right is there; nobody who could bring it was reached."""
    MORE_THAN_LEFT = "more_than_left"
    """More than what is left of the original after earlier refunds."""
    ALREADY_UNDONE = "already_undone"
    """Part of the original, or all of it, was undone before, or the promise was kept: it cannot be voided."""
    DAY_IS_OVER = "day_is_over"
    """The original is of an earlier business date: it can be refunded, not voided."""
    LOAD_WAS_USED = "load_was_used"
    """What the load brought is not all here any more."""
    LIES_ELSEWHERE = "lies_elsewhere"
    """Less than the amount lies at this till; more of the member's money lies at places that cannot be reached now."""
    SWIPE_NEEDED = "swipe_needed"
    """A keyed number may earn and load; only the card itself may spend."""
    NO_STORED_VALUE = "no_stored_value"
    """This kind of card carries none."""
    NOT_CHARGEABLE = "not_chargeable"
    """No sum that a till of this currency can take: zero, too large, or with coins that do not exist."""
    ABOVE_CHARGE_LIMIT = "above_charge_limit"
    """More than the programme lets one sale take."""
    CANCELLED = "cancelled"
    """The till of a hosted store heard nothing of it in time, and has called it off before it was done."""
    BELOW_LOAD_MINIMUM = "below_load_minimum"
    """Less than the programme lets one load bring."""
    ABOVE_LOAD_LIMIT = "above_load_limit"
    """More than the programme lets one load bring."""


class Done(msgspec.Struct, frozen=True):
    """The till may do it: the movement for the book, what the slip says, and why; what was sold, or what was undone."""

    transaction: Transaction
    facts: SlipFacts
    reasons: tuple[Reason, ...]
    sold: Sold | None = None
    undone: Undone | None = None


class Declined(msgspec.Struct, frozen=True):
    """The till says no, and nothing moved. The last of the reasons is the rule that said it.

    `floor_limit`: so many units are missing, and may be let go at the store's own risk if the cashier agrees.
    """

    decline: Decline
    reasons: tuple[Reason, ...]
    floor_limit: int = 0
