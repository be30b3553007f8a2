"""Promoting: which promotions a load or a sale gets, and what that takes of their quotas. Never a reason for a no."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from checkout.requests import BookView, Load, Sale
from checkout.slip_facts import Promoted
from ledger.cards import CardKind
from ledger.ids import AccountId, quota_of
from ledger.slices import Purse, Slice, take, total
from ledger.transactions import Leg, Side
from loyalty.programme import Programme
from loyalty.promotions import Limit, Occasion, Promotion
from loyalty.reasons import Reason


class Promotions(NamedTuple):
    """What promotions make of a load or a sale: what they give, what that takes of their quotas, and why."""

    given: tuple[Promoted, ...]
    legs: tuple[Leg, ...]
    reasons: tuple[Reason, ...]

    @property
    def units(self) -> int:
        """Bonus or points in all."""
        return sum(one.units for one in self.given)


class QuotaNeed(NamedTuple):
    """What a promotion would take of its quota, more than lies here."""

    account: AccountId
    missing: int


def quotas(programme: Programme) -> tuple[AccountId, ...]:
    """The accounts of all that the programme's promotions may still give."""
    return tuple(quota_of(one.name) for one in programme.promotions if one.limited_by is not Limit.NONE)


def promote(request: Load | Sale, view: BookView, programme: Programme, *, unpaid: int = 0) -> Promotions:
    """Each promotion that this is for and whose quota lies here; the reasons name the others, too.

    `unpaid`: so much of it the store lets go at its own risk, and that earns nobody anything.
    """
    given: list[Promoted] = []
    legs: list[Leg] = []
    reasons: list[Reason] = []
    for one in _fitting(request, view, programme, request.units - unpaid):
        quota = _quota(one, view)
        here = total(quota, Purse.QUOTA)
        reasons.append(Reason(f"promotion.{one.name}", one.uses, min(here, one.uses)))
        if one.uses <= here:
            given.append(Promoted(one.name, one.title, one.gives, one.uses))
            legs += _use(quota, one.uses)
    return Promotions(tuple(given), tuple(legs), tuple(reasons))


def quota_needs(request: Load | Sale, view: BookView, programme: Programme) -> Iterator[QuotaNeed]:
    """What has to be drawn so that no promotion is missed for what lies elsewhere."""
    for one in _fitting(request, view, programme, request.units):
        missing = one.uses - total(_quota(one, view), Purse.QUOTA)
        if missing > 0:
            yield QuotaNeed(quota_of(one.name), missing)


def _fitting(request: Load | Sale, view: BookView, programme: Programme, units: int) -> Iterator[Promotion]:
    """Those that this is for. While nobody can say which day it is, none that has days."""
    occasion, kind = (Occasion.LOAD if isinstance(request, Load) else Occasion.SALE), request.presented.card.kind
    for one in programme.promotions:
        fits = one.on is occasion and units >= one.from_units and one.is_for(kind.name) and _can_have(kind, one)
        if fits and one.is_on(view.business_date) and not (view.clock_doubted and one.has_days):
            yield one


def _can_have(kind: CardKind, one: Promotion) -> bool:
    return kind.stored_value if one.on is Occasion.LOAD else kind.points


def _quota(one: Promotion, view: BookView) -> list[Slice]:
    """What may be given of it today, the lot that ends first before all others."""
    account = quota_of(one.name)
    lies = [quota for quota in view.quotas if quota.key.account == account and quota.spendable_on(view.business_date)]
    return sorted(lies, key=lambda quota: (quota.lot.expires_on or "9999-12-31", quota.key))


def _use(quota: Sequence[Slice], units: int) -> Iterator[Leg]:
    for one, part in take(quota, units):
        yield Leg(*one.key, Side.HELD, -part)
        yield Leg(*one.key, Side.SPENT, part)
