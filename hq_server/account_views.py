"""Accounts as HQ's pages show them: a masked name and no phone, where the value lies, and what moved last."""

from __future__ import annotations

import msgspec

from hq_server.member_views import ByPurse
from hq_server.members import MemberFile, masked_name
from hq_server.record_views import Units
from hq_server.views import PlaceBalance, StoreClaim, SuspenseView


class Holder(msgspec.Struct, frozen=True):
    """Whose account it is, as far as a page has to know: `card` and `name` are masked."""

    account: str
    card: str
    kind: str
    name: str
    tier: str
    store: str

    @classmethod
    def of(cls, member: MemberFile) -> Holder:
        """The file without what nobody needs to see."""
        told, card = member.profile, member.card
        return cls(member.account, card.masked, card.kind, masked_name(told.name, told.language), told.tier, told.store)


class HolderList(msgspec.Struct, frozen=True):
    """Who was found. `account` is that of a card that was looked for: something may lie in it without a member."""

    holders: list[Holder]
    account: str | None = None


class Movement(msgspec.Struct, frozen=True):
    """One record that moved a member's value, and by how much it rose or fell at `place`."""

    record: str
    kind: str
    place: str
    business_date: str
    recorded_at_ms: int
    moved: Units


class AccountPage(msgspec.Struct, frozen=True):
    """An account whole, as far as it is posted: the last movements first; `suspense` is not in the balance.

    `owed` is what refunds could not take back, and comes off the balance when it lies at HQ. `claims` are what stores
    let go at their own risk: theirs to collect, and never taken off the balance.
    """

    account: str
    holder: Holder | None
    is_blocked: bool
    places: list[PlaceBalance]
    under_way: ByPurse
    owed: ByPurse
    movements: list[Movement]
    suspense: list[SuspenseView]
    claims: list[StoreClaim] = []
