"""Movements in the till's book: the last that it has made of one member's value, by their slips."""

from __future__ import annotations

import msgspec

from ledger.ids import AccountId, Place
from ledger.journal_sqlite import Connection
from terminal.answers import Movement
from terminal.slips import StoredSlip

SHOWN_MAX = 10


class Movements:
    """The table of movements. Every method runs inside the caller's transaction."""

    def __init__(self, connection: Connection, place: Place) -> None:
        self._connection = connection
        self._place = place

    def add(self, account: AccountId, number: int) -> None:
        """Remember whose movement slip `number` tells of."""
        self._connection.execute("insert into movements values (?, ?)", (account, number))

    def last(self, account: AccountId) -> tuple[Movement, ...]:
        """The last SHOWN_MAX, the latest first."""
        rows = self._connection.execute(
            "select slip from movements join slips using (number) where account = ? order by number desc limit ?",
            (account, SHOWN_MAX),
        )
        return tuple(self._movement(msgspec.json.decode(slip, type=StoredSlip)) for (slip,) in rows)

    def _movement(self, slip: StoredSlip) -> Movement:
        facts = slip.facts
        return Movement(
            kind=facts.kind,
            amount=facts.amount,
            stored_value=facts.stored_value_change,
            points_in=facts.points_in,
            points_out=facts.points_out,
            receipt_number=slip.receipt_number,
            business_date=slip.business_date,
            at=slip.local_time,
            till=self._place,
        )
