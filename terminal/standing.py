"""What a till knows of a card that lies before the cashier, and how that is told."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import msgspec

from ledger.ids import Place
from protocol.members import Member, Share
from terminal.answers import Balance, PlaceShare, Presentation
from terminal.counter import Lying
from terminal.world import local_text


class Standing(msgspec.Struct, frozen=True):
    """All that is known of a card, read at once: what lies at this `place`, and what HQ has said.

    `spendable` of `usable` may be spent now: of `balance`, what lies here, unless HQ sells for this till. `shares` are
    those of other places as of Unix time `shares_at_ms`; None: HQ never said anything of them. `member` is None where
    only the card is known.
    """

    place: Place
    spendable: int
    balance: Balance
    usable: Balance
    blocked: bool
    member: Member | None
    shares: tuple[Share, ...] | None
    shares_at_ms: int = 0


def presentation_of(
    lying: Lying, standing: Standing, *, expires_in_s: int, zone: ZoneInfo, is_fresh: bool
) -> Presentation:
    """The card on the counter, as clients are told of it."""
    card, member, here = lying.card.card, standing.member, standing.usable
    shares = _everywhere(standing)
    return Presentation(
        presentation=lying.id,
        card=card.masked,
        entry=lying.card.entry,
        kind=card.kind.name,
        account=card.account,
        spendable=standing.spendable,
        principal=here.principal,
        bonus=here.bonus,
        points=here.points,
        expires_in_s=expires_in_s,
        name=(member and member.name) or None,
        tier=(member and member.tier) or None,
        blocked=standing.blocked,
        total=sum(one.principal + one.bonus for one in shares) if shares else None,
        total_as_of=local_text(standing.shares_at_ms, zone) if shares else None,
        total_is_fresh=is_fresh and bool(shares),
        shares=shares,
    )


def within(standing: Standing, reach: frozenset[Place]) -> Standing:
    """The same, with what lies at these places as spendable as what lies here: HQ sells for this till."""
    shares = [one for one in standing.shares or () if one.place in reach]
    here = standing.balance
    balance = Balance(
        here.principal + sum(one.principal for one in shares),
        here.bonus + sum(one.bonus for one in shares),
        here.points + sum(one.points for one in shares),
    )
    spendable = standing.spendable + sum(one.principal + one.bonus for one in shares)
    return msgspec.structs.replace(standing, spendable=spendable, usable=balance)


def _everywhere(standing: Standing) -> tuple[PlaceShare, ...]:
    """This place first, as it is now; nothing when HQ never said what lies elsewhere."""
    if standing.shares is None:
        return ()
    here = standing.balance
    return (
        PlaceShare(standing.place, here.principal, here.bonus, here.points),
        *(PlaceShare(one.place, one.principal, one.bonus, one.points) for one in standing.shares),
    )
