"""What HQ shows of promotions, and why it funds none."""

from __future__ import annotations

from enum import Enum, StrEnum

import msgspec

from loyalty.promotions import Promotion


class NotFunded(StrEnum):
    """Why a promotion gets nothing to give. The values are codes in the API and `hq_problem.*` keys of the wording."""

    PROMOTION_UNKNOWN = "promotion_unknown"
    """The programme of HQ has none of that name."""
    NO_LIMIT = "no_limit"
    """The programme gives it without a limit."""
    RECOVERING = "recovering"
    """HQ may have lost records, and what it funds might be funded twice."""
    DAY_OVER = "day_over"
    """Its last day is no day to come."""
    OPERATION_CONFLICT = "operation_conflict"
    """Another funding has that operation id."""


class IsFunded(Enum):
    """When HQ has done what an operation id stands for."""

    NOW = "now"
    BEFORE = "before"
    """It was sent again, with the same content: nothing was done a second time."""


class QuotaAt(msgspec.Struct, frozen=True):
    """What a promotion may still give at one place."""

    place: str
    units: int


class PromotionView(msgspec.Struct, frozen=True):
    """A promotion of the programme, how much it may give in all, how much of that was used, and where the rest lies.

    What is limited by its number counts how often it is given, what is limited by its sum units of bonus or points.
    `used` and `places` are as HQ knows them: a till that is cut off may have used some of what lies there. `ended` is
    what of it may not be given any more, wherever it lies: its last day is over. `unfunded` is what HQ gave out beyond
    `funded`: of fundings that it has forgotten, as it was put back from a copy.
    """

    promotion: Promotion
    funded: int
    used: int
    at_hq: int
    under_way: int
    places: list[QuotaAt]
    ended: int
    unfunded: int


class PromotionList(msgspec.Struct, frozen=True):
    """All promotions of the programme, in its order."""

    promotions: list[PromotionView]
