"""Charge: pay for goods from what lies at this till."""

from __future__ import annotations

from collections.abc import Iterator

from checkout.requests import BookView, Charge, Entry
from checkout.results import Decline, Declined, Done
from checkout.rules import Rule, ask, enough_here, not_blocked
from checkout.slip_facts import SlipFacts, SlipKind
from ledger.slices import MONEY, Part, Purse, Slice, take, total
from ledger.transactions import Leg, Side, Transaction, TransactionKind
from loyalty.programme import Programme
from loyalty.reasons import Reason


def charge(request: Charge, view: BookView, programme: Programme) -> Done | Declined:
    """Take request.units from the member's lots in the programme's order, or say why not."""
    payable = programme.in_spending_order(view.slices, view.business_date)
    reasons = ask(_rules(request, view, total(payable, *MONEY), programme))
    if isinstance(reasons, Declined):
        return reasons
    parts = take(payable, request.units)
    transaction = Transaction(TransactionKind.CHARGE, request.operation_id, _legs(parts))
    return Done(transaction, _facts(request, view, parts), reasons)


def _rules(request: Charge, view: BookView, spendable: int, programme: Programme) -> Iterator[Rule]:
    units, most = request.units, programme.charge_max_units
    yield not_blocked(view)
    carries = request.presented.card.kind.stored_value
    yield Rule(Reason("stored_value", 1, int(carries)), carries, Decline.NO_STORED_VALUE)
    present = request.presented.entry is Entry.SWIPED
    yield Rule(Reason("card_present", 1, int(present)), present, Decline.SWIPE_NEEDED)
    payable = programme.currency.can_charge(units)
    yield Rule(Reason("charge_step", programme.currency.charge_step, units), payable, Decline.NOT_CHARGEABLE)
    yield Rule(Reason("charge_max", most, units), units <= most, Decline.ABOVE_CHARGE_LIMIT)
    yield from enough_here(view, spendable, units)


def _legs(parts: list[Part]) -> tuple[Leg, ...]:
    return tuple(
        leg for one, units in parts for leg in (Leg(*one.key, Side.HELD, -units), Leg(*one.key, Side.SPENT, units))
    )


def _facts(request: Charge, view: BookView, parts: list[Part]) -> SlipFacts:
    principal, bonus = (_taken(parts, purse) for purse in MONEY)
    return SlipFacts(
        kind=SlipKind.CHARGE,
        card=request.presented.card.masked,
        keyed=request.presented.entry is not Entry.SWIPED,
        amount=request.units,
        principal=principal,
        bonus=bonus,
        principal_after=_left(view.slices, Purse.PRINCIPAL) - principal,
        bonus_after=_left(view.slices, Purse.BONUS) - bonus,
        points_after=_left(view.slices, Purse.POINTS),
        cashier=request.cashier,
        pos_ref=request.pos_ref,
    )


def _taken(parts: list[Part], purse: Purse) -> int:
    return sum(units for one, units in parts if one.key.purse is purse)


def _left(slices: tuple[Slice, ...], purse: Purse) -> int:
    return total(slices, purse)
