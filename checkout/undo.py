"""Refund and void: undo a share of a movement, part by part of its payment, never more than what is left of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from checkout.promises import promise, take_back
from checkout.requests import BookView, Original, Undo
from checkout.results import Decline, Declined, Done
from checkout.rules import Rule, ask
from checkout.sharing import Left, share_of, share_out
from checkout.slip_facts import SlipFacts, SlipKind
from checkout.sold import CARD, Paid, PaidWith, Undone, at_risk
from ledger.slices import MONEY, Lot, Purse, SliceKey, total
from ledger.transactions import Leg, Side, Transaction, TransactionKind
from loyalty.programme import Programme
from loyalty.reasons import Reason


class _Plan(NamedTuple):
    """What is to be undone, and of which part of its payment how much."""

    kind: TransactionKind
    request: Undo
    view: BookView
    original: Original
    shares: Sequence[int]


def refund(request: Undo, view: BookView, programme: Programme) -> Done | Declined:
    """Give back request.units of a sale: each tender its share, lots in reverse of their order, points both ways.

    What was let go at the store's own risk comes first: nobody is given anything back while the store has a claim.
    """
    original = view.original
    if original is None and request.may_promise and not view.original_unknown:
        return promise(request, programme)
    if original is None or original.kind is not TransactionKind.SALE:
        return _unknown(view)
    reasons = ask(_refund_rules(request, original, programme))
    if isinstance(reasons, Declined):
        return reasons
    shares = _shares(request.units, original.paid, programme.currency.charge_step)
    return _undo(_Plan(TransactionKind.REFUND, request, view, original, shares), reasons)


def keep(request: Undo, view: BookView, programme: Programme) -> Done | Declined:
    """Give back what was promised, or what is left of the sale by now if that is less."""
    left = 0 if view.original is None else view.original.left
    return refund(msgspec.structs.replace(request, units=min(request.units, left)), view, programme)


def void(request: Undo, view: BookView, _programme: Programme) -> Done | Declined:
    """Undo all of a sale or a load of this till, on the business date on which it was made; or take a promise back."""
    if view.promise is not None:
        return take_back(request, view.promise)
    original = view.original
    if original is None or _is_anothers(original, view):
        return _unknown(view)
    reasons = ask(_void_rules(request, view, original))
    if isinstance(reasons, Declined):
        return reasons
    whole = [part.units for part in original.paid]
    return _undo(_Plan(TransactionKind.VOID, request, view, original, whole), reasons)


def _is_anothers(original: Original, view: BookView) -> bool:
    """Whether another till has sold it, or one that this one has replaced: this book may never have seen its lots."""
    made, here = original.record, view.next_record
    return (made.keeper, made.epoch) != (here.keeper, here.epoch)


def _carried(legs: Iterable[Leg], original: Original) -> tuple[Lot, ...]:
    moved = {leg.key for leg in legs}
    return tuple(lot for lot in original.lots if lot.key in moved)


def _unknown(view: BookView) -> Declined:
    decline = Decline.ORIGINAL_UNKNOWN if view.original_unknown else Decline.RIGHT_ELSEWHERE
    return Declined(decline, (Reason("original", 1, 0),))


def _refund_rules(request: Undo, original: Original, programme: Programme) -> Iterator[Rule]:
    units = request.units
    payable = programme.currency.can_charge(units) or units == original.left > 0
    yield Rule(Reason("charge_step", programme.currency.charge_step, units), payable, Decline.NOT_CHARGEABLE)
    yield Rule(Reason("left_of_original", original.left, units), units <= original.left, Decline.MORE_THAN_LEFT)


def _void_rules(request: Undo, view: BookView, original: Original) -> Iterator[Rule]:
    today = original.business_date == view.business_date
    yield Rule(Reason("whole", original.total, original.left), original.left == original.total, Decline.ALREADY_UNDONE)
    yield Rule(Reason("price", original.total, request.units), request.units == original.total, Decline.MORE_THAN_LEFT)
    yield Rule(Reason("same_day", 1, int(today)), today, Decline.DAY_IS_OVER)
    if original.kind is TransactionKind.LOAD:
        here = sum(min(_held(view, leg.key), -leg.units) for leg in original.issued)
        brought = -sum(leg.units for leg in original.issued)
        yield Rule(Reason("load_here", brought, here), here == brought, Decline.LOAD_WAS_USED)


def _shares(units: int, paid: Sequence[Paid], step: int) -> list[int]:
    """Of each part so many units, what is at the store's risk before all others; `step`: of its coins."""
    risk = min(units, at_risk(paid))
    others = [Left(0 if _is_risk(part) else part.units, 1 if part.tender in CARD else step) for part in paid]
    shares = share_out(units - risk, others)
    return [risk if _is_risk(part) else share for part, share in zip(paid, shares, strict=True)]


