"""What a chain has told its customers, in plain arithmetic. It knows nothing of lots, places, records or SQLite."""

from __future__ import annotations

from collections import Counter

import msgspec

from hq_server.news import ChainId
from ledger.ids import AccountId
from terminal.answers import Answer, Outcome, Problem
from terminal.asking import Asked

BONUS = ((100_000, 15_000), (50_000, 6_055))
"""What the company gives on top, from how much on."""


class Truth:
    """An answer that was given stays true, whatever is cut; one that was not given is true once the till says it.

    Loads and sales so far; a refund or a void takes its part out of what was spent.
    """

    def __init__(self) -> None:
        self.answers: dict[tuple[ChainId, str], Answer] = {}
        self.loaded: Counter[AccountId] = Counter()
        self.spent: Counter[AccountId] = Counter()

    def hear(self, till: ChainId, asked: Asked, answer: Answer | Problem) -> None:
        """A till has answered."""
        if isinstance(answer, Problem):
            assert answer is Problem.TILL_REVOKED, answer
            return
        first = msgspec.structs.replace(answer, replayed=False)
        key = till, asked.request.operation_id
        known = self.answers.setdefault(key, first)
        assert known == first, f"{key} was answered {known}, and then {first}"
        assert answer.replayed or known is first, f"{key} was done twice"
        if not answer.replayed:
            self._count(asked, answer)

    def _count(self, asked: Asked, answer: Answer) -> None:
        account, units = AccountId(asked.account), answer.principal + answer.bonus
        if answer.outcome is Outcome.DECLINED:
            assert units == 0, "declined, and something moved"
        elif answer.kind == "load":
            bonus = next((bonus for least, bonus in BONUS if asked.request.units >= least), 0)
            assert (answer.principal, answer.bonus) == (asked.request.units, bonus)
            self.loaded[account] += units
        else:
            assert units == asked.request.units
            self.spent[account] += units
        assert self.spent[account] <= self.loaded[account], f"{account} has spent more than was ever loaded"

    def left(self) -> dict[AccountId, int]:
        """What each member must have, all places together."""
        return {account: units - self.spent[account] for account, units in self.loaded.items()}
