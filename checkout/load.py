"""Load: the customer pays, the card holds stored value here at once, with the programme's bonus on top."""

from __future__ import annotations

from checkout.requests import BookView, Entry, Load
from checkout.results import Decline, Declined, Done, Reason
from checkout.slip_facts import SlipFacts, SlipKind
from ledger.slices import Lot, Purse, SliceKey, total
from ledger.transactions import Leg, Side, Transaction, TransactionKind
from loyalty.programme import Programme


def load(request: Load, view: BookView, programme: Programme) -> Done | Declined:
    """Open one lot, named by the record that brings it, with principal and bonus as integers of their own."""
    rules = programme.load
    reasons = (
        Reason("load_min", rules.min_units, request.units),
        Reason("load_max", rules.max_units, request.units),
    )
    decline = _decline(request, programme)
    if decline is not None:
        return Declined(decline, reasons)
    bonus = rules.bonus_for(request.units)
    shares = {Purse.PRINCIPAL: request.units, Purse.BONUS: bonus}
    lots = tuple(
        Lot(SliceKey(request.presented.card.account, purse, view.next_record.lot), view.store, view.business_date)
        for purse, units in shares.items()
        if units
    )
    legs = tuple(leg for lot in lots for leg in _issue(lot, shares[lot.key.purse]))
    transaction = Transaction(TransactionKind.LOAD, request.operation_id, legs, lots)
    return Done(transaction, _facts(request, view, bonus), (*reasons, Reason("load_bonus", request.units, bonus)))


def _decline(request: Load, programme: Programme) -> Decline | None:
    if not request.presented.card.kind.stored_value:
        return Decline.NO_STORED_VALUE
    if not programme.currency.can_charge(request.units):
        return Decline.NOT_CHARGEABLE
    if request.units < programme.load.min_units:
        return Decline.BELOW_LOAD_MINIMUM
    if request.units > programme.load.max_units:
        return Decline.ABOVE_LOAD_LIMIT
    return None


def _issue(lot: Lot, units: int) -> tuple[Leg, Leg]:
    return Leg(*lot.key, Side.ISSUED, -units), Leg(*lot.key, Side.HELD, units)


def _facts(request: Load, view: BookView, bonus: int) -> SlipFacts:
    return SlipFacts(
        kind=SlipKind.LOAD,
        card=request.presented.card.masked,
        keyed=request.presented.entry is Entry.KEYED,
        amount=request.units,
        principal=request.units,
        bonus=bonus,
        principal_after=total(view.slices, Purse.PRINCIPAL) + request.units,
        bonus_after=total(view.slices, Purse.BONUS) + bonus,
        points_after=total(view.slices, Purse.POINTS),
        cashier=request.cashier,
        tender=request.tender,
        pos_ref=request.pos_ref,
    )