def _is_risk(part: Paid) -> bool:
    return part.tender is PaidWith.STORE_RISK


def _undo(plan: _Plan, reasons: tuple[Reason, ...]) -> Done:
    request, original = plan.request, plan.original
    paid = tuple(_share(part, units) for part, units in zip(original.paid, plan.shares, strict=True) if units)
    money = sum(part.units for part in paid if part.tender is PaidWith.STORED_VALUE)
    points = sum(part.points for part in paid)
    used = sum(leg.units for leg in original.used)
    back = [*_restore(original.spent, MONEY, money), *_restore(original.spent, (Purse.POINTS,), points)]
    # What a promotion gave is given, however much of it is brought back; but what is void never was.
    back += _restore(original.used, (Purse.QUOTA,), used if plan.kind is TransactionKind.VOID else 0)
    # What nobody had paid has earned nothing.
    earning, all_earning = request.units - at_risk(paid), original.left - at_risk(original.paid)
    gone = _take_back(original.issued, earning, all_earning, plan.view)
    legs = _merged((*back, *gone))
    carries = _carried(legs, original) if _is_anothers(original, plan.view) else ()
    transaction = Transaction(plan.kind, request.operation_id, legs, carries=carries)
    kept = None if request.keeps is None else str(request.keeps.record)
    undone = Undone(str(original.record), request.units, paid, kept)
    return Done(transaction, _facts(transaction, plan, paid), reasons, undone=undone)


def _share(part: Paid, units: int) -> Paid:
    """`units` of a part, and as many of its points; the last of them when the part is undone whole."""
    return msgspec.structs.replace(part, units=units, points=share_of(part.points, units, part.units))


def _restore(spent: Sequence[Leg], purses: Sequence[Purse], units: int) -> Iterator[Leg]:
    """Give `units` back to the lots that paid, the last one first."""
    for leg in reversed([leg for leg in spent if leg.purse in purses]):
        part = min(units, leg.units)
        if part:
            yield leg._replace(units=-part)
            yield leg._replace(side=Side.HELD, units=part)
        units -= part
    assert units == 0, "no more comes back than was paid"


def _take_back(issued: Iterable[Leg], part: int, whole: int, view: BookView) -> Iterator[Leg]:
    """Take back that share of what the original brought; what does not lie here any more is owed."""
    for leg in issued:
        units = share_of(-leg.units, part, whole)
        here = min(units, _held(view, leg.key))
        if units:
            yield leg._replace(units=units)
        if here:
            yield leg._replace(side=Side.HELD, units=-here)
        if units > here:
            yield leg._replace(side=Side.OWED, units=here - units)


def _held(view: BookView, key: SliceKey) -> int:
    return sum(one.units for one in view.slices if one.key == key)


def _merged(legs: Iterable[Leg]) -> tuple[Leg, ...]:
    """One leg for each side of a lot, without those that come to nothing."""
    sums: dict[tuple[SliceKey, Side], int] = {}
    for leg in legs:
        sums[leg.key, leg.side] = sums.get((leg.key, leg.side), 0) + leg.units
    return tuple(Leg(*key, side, units) for (key, side), units in sums.items() if units)


def _facts(made: Transaction, plan: _Plan, paid: tuple[Paid, ...]) -> SlipFacts:
    request, view, original = plan.request, plan.view, plan.original
    change = {
        purse: sum(leg.units for leg in made.legs if leg.side is Side.HELD and leg.purse is purse) for purse in Purse
    }
    points = [leg.units for leg in made.legs if leg.purse is Purse.POINTS and leg.side is Side.HELD]
    return SlipFacts(
        kind=SlipKind(made.kind.value),
        card=original.card,
        keyed=False,
        amount=request.units,
        principal=abs(change[Purse.PRINCIPAL]),
        bonus=abs(change[Purse.BONUS]),
        principal_after=total(view.slices, Purse.PRINCIPAL) + change[Purse.PRINCIPAL],
        bonus_after=total(view.slices, Purse.BONUS) + change[Purse.BONUS],
        points_after=total(view.slices, Purse.POINTS) + change[Purse.POINTS],
        cashier=request.cashier,
        pos_ref=request.pos_ref,
        paid=paid,
        points_in=sum(units for units in points if units > 0),
        points_out=-sum(units for units in points if units < 0),
        points_owed=-sum(leg.units for leg in made.legs if leg.side is Side.OWED),
        original=original.receipt_number,
        promise=None if request.keeps is None else request.keeps.receipt_number,
    )
