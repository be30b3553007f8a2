"""Operations in the till's book: what was asked under an identity, and the answer that was given."""

from __future__ import annotations

import msgspec

from checkout.requests import BookView
from checkout.results import Declined, Done
from checkout.sold import CARD
from ledger.journal_sqlite import Connection
from ledger.slices import Purse, Slice, total
from protocol.chain import Head
from protocol.check_code import approval_code
from terminal.answers import Answer, Balance, Outcome, Problem
from terminal.asking import Asked


class Operations:
    """The table of operations. Every method runs inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, operation_id: str) -> Answer | None:
        """The answer that was given under this identity."""
        row = self._connection.execute("select answer from operations where operation_id = ?", (operation_id,)).get
        return None if row is None else _answer(row)

    def of_sale(self, pos_ref: str) -> list[Answer]:
        """Every answer under a POS's own number, declined ones too, in the order of their records."""
        rows = self._connection.execute("select answer from operations where pos_ref = ?", (pos_ref,))
        answers = {answer.record: answer for answer in (_answer(stored) for (stored,) in rows)}
        return sorted(answers.values(), key=lambda answer: _sequence(answer.record))

    def earlier(self, asked: Asked) -> Answer | Problem | None:
        """The answer of an earlier try of this request, a conflict with one, or None: it is new."""
        known = self.repeat(asked.request.operation_id, asked.fingerprint)
        if known is not None or asked.request.pos_ref is None:
            return known
        row = self._connection.execute(
            "select content, answer from operations where pos_ref = ? and kind = ? and done = 1",
            (asked.request.pos_ref, asked.kind),
        ).get
        if row is None:
            return None
        if row[0] != asked.content:
            return Problem.POS_REF_CONFLICT
        self._insert(asked, _answer(row[1]), done=False)  # so that whoever asks by the new id finds it too
        return _replay(row[1])

    def repeat(self, operation_id: str, asked: bytes) -> Answer | Problem | None:
        """The answer given under this identity, or a conflict when other words were used; None: it is new."""
        row = self._connection.execute(
            "select fingerprint, answer from operations where operation_id = ?", (operation_id,)
        ).get
        if row is None:
            return None
        return _replay(row[1]) if row[0] == asked else Problem.OPERATION_CONFLICT

    def keep(self, asked: Asked, answer: Answer) -> None:
        """Remember the answer, in the commit that makes it true."""
        self._insert(asked, answer, done=answer.outcome is Outcome.DONE)

    def _insert(self, asked: Asked, answer: Answer, *, done: bool) -> None:
        self._connection.execute(
            "insert into operations values (?, ?, ?, ?, ?, ?, ?)",
            (
                asked.request.operation_id,
                answer.kind,
                asked.request.pos_ref,
                int(done),
                asked.content,
                asked.fingerprint,
                msgspec.json.encode(answer),
            ),
        )


def answer_done(asked: Asked, done: Done, receipt_number: str, head: Head) -> Answer:
    """The answer to a request that became the record at `head`."""
    facts = done.facts
    return Answer(
        operation_id=asked.request.operation_id,
        kind=done.transaction.kind,
        outcome=Outcome.DONE,
        record=str(head.ref),
        business_date=head.business_date,
        at=asked.moment.local,
        card=facts.card,
        amount=facts.amount,
        reasons=done.reasons,
        balance=Balance(facts.principal_after, facts.bonus_after, facts.points_after),
        principal=facts.principal,
        bonus=facts.bonus,
        receipt_number=receipt_number,
        approval_code=_approval_code(done, head),
        pos_ref=asked.request.pos_ref,
        paid=facts.paid,
        points_in=facts.points_in,
        points_out=facts.points_out,
        points_owed=facts.points_owed,
        original=facts.original,
    )


def _approval_code(done: Done, head: Head) -> str | None:
    """What is keyed into a POS as the card's part of a payment; None where the card has paid nothing."""
    has_paid = done.sold is not None and any(part.tender in CARD for part in done.sold.paid)
    return approval_code(head.hash) if has_paid else None


def answer_declined(asked: Asked, declined: Declined, view: BookView, head: Head) -> Answer:
    """The answer to a request that was declined; the record at `head` says so too."""
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
        balance=balance_of(view.slices),
        decline=declined.decline,
        pos_ref=asked.request.pos_ref,
        elsewhere=None if elsewhere is None else elsewhere.units,
        elsewhere_as_of=None if elsewhere is None else asked.moment.local_text(elsewhere.at_ms),
    )


def _card(asked: Asked, view: BookView) -> str:
    """The card, masked; of what is undone, that of the original, if it is known here."""
    if asked.presented is not None:
        return asked.presented.card.masked
    return "" if view.original is None else view.original.card


def balance_of(slices: tuple[Slice, ...]) -> Balance:
    """What these slices hold, by purse."""
    return Balance(*(total(slices, purse) for purse in (Purse.PRINCIPAL, Purse.BONUS, Purse.POINTS)))


def _answer(stored: bytes) -> Answer:
    return msgspec.json.decode(stored, type=Answer)


def _replay(stored: bytes) -> Answer:
    return msgspec.structs.replace(_answer(stored), replayed=True)


def _sequence(record: str) -> int:
    return int(record.rpartition("/")[2])
