"""What tills have undone, as soon as it is in their books: also refunds for which nobody asks, before anybody hears."""

from __future__ import annotations

from collections import Counter

from ledger.ids import ChainId
from protocol.bodies import TransactionBody
from protocol.records import RecordKind
from simulation.checks.chain import Keeper
from simulation.checks.truth import Truth


class Committed:
    """Reads the chain of each till on from where it was. What is in a book stays, wherever the power goes off then."""

    def __init__(self, truth: Truth) -> None:
        self._truth = truth
        self._read: Counter[ChainId] = Counter()

    def called(self, till: Keeper) -> None:
        """A call to a till's book has been made, and nobody has heard of it. Raises AssertionError."""
        if self._truth.listens(till.name):
            self.look(till)

    def look(self, till: Keeper) -> None:
        """Tell the truth what is new. Raises AssertionError."""
        store = till.machine.store
        for signed in store.records(self._read[till.name]):
            record = signed.open()
            self._read[till.name] = record.sequence
            if record.kind is RecordKind.TRANSACTION:
                answer = store.find(record.body_as(TransactionBody).operation_id)
                assert answer is not None, f"{record.ref} has moved something, and nobody can ask for it"
                self._truth.sees(till.name, answer)
