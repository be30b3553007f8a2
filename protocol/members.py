"""What HQ says of members: who they are, what they have where, and what has moved."""

from __future__ import annotations

from typing import Annotated

import msgspec

from protocol.names import Day, Label, Name
from protocol.records import Keeper, Number

SHARES_MAX = 50
"""Places in one answer: the largest come first."""


class Share(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What a member has at one place, in units, as far as HQ has posted it."""

    place: Keeper
    principal: Number
    bonus: Number
    points: Number


Shares = Annotated[tuple[Share, ...], msgspec.Meta(max_length=SHARES_MAX)]


class Member(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A line of the directory: what a till may know of a member.

    `name` is masked, `phone` the keyed hash of the number (empty: none is known).
    `birth_month` is 0 where it is not known; `gone`: forget this line.
    """

    account: Name
    card: Label
    masked: Label
    kind: Label
    name: Label
    tier: Label
    birth_month: Annotated[int, msgspec.Meta(ge=0, le=12)]
    phone: Annotated[bytes, msgspec.Meta(max_length=32)]
    gone: bool = False


class Moved(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One movement as its slip tells it: `stored_value` is by how much that rose or, below zero, fell."""

    place: Keeper
    receipt_number: Label
    kind: Label
    amount: Number
    stored_value: Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
    points_in: Number
    points_out: Number
    business_date: Day
    at_ms: Number
