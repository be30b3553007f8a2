"""What HQ shows of members and lost cards to its own people: never a card's number."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from hq_server.members import KnownCard, MemberFile
from hq_server.views import PlaceBalance
from ledger.slices import Purse

TILLS_SHOWN_MAX = 100
"""Of those that have not heard of a block."""


class MemberView(msgspec.Struct, frozen=True):
    """A member's file. `card` is masked; an empty phone and month 0 are not known."""

    account: str
    card: str
    kind: str
    name: str
    phone: str
    birth_month: int
    tier: str
    store: str
    language: str
    joined_at_ms: int

    def __repr__(self) -> str:
        return f"<MemberView {self.account}>"

    @classmethod
    def of(cls, member: MemberFile) -> MemberView:
        """The file as it is shown."""
        card, told = member.card, member.profile
        who = (member.account, card.masked, card.kind, told.name, told.phone)
        return cls(*who, told.birth_month, told.tier, told.store, told.language, member.joined_at_ms)


class MemberList(msgspec.Struct, frozen=True):
    """Who was found."""

    members: list[MemberView]


class ByPurse(msgspec.Struct, frozen=True):
    """Sums of a member's value that lie at no place, in units: what is under way, or owed."""

    principal: int
    bonus: int
    points: int

    @classmethod
    def of(cls, sums: Mapping[Purse, int]) -> ByPurse:
        """By purse; what is not there is zero."""
        return cls(*(sums.get(purse, 0) for purse in (Purse.PRINCIPAL, Purse.BONUS, Purse.POINTS)))


class AccountView(msgspec.Struct, frozen=True):
    """An account: whose it is, if that is known, and what lies where, as far as it is posted here."""

    account: str
    member: MemberView | None
    places: list[PlaceBalance]
    under_way: ByPurse


class CardView(msgspec.Struct, frozen=True):
    """A card whose number HQ was told."""

    card: str
    masked: str
    kind: str

    @classmethod
    def of(cls, card: KnownCard) -> CardView:
        """By its token."""
        return cls(*card)


class BlockView(msgspec.Struct, frozen=True):
    """A card that is refused. `masked` is None when HQ was never told its number.

    `applied` is how many tills have reported that they refuse it; `waits` names those that have not, as `07-2/1`: the
    first TILLS_SHOWN_MAX of `waits_total`.
    """

    card: str
    masked: str | None
    since_ms: int
    applied: int
    waits_total: int
    waits: list[str]


class BlockList(msgspec.Struct, frozen=True):
    """The cards that are refused, the latest first: the first LINES_SHOWN_MAX of `total`."""

    total: int
    lines: list[BlockView]
