"""Operations in the till's book: what was asked under an identity, and the answer that was given."""

from __future__ import annotations

import msgspec

from ledger.journal_sqlite import Connection
from terminal.answers import Answer, Outcome, Problem
from terminal.asking import Asked, Words
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
        """Every answer under a POS's own number, declined ones too, in the order of this book's records."""
        query = (
            "select told, answer from operations left join asks using (operation_id)"
            " where operations.pos_ref = ? and answer is not null"
        )
        rows = ((told, _declined(stored)) for told, stored in self._connection.execute(query, (pos_ref,)))
        declined = [(_sequence(answer.record) if told is None else told, answer) for told, answer in rows]
        done = [(made.sequence, made.answer()) for made in self._slips.of_sale(pos_ref)]
        return [answer for _, answer in sorted((*declined, *done), key=lambda one: one[0])]

    def earlier(self, asked: Asked) -> Answer | Problem | None:
        """The answer of an earlier try of this request, a conflict with one, or None: it is new."""
        known = self.repeat(asked.request.operation_id, asked.fingerprint)
        if known is not None or asked.request.pos_ref is None:
            return known
        if self.is_open_for(asked.request.pos_ref, asked.kind):
            return Problem.OUTCOME_UNKNOWN
        made = self._slips.done_for(asked.request.pos_ref, asked.kind)
        if made is None:
            return None
        if made.content != asked.content:
            return Problem.POS_REF_CONFLICT
        self.point_to(asked.words, made.number)  # so that whoever asks by the new id finds it too
        return _replayed(made.answer())

    def repeat(self, operation_id: str, asked: bytes) -> Answer | Problem | None:
        """The answer given under this identity, or a conflict when other words were used; None: it is new."""
        known = self._known(operation_id)
        if known is None:
            return self._open(operation_id, asked)
        fingerprint, answer = known
        return _replayed(answer) if fingerprint == asked else Problem.OPERATION_CONFLICT

    def keep(self, words: Words, answer: Answer) -> None:
        """Remember a decline, in the commit of its record. A movement's answer is read from its record."""
        assert answer.outcome is Outcome.DECLINED
        self._insert(words, msgspec.json.encode(answer), None)

    def point_to(self, words: Words, slip: int) -> None:
        """Remember that an operation has its answer on this slip: another one's, or one that was made at HQ."""
        self._insert(words, None, slip)

    def is_open(self, operation_id: str) -> bool:
        """Whether HQ was asked to do this for the till, and nobody here knows what came of it."""
        query = "select 1 from asks where operation_id = ? and told is null"
        return self._connection.execute(query, (operation_id,)).get is not None

    def is_open_for(self, pos_ref: str, kind: str | None = None) -> bool:
        """The same of something under a POS's own number: of this kind, or of any."""
        query = "select 1 from asks where told is null and pos_ref = ?1 and kind = coalesce(?2, kind)"
        return self._connection.execute(query, (pos_ref, kind)).get is not None

    def _open(self, operation_id: str, asked: bytes) -> Problem | None:
        query = "select fingerprint from asks where operation_id = ? and told is null"
        fingerprint = self._connection.execute(query, (operation_id,)).get
        if fingerprint is None:
            return None
        return Problem.OUTCOME_UNKNOWN if fingerprint == asked else Problem.OPERATION_CONFLICT

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

    def _insert(self, words: Words, declined: bytes | None, slip: int | None) -> None:
        row = (words.operation_id, words.pos_ref, words.fingerprint, declined, slip)
        self._connection.execute("insert into operations values (?, ?, ?, ?, ?)", row)


def _declined(stored: bytes) -> Answer:
    return msgspec.json.decode(stored, type=Answer)


def _replayed(answer: Answer) -> Answer:
    return msgspec.structs.replace(answer, replayed=True)


def _sequence(record: str) -> int:
    return int(record.rpartition("/")[2])
