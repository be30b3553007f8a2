"""What a hosted store's till asks its place at HQ for, in words for both of them. Pure."""

from __future__ import annotations

from checkout.load import load
from checkout.requests import Entry, Load, PresentedCard, Sale, Tender, Undo
from checkout.sale import sale
from checkout.sold import Sold
from checkout.undo import refund, void
from ledger.cards import Card, CardKind
from ledger.ids import OperationId
from protocol.hosting import AskedBody
from terminal.asking import Request, UseCase

USE_CASES: dict[str, UseCase] = {case.__name__: case for case in (sale, load, refund, void)}


def body_of(request: Request, use_case: UseCase) -> AskedBody:
    """What is asked, as it is signed."""
    kind = use_case.__name__
    if isinstance(request, Undo):
        return AskedBody(
            kind,
            request.operation_id,
            *("", "", "", ""),
            request.cashier,
            request.pos_ref,
            units=request.units,
            original=request.receipt_number,
        )
    card = request.presented.card
    shown = (card.account, card.masked, card.kind.name, request.presented.entry)
    said = (kind, request.operation_id, *shown, request.cashier, request.pos_ref)
    if isinstance(request, Load):
        return AskedBody(*said, units=request.units, tender=request.tender)
    return AskedBody(*said, sold=Sold(request.items, request.paid), floor_limit=request.floor_limit)


def request_of(body: AskedBody, kinds: tuple[CardKind, ...]) -> tuple[Request, UseCase] | None:
    """The opposite; None for what this version, or this chain's programme, does not know."""
    use_case, operation = USE_CASES.get(body.kind), OperationId(body.operation_id)
    if use_case in (refund, void) and body.original is not None:
        return Undo(operation, body.original, body.units, body.cashier, body.pos_ref), use_case
    presented = _presented(body, kinds)
    if presented is None:
        return None
    if use_case is load and body.tender in list(Tender):
        return Load(operation, presented, body.units, Tender(body.tender), body.cashier, body.pos_ref), use_case
    if use_case is sale and body.sold is not None:
        sold = body.sold
        return Sale(operation, presented, sold.items, sold.paid, body.cashier, body.pos_ref, body.floor_limit), use_case
    return None


def _presented(body: AskedBody, kinds: tuple[CardKind, ...]) -> PresentedCard | None:
    kind = next((one for one in kinds if one.name == body.card_kind), None)
    if kind is None or body.entry not in list(Entry):
        return None
    return PresentedCard(Card(body.masked, body.account, kind), Entry(body.entry))
