"""A till's place at HQ, in its own book: what came of what the till has asked for, and what never will."""

from __future__ import annotations

from checkout.results import Decline, Declined
from ledger.ids import RecordRef
from ledger.journal_sqlite import Connection, transaction
from loyalty.reasons import Reason
from offline_queue.outbox import Outbox
from protocol.records import SignedRecord
from terminal.answers import Answer, Problem
from terminal.asking import Asked, Moment
from terminal.day_closing import DayClosing
from terminal.decisions import Decisions
from terminal.operations import Operations

CANCELLED = Declined(Decline.CANCELLED, (Reason("called_off", 0, 0),))


class HostingBook:
    """Each method is one commit, on the disk when it returns."""

    def __init__(
        self,
        connection: Connection,
        outbox: Outbox,
        operations: Operations,
        decisions: Decisions,
        days: DayClosing,
    ) -> None:
        self._connection = connection
        self._outbox = outbox
        self._operations = operations
        self._decisions = decisions
        self._days = days

    def cancel(self, asked: Asked) -> Answer | Problem:
        """What came of an operation; if nothing did, it is declined, and so never will be done."""
        with transaction(self._connection):
            known = self._operations.find(asked.request.operation_id) or self._decisions.known(asked)
            if known is not None:
                return known
            return self._decisions.commit(
                asked, Declined(Decline.CANCELLED, (Reason("asked_too_late", 0, 0),)), self._decisions.view(asked)
            )

    def follow(self, business_date: str, moment: Moment) -> None:
        """The till has closed its day: its place at HQ follows. Nothing is closed twice."""
        with transaction(self._connection):
            if not self._outbox.is_closed:
                self._days.follow(business_date, moment)

    def record(self, ref: RecordRef) -> SignedRecord:
        """A line of this chain by its name."""
        signed = self._outbox.record(ref.sequence)
        assert signed is not None, "what an answer names is in the chain"
        return signed
