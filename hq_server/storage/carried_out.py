"""How far a till has carried out what HQ ordered, by its own posted word on orders that are HQ's."""

from __future__ import annotations

from ledger.ids import ChainId
from ledger.journal_sqlite import Connection

NOTHING_DONE = (0, 0)


def carried_out(connection: Connection, till: ChainId) -> tuple[int, int]:
    """The HQ epoch and the number of the last directive that it has carried out. Runs in the caller's transaction."""
    row = connection.execute("select hq_epoch, number from carried_out where keeper = ? and epoch = ?", till).get
    return NOTHING_DONE if row is None else (int(row[0]), int(row[1]))


def note_carried_out(connection: Connection, till: ChainId, hq_epoch: int, number: int) -> None:
    """It has carried out this one, which HQ has given, or stands by. Runs in the caller's transaction."""
    connection.execute(
        "insert into carried_out values (?, ?, ?, ?) on conflict do update set hq_epoch = excluded.hq_epoch,"
        " number = excluded.number where (excluded.hq_epoch, excluded.number) > (hq_epoch, number)",
        (*till, hq_epoch, number),
    )
