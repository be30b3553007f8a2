"""What was asked for a POS's number: done once of each kind at each till, and told again to whoever asks again."""

from __future__ import annotations

from ledger.ids import ChainId
from terminal.answers import Answer, Outcome


class PosNumbers:
    """A POS has a number for each of its sales; the same one under another operation id is no other sale."""

    def __init__(self) -> None:
        self._done: dict[tuple[ChainId, str, str], str] = {}
        """By the till, the number and what was done: the operation that has done it."""
        self._told: dict[tuple[ChainId, str], Answer] = {}
        """By the till and that operation: what was told of it to another one under the same number."""

    def done(self, till: ChainId, kind: str, answer: Answer) -> None:
        """A till has done something, or promised it. Raises AssertionError."""
        if answer.pos_ref is None:
            return
        known = self._done.setdefault((till, answer.pos_ref, kind), answer.operation_id)
        assert known == answer.operation_id, (
            f"{till} has done {kind} of {answer.pos_ref} as {known}, and again: {answer}"
        )

    def is_another_s(self, till: ChainId, pos_ref: str | None, answer: Answer) -> None:
        """A till has answered with what another operation under this number has done. Raises AssertionError."""
        assert pos_ref is not None, f"nobody has numbered this, and the answer is another's: {answer}"
        assert (answer.pos_ref, answer.outcome is Outcome.DECLINED) == (pos_ref, False), f"{pos_ref} is not {answer}"
        told = self._told.setdefault((till, answer.operation_id), answer)
        assert told == answer, f"{pos_ref} was done as {told}, and is told as {answer}"

    def check_told(self, answers: dict[tuple[ChainId, str], Answer]) -> None:
        """What was told for a number is the answer of who has done it. Raises AssertionError."""
        for key, told in self._told.items():
            assert answers.get(key) == told, f"{key} was told as {told}, and its answer was {answers.get(key)}"
