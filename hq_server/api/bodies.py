"""What goes in and out of HQ's API beside its views: checked here, at the door, and never again."""

from __future__ import annotations

from typing import Annotated

import msgspec

from hq_server.views import KeeperView, PlaceBalance

TillPlace = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z]{1,8}-[0-9A-Za-z]{1,4}\Z")]
"""`<store>-<till>`; HQ itself is no till."""


class NewTill(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A till may be enrolled as `place`. `store` may be left out: it is what stands before the hyphen."""

    place: TillPlace
    store: str | None = None


class Pairing(msgspec.Struct, frozen=True):
    """What to key in at the till, within so many seconds and at the first of so many tries."""

    place: str
    code: str
    valid_s: int
    tries: int


class Empty(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing to say."""


class HqHello(msgspec.Struct, frozen=True):
    """Who answers here."""

    product: str
    api: str


class Tills(msgspec.Struct, frozen=True):
    """Every till that was ever enrolled, in each of its epochs."""

    tills: list[KeeperView]


class MemberBalances(msgspec.Struct, frozen=True):
    """What a member has, place by place, as far as it is posted here."""

    account: str
    places: list[PlaceBalance]
