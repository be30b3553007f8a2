"""Promotions: what a load or a purchase brings on top, for as long as there is something to give. Rules as data."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from ledger.amounts import Count
from ledger.slices import DAY_PATTERN

PromotionName = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-z-]{1,32}\Z")]
Title = Annotated[str, msgspec.Meta(pattern=r"^[^\x00-\x1f\x7f]{1,32}\Z")]
"""One line of a slip or a page: no control characters."""
Day = Annotated[str, msgspec.Meta(pattern=rf"^({DAY_PATTERN})?\Z")]
"""A date by ISO 8601, or none."""
PROMOTIONS_MAX = 20
"""In one programme: each is looked at in every load or sale."""


class Occasion(StrEnum):
    """What a promotion is for, and thereby what it gives: a load brings bonus, a purchase points."""

    LOAD = "load"
    SALE = "sale"


class Limit(StrEnum):
    """How a promotion ends before its last day."""

    NONE = "none"
    NUMBER = "number"
    """It is given so many times."""
    SUM = "sum"
    """It gives so much in all."""


class Promotion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who loads, or buys for, `from_units` or more gets `gives` on top: units of bonus, or points.

    `title` is what a slip calls it. `since` and `until` are its first and last business date (ISO 8601); empty: none.
    `card_kinds` empty: every kind that can have what it gives. `limited_by`: by what HQ funds of it.
    """

    name: PromotionName
    title: Title
    on: Occasion
    from_units: Count
    gives: Count
    since: Day = ""
    until: Day = ""
    card_kinds: tuple[str, ...] = ()
    limited_by: Limit = Limit.NONE

    def is_for(self, card_kind: str) -> bool:
        """Whether holders of such a card get it."""
        return not self.card_kinds or card_kind in self.card_kinds

    def is_on(self, business_date: str) -> bool:
        """Whether this is one of its days."""
        return self.since <= business_date and (not self.until or business_date <= self.until)

    @property
    def has_days(self) -> bool:
        """Whether it matters which day it is."""
        return bool(self.since or self.until)

    @property
    def uses(self) -> int:
        """What giving it once takes of its quota; 0: it has none."""
        return {Limit.NONE: 0, Limit.NUMBER: 1, Limit.SUM: self.gives}[self.limited_by]
