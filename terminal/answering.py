"""Answers as they are made: from the record of a movement, now or when somebody asks again, and for a decline."""

from __future__ import annotations

from checkout.requests import BookView
from checkout.results import Decline, Declined
from checkout.sold import CARD, PaidWith, Sold
from ledger.slices import Purse, Slice, total
from ledger.transactions import TransactionKind
from loyalty.reasons import Reason
from protocol.bodies import DeclinedBody, TransactionBody
from protocol.chain import Head
from protocol.check_code import approval_code
from terminal.answers import Answer, Balance, Outcome
from terminal.asking import Asked

OF_PROMOTION = "promotion."
"""So begins the rule of a reason that tells of a promotion; its name follows."""


def answer_done(body: TransactionBody, head: Head, local_time: str) -> Answer:
    """The answer to a request that became the movement `body`, the record at `head`.

    `local_time` is the store's clock at the decision; all else stands in the record, so nothing is stored twice.
    """
    facts = body.slip
    return Answer(
        operation_id=body.operation_id,
        kind=body.kind,
        outcome=Outcome.PROMISED if body.kind == TransactionKind.PROMISE else Outcome.DONE,
        record=str(head.ref),
        business_date=head.business_date,
        at=local_time,
        card=facts.card,
        amount=facts.amount,
        reasons=body.reasons,
        balance=Balance(facts.principal_after, facts.bonus_after, facts.points_after) if facts.card else None,
        principal=facts.principal,
        bonus=facts.bonus,
        receipt_number=body.receipt_number,
        approval_code=_approval_code(body.sold, head),
        pos_ref=facts.pos_ref,
        paid=facts.paid,
        points_in=facts.points_in,
        points_out=facts.points_out,
        points_owed=facts.points_owed,
        original=facts.original,
        promise=facts.promise,
        promotions=facts.promotions,
        missed=_missed(body.reasons),
    )


def _missed(reasons: tuple[Reason, ...]) -> tuple[str, ...]:
    """Promotions of whose quota less lay here than giving one takes, as checkout.promoting has written it down."""
    missed = (reason.rule for reason in reasons if reason.seen < reason.limit)
    return tuple(rule.removeprefix(OF_PROMOTION) for rule in missed if rule.startswith(OF_PROMOTION))


def _approval_code(sold: Sold | None, head: Head) -> str | None:
    """What is keyed into a POS as the card's part of a payment, with what the store bears of it; None: it has none."""
    has_paid = sold is not None and any(part.tender in (*CARD, PaidWith.STORE_RISK) for part in sold.paid)
    return approval_code(head.hash) if has_paid else None


def answer_declined(asked: Asked, declined: Declined, view: BookView, head: Head) -> Answer:
    """The answer to a request that was declined; the record at `head` says so too."""
    is_of_somebody = asked.presented is not None or view.original is not None
    elsewhere = view.elsewhere if any(reason.rule == "elsewhere" for reason in declined.reasons) else None
    return Answer(
        operation_id=asked.request.operation_id,
        kind=asked.kind,
        outcome=Outcome.DECLINED,
        record=str(head.ref),
        business_date=head.business_date,
        at=asked.moment.local,
        card=_card(asked, view),
        amount=asked.request.units,
        reasons=declined.reasons,
        balance=balance_of(view.slices) if is_of_somebody else None,
        decline=declined.decline,
        pos_ref=asked.request.pos_ref,
        floor_limit=declined.floor_limit or None,
        can_promise=declined.decline is Decline.RIGHT_ELSEWHERE,
        elsewhere=None if elsewhere is None else elsewhere.units,
        elsewhere_as_of=None if elsewhere is None else asked.moment.local_text(elsewhere.at_ms),
    )


def answer_told(body: DeclinedBody, head: Head, local_time: str, *, card: str, balance: Balance | None) -> Answer:
    """The answer to a request that was declined at HQ, by the record at `head`; `balance` lies within reach."""
    return Answer(
        operation_id=body.operation_id,
        kind=body.kind,
        outcome=Outcome.DECLINED,
        record=str(head.ref),
        business_date=head.business_date,
        at=local_time,
        card=card,
        amount=body.units,
        reasons=body.reasons,
        balance=balance,
        decline=body.decline,
        pos_ref=body.pos_ref,
    )


def _card(asked: Asked, view: BookView) -> str:
    """The card, masked; of what is undone, that of the original, if it is known here."""
    if asked.presented is not None:
        return asked.presented.card.masked
    return "" if view.original is None else view.original.card


def balance_of(slices: tuple[Slice, ...]) -> Balance:
    """What these slices hold, by purse."""
    return Balance(*(total(slices, purse) for purse in (Purse.PRINCIPAL, Purse.BONUS, Purse.POINTS)))
