"""Operations in the till's book: what was asked under an identity, and the answer that was given."""

from __future__ import annotations

import msgspec

from ledger.journal_sqlite import Connection
from terminal.answers import Answer, Outcome, Problem
from terminal.asking import Asked
from terminal.made import Made
from terminal.slips import Slips


class Operations:
    """Who asked what: movements by their slips, and the table of operations that moved nothing.

    Every method runs inside the caller's transaction.
    """

    def __init__(self, connection: Connection, slips: Slips) -> None:
        self._connection = connection
        self._slips = slips

    def find(self, operation_id: str) -> Answer | None:
        """The answer that was given under this identity."""
        known = self._known(operation_id)
        return None if known is None else known[1]

    def of_sale(self, pos_ref: str) -> list[Answer]:
        """Every answer under a POS's own number, declined ones too, in the order of their records."""
        query = "select answer from operations where pos_ref = ? and answer is not null"
        declined = [_declined(stored) for (stored,) in self._connection.execute(query, (pos_ref,))]
        done = [made.answer() for made in self._slips.of_sale(pos_ref)]
        return sorted((*declined, *done), key=lambda answer: _sequence(answer.record))

    def earlier(self, asked: Asked) -> Answer | Problem | None:
        """The answer of an earlier try of this request, a conflict with one, or None: it is new."""
        known = self.repeat(asked.request.operation_id, asked.fingerprint)
        if known is not None or asked.request.pos_ref is None:
            return known
        made = self._slips.done_for(asked.request.pos_ref, asked.kind)
        if made is None:
            return None
        if made.content != asked.content:
            return Problem.POS_REF_CONFLICT
        self._insert(asked, None, made)  # so that whoever asks by the new id finds it too
        return _replayed(made.answer())

    def repeat(self, operation_id: str, asked: bytes) -> Answer | Problem | None:
        """The answer given under this identity, or a conflict when other words were used; None: it is new."""
        known = self._known(operation_id)
        if known is None:
            return None
        fingerprint, answer = known
        return _replayed(answer) if fingerprint == asked else Problem.OPERATION_CONFLICT

    def keep(self, asked: Asked, answer: Answer) -> None:
        """Remember a decline, in the commit of its record. A movement's answer is read from its record."""
        assert answer.outcome is Outcome.DECLINED
        self._insert(asked, answer, None)

    def _known(self, operation_id: str) -> tuple[bytes, Answer] | None:
        """The fingerprint of what was asked under this identity, and its answer."""
        made = self._slips.made_by(operation_id)
        if made is not None:
            return made.fingerprint, made.answer()
        query = "select fingerprint, answer, slip from operations where operation_id = ?"
        row = self._connection.execute(query, (operation_id,)).get
        if row is None:
            return None
        fingerprint, answer, slip = row
        return fingerprint, self._answer_on(slip) if answer is None else _declined(answer)

    def _answer_on(self, slip: int) -> Answer:
        made = self._slips.made(slip)
        assert made is not None, "what the book names is in it"
        return made.answer()

    def _insert(self, asked: Asked, declined: Answer | None, made: Made | None) -> None:
        request, answer = asked.request, None if declined is None else msgspec.json.encode(declined)
        row = (request.operation_id, request.pos_ref, asked.fingerprint, answer, None if made is None else made.number)
        self._connection.execute("insert into operations values (?, ?, ?, ?, ?)", row)


def _declined(stored: bytes) -> Answer:
    return msgspec.json.decode(stored, type=Answer)


def _replayed(answer: Answer) -> Answer:
    return msgspec.structs.replace(answer, replayed=True)


def _sequence(record: str) -> int:
    return int(record.rpartition("/")[2])
