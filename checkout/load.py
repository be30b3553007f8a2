"""Load: the customer pays, the card holds stored value here at once, with the programme's bonus on top."""

from __future__ import annotations

from collections.abc import Iterator

from checkout.promoting import Promotions, promote
from checkout.requests import BookView, Entry, Load
from checkout.results import Decline, Declined, Done
from checkout.rules import Rule, ask, not_blocked
from checkout.slip_facts import SlipFacts, SlipKind
from ledger.slices import Lot, Purse, SliceKey, total
from ledger.transactions import Leg, Side, Transaction, TransactionKind
from loyalty.programme import Programme
from loyalty.reasons import Reason


def load(request: Load, view: BookView, programme: Programme) -> Done | Declined:
    """Open one lot, named by the record that brings it, with principal and bonus as integers of their own."""
    reasons = ask(_rules(request, view, programme))
    if isinstance(reasons, Declined):
        return reasons
    promotions = promote(request, view, programme)
    of_tier = programme.load.bonus_for(request.units)
    bonus = of_tier + promotions.units
    shares = {Purse.PRINCIPAL: request.units, Purse.BONUS: bonus}
    lots = tuple(_lot(request, view, programme, purse) for purse, units in shares.items() if units)
    legs = tuple(leg for lot in lots for leg in _issue(lot, shares[lot.key.purse]))
    transaction = Transaction(TransactionKind.LOAD, request.operation_id, (*legs, *promotions.legs), lots)
    trail = (*reasons, Reason("load_bonus", request.units, of_tier), *promotions.reasons)
    return Done(transaction, _facts(request, view, bonus, promotions), trail)


def _rules(request: Load, view: BookView, programme: Programme) -> Iterator[Rule]:
    yield not_blocked(view)
    units, least, most = request.units, programme.load.min_units, programme.load.max_units
    carries = request.presented.card.kind.stored_value
    yield Rule(Reason("stored_value", 1, int(carries)), carries, Decline.NO_STORED_VALUE)
    payable = programme.currency.can_charge(units)
    yield Rule(Reason("charge_step", programme.currency.charge_step, units), payable, Decline.NOT_CHARGEABLE)
    yield Rule(Reason("load_min", least, units), units >= least, Decline.BELOW_LOAD_MINIMUM)
    yield Rule(Reason("load_max", most, units), units <= most, Decline.ABOVE_LOAD_LIMIT)


def _lot(request: Load, view: BookView, programme: Programme, purse: Purse) -> Lot:
    key = SliceKey(request.presented.card.account, purse, view.next_record.lot)
    return Lot(key, view.store, view.business_date, programme.validity.last_day(purse, view.business_date))


def _issue(lot: Lot, units: int) -> tuple[Leg, Leg]:
    return Leg(*lot.key, Side.ISSUED, -units), Leg(*lot.key, Side.HELD, units)


def _facts(request: Load, view: BookView, bonus: int, promotions: Promotions) -> SlipFacts:
    return SlipFacts(
        kind=SlipKind.LOAD,
        card=request.presented.card.masked,
        keyed=request.presented.entry is not Entry.SWIPED,
        amount=request.units,
        principal=request.units,
        bonus=bonus,
        principal_after=total(view.slices, Purse.PRINCIPAL) + request.units,
        bonus_after=total(view.slices, Purse.BONUS) + bonus,
        points_after=total(view.slices, Purse.POINTS),
        cashier=request.cashier,
        tender=request.tender,
        pos_ref=request.pos_ref,
        promotions=promotions.given,
    )
