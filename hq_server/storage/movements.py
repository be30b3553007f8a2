"""What moved of one member's value. It only reads, inside the caller's transaction."""

from __future__ import annotations

import msgspec

from hq_server.account_views import Movement
from hq_server.record_views import Units
from hq_server.views import SuspenseView
from ledger.ids import AccountId, Place, RecordRef
from ledger.journal_sqlite import Connection
from ledger.transactions import TransactionKind
from offline_queue.outbox import Chain
from protocol.bodies import TransactionBody
from protocol.conversation import MOVEMENTS_MAX
from protocol.errors import MALFORMED
from protocol.members import Moved

SHOWN_MAX = 10
DATED_MAX = 60
"""Of the last business dates: stores sort their records by number, and only the clock sorts those of several stores."""
SUSPENSE_MAX = 20
_WITHOUT_A_SLIP = (
    *(TransactionKind.TRANSFER_OUT, TransactionKind.TRANSFER_IN),
    *(TransactionKind.NETTING, TransactionKind.READOPTION, TransactionKind.WRITE_OFF),
)


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

    def told(self, account: AccountId) -> tuple[Moved, ...]:
        """The same as a till is told of them: what a slip was printed for, and nothing of value that changed places."""
        rows = self._connection.execute(
            "select keeper, epoch, sequence from entries join transactions using (keeper, epoch, sequence)"
            " where account = ? and kind not in (?, ?, ?, ?, ?)"
            " group by keeper, epoch, sequence order by business_date desc, sequence desc limit ?",
            (account, *_WITHOUT_A_SLIP, DATED_MAX),
        )
        told = (self._told(RecordRef(Place(place), epoch, number)) for place, epoch, number in rows)
        found = [one for one in told if _can_be_said(one)]
        return tuple(sorted(found, key=lambda one: one.at_ms, reverse=True)[:MOVEMENTS_MAX])

    def _told(self, ref: RecordRef) -> Moved:
        signed = Chain(self._connection, ref.keeper, ref.epoch).record(ref.sequence)
        assert signed is not None, "what was posted is held"
        record = signed.open()
        body = record.body_as(TransactionBody)
        return Moved(
            place=ref.keeper,
            receipt_number=body.receipt_number,
            kind=body.kind,
            amount=body.slip.amount,
            stored_value=body.slip.stored_value_change,
            points_in=body.slip.points_in,
            points_out=body.slip.points_out,
            business_date=record.business_date,
            at_ms=record.recorded_at_ms,
        )

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


def _can_be_said(moved: Moved) -> bool:
    """Whatever one till has signed, the line of another one is not broken by it."""
    try:
        msgspec.msgpack.decode(msgspec.msgpack.encode(moved), type=Moved)
    except MALFORMED:
        return False
    return True
