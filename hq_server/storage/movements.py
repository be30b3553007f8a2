"""What moved of one member's value. It only reads, inside the caller's transaction."""

from __future__ import annotations

from hq_server.account_views import Movement
from hq_server.record_views import Units
from hq_server.views import SuspenseView
from ledger.ids import AccountId, Place, RecordRef
from ledger.journal_sqlite import Connection
from offline_queue.outbox import Chain

SHOWN_MAX = 10
DATED_MAX = 60
"""Of the last business dates: stores sort their records by number, and only the clock sorts those of several stores."""
SUSPENSE_MAX = 20


class Movements:
    """The last movements of an account, and what of it is set aside."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def last(self, account: AccountId) -> list[Movement]:
        """The last SHOWN_MAX, the latest first; what touched nothing that the member holds is none."""
        rows = self._connection.execute(
            "select keeper, epoch, sequence, kind, business_date,"
            " sum(iif(purse = 'principal', units, 0)), sum(iif(purse = 'bonus', units, 0)),"
            " sum(iif(purse = 'points', units, 0))"
            " from entries join transactions using (keeper, epoch, sequence) where account = ? and side = 'held'"
            " group by keeper, epoch, sequence order by business_date desc, sequence desc limit ?",
            (account, DATED_MAX),
        )
        found = [
            self._movement(RecordRef(Place(place), epoch, number), kind, date, Units(*units))
            for place, epoch, number, kind, date, *units in rows
        ]
        found.sort(key=lambda one: (one.recorded_at_ms, one.record), reverse=True)
        return found[:SHOWN_MAX]

    def suspense(self, account: AccountId) -> list[SuspenseView]:
        """What of this account the book could not take."""
        rows = self._connection.execute(
            "select keeper, epoch, sequence, reason from suspense where account = ?"
            " order by keeper, epoch, sequence limit ?",
            (account, SUSPENSE_MAX),
        )
        return [
            SuspenseView(str(RecordRef(Place(place), epoch, number)), account, why)
            for place, epoch, number, why in rows
        ]

    def is_blocked(self, account: AccountId) -> bool:
        """Whether the card that named the account is refused."""
        return self._connection.execute("select 1 from blocks where card = ?", (account,)).get is not None

    def _movement(self, ref: RecordRef, kind: str, date: str, moved: Units) -> Movement:
        signed = Chain(self._connection, ref.keeper, ref.epoch).record(ref.sequence)
        at_ms = 0 if signed is None else signed.open().recorded_at_ms
        return Movement(str(ref), kind, ref.keeper, date, at_ms, moved)
