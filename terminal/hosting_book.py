"""A till's place at HQ, in its own book: what came of what the till has asked for, and what never will."""

from __future__ import annotations

from ledger.ids import OperationId, RecordRef
from ledger.journal_sqlite import Connection, transaction
from offline_queue.outbox import Outbox, first_record
from protocol.hosting import AskedBody
from protocol.receipt_numbers import FIRST_EPOCH
from protocol.records import Record, SignedRecord
from terminal.answers import Answer, HqStatus, Problem
from terminal.asking import Moment, Words
from terminal.day_closing import DayClosing
from terminal.decisions import Decisions
from terminal.operations import Operations

CLOCKS_MS = 10 * 60 * 1000
"""By so much the clocks of two machines may differ: more, and a till doubts its own."""


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

    def call_off(self, ask: Record, asked: bytes, why: str, moment: Moment, hq: HqStatus) -> Answer | Problem:
        """What came of an operation; if nothing did, it is declined, and so never will be done. `asked`: its hash.

        Of what was asked before this keeper had the place nobody here knows whether an earlier one did it.
        """
        body = ask.body_as(AskedBody)
        with transaction(self._connection):
            known = self._operations.find(body.operation_id) or self._decisions.hindrance()
            if known is not None:
                return known
            if self._may_be_an_earlier_one_s(ask):
                return Problem.OUTCOME_UNKNOWN
            # Declined it leaves the POS's number free: there is nothing that would have to be the same.
            content = None if body.pos_ref is None else asked
            words = Words(OperationId(body.operation_id), body.kind, body.pos_ref, asked, content, moment, hq)
            return self._decisions.call_off(body, words, why)

    def _may_be_an_earlier_one_s(self, ask: Record) -> bool:
        first = first_record(self._connection)
        assert first is not None, "begin() comes first"
        return first.epoch > FIRST_EPOCH and ask.recorded_at_ms < first.recorded_at_ms + CLOCKS_MS

    def follow(self, business_date: str, moment: Moment) -> bool:
        """The till has closed its day: its place at HQ follows, and nothing is closed twice. Whether it did now."""
        with transaction(self._connection):
            return not self._outbox.is_closed and self._days.follow(business_date, moment)

    def record(self, ref: RecordRef) -> SignedRecord:
        """A line of this chain by its name."""
        signed = self._outbox.record(ref.sequence)
        assert signed is not None, "what an answer names is in the chain"
        return signed
