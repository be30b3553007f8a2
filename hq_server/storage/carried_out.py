"""How far a till has carried out what HQ ordered, by its own posted word."""

from __future__ import annotations

from ledger.ids import ChainId
from ledger.journal_sqlite import Connection
from protocol.bodies import Applied, Directive
from protocol.errors import NotARecord
from protocol.records import SignedRecord

NOTHING_DONE = (0, 0)


def carried_out(connection: Connection, till: ChainId, before: int | None = None) -> tuple[int, int]:
    """The HQ epoch and the number of the last directive that it has carried out; `before`: by an earlier record.

    Runs in the caller's transaction.
    """
    row = connection.execute(
        "select content, signature from records indexed by records_applied join progress using (keeper, epoch)"
        " where keeper = ? and epoch = ? and kind = 'applied' and sequence < coalesce(?, posted + 1)"
        " order by sequence desc limit 1",
        (*till, before),
    ).get
    if row is None:
        return NOTHING_DONE
    try:
        directive = SignedRecord(*row).open().body_as(Applied).directive.open()
        return directive.epoch, directive.body_as(Directive).number
    except NotARecord:
        return NOTHING_DONE
