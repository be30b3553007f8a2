"""A keeper's records for people, newest first, and how each stands. It only reads, in the caller's transaction."""

from __future__ import annotations

from hq_server.record_in_full import in_full
from hq_server.record_views import RecordLine, RecordList, RecordView, summary
from ledger.ids import HEADQUARTERS, Place, RecordRef
from ledger.journal_sqlite import Connection
from offline_queue.outbox import Chain
from protocol.records import Record, SignedRecord

LINES_MAX = 50
"""Records on one page."""


class Chains:
    """Records as they were signed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def page(self, keeper: Place, epoch: int, before: int | None = None) -> RecordList | None:
        """The records below number `before`, or the last ones, at most LINES_MAX; None when there is no such chain."""
        head = Chain(self._connection, keeper, epoch).head()
        if head is None and not self._is_enrolled(keeper, epoch):
            return None
        held = 0 if head is None else head.ref.sequence
        end = held + 1 if before is None else max(min(before, held + 1), 1)
        first = max(end - LINES_MAX, 1)
        records = list(Chain(self._connection, keeper, epoch).records(first - 1, end - first))
        lines = [self.line(signed, signed.open()) for signed in reversed(records)]
        return RecordList(keeper, epoch, held, lines, first if first > 1 else None)

    def record(self, ref: RecordRef) -> RecordView | None:
        """One record in full; None when it is not held."""
        signed = Chain(self._connection, ref.keeper, ref.epoch).record(ref.sequence)
        if signed is None:
            return None
        opened, reasons = signed.open(), self.reasons(ref)
        texts = signed.content.hex(), signed.signature.hex()
        return RecordView(self.line(signed, opened), reasons, in_full(opened), *texts)

    def line(self, signed: SignedRecord, record: Record) -> RecordLine:
        """A record in one line."""
        ref, date = record.ref, record.business_date
        when = (date, record.recorded_at_ms)
        return RecordLine(str(ref), record.kind, *when, signed.hash.hex(), self.stands(ref), summary(record))

    def stands(self, ref: RecordRef) -> str:
        """How a held record stands: `posted`, `held` (its turn has not come), `waits`, or `set_aside`."""
        if ref.keeper == HEADQUARTERS:
            return "posted"
        if self.reasons(ref):
            return "set_aside"
        query = "select posted from progress where keeper = ? and epoch = ?"
        posted = self._connection.execute(query, (ref.keeper, ref.epoch)).get
        if posted is not None and ref.sequence <= posted:
            return "posted"
        query = "select 1 from waits where keeper = ? and epoch = ? and sequence = ?"
        return "held" if self._connection.execute(query, (ref.keeper, ref.epoch, ref.sequence)).get is None else "waits"

    def reasons(self, ref: RecordRef) -> list[str]:
        """Why it was set aside; empty when it was not."""
        query = "select distinct reason from suspense where keeper = ? and epoch = ? and sequence = ?"
        return [why for (why,) in self._connection.execute(query, (ref.keeper, ref.epoch, ref.sequence))]

    def _is_enrolled(self, keeper: Place, epoch: int) -> bool:
        query = "select 1 from keepers where keeper = ? and epoch = ?"
        return self._connection.execute(query, (keeper, epoch)).get is not None
