"""Promises: goods come back while nobody is reached who may refund them; the refund follows when the right comes."""

from __future__ import annotations

from collections.abc import Iterator

from checkout.requests import Promise, Undo
from checkout.results import Decline, Declined, Done
from checkout.rules import Rule, ask
from checkout.slip_facts import SlipFacts, SlipKind
from checkout.sold import Undone
from ledger.transactions import Transaction, TransactionKind
from loyalty.programme import Programme
from loyalty.reasons import Reason


def promise(request: Undo, programme: Programme) -> Done | Declined:
    """Promise to give back request.units, or what is left of the sale when its right comes; nothing moves yet."""
    reasons = ask(_promise_rules(request, programme))
    if isinstance(reasons, Declined):
        return reasons
    transaction = Transaction(TransactionKind.PROMISE, request.operation_id, ())
    return Done(transaction, _facts(SlipKind.PROMISE, request, request.units, request.receipt_number), reasons)


def take_back(request: Undo, given: Promise) -> Done | Declined:
    """The goods are the customer's again: the promise, on whichever day, is not kept any more."""
    reasons = ask(_take_back_rules(given))
    if isinstance(reasons, Declined):
        return reasons
    transaction = Transaction(TransactionKind.VOID, request.operation_id, ())
    undone = Undone(str(given.record), given.units, ())
    return Done(transaction, _facts(SlipKind.VOID, request, given.units, given.receipt_number), reasons, undone=undone)


def _promise_rules(request: Undo, programme: Programme) -> Iterator[Rule]:
    currency = programme.currency
    step = Reason("charge_step", currency.charge_step, request.units)
    yield Rule(step, currency.can_charge(request.units), Decline.NOT_CHARGEABLE)


def _take_back_rules(given: Promise) -> Iterator[Rule]:
    yield Rule(Reason("whole", given.units, given.left), given.left == given.units, Decline.ALREADY_UNDONE)


def _facts(kind: SlipKind, request: Undo, units: int, original: str) -> SlipFacts:
    """Whose card it was nobody knows here, nor what lies on it."""
    return SlipFacts(
        kind=kind,
        card="",
        keyed=False,
        amount=units,
        principal=0,
        bonus=0,
        principal_after=0,
        bonus_after=0,
        points_after=0,
        cashier=request.cashier,
        pos_ref=request.pos_ref,
        original=original,
    )
