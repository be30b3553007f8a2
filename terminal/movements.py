"""Movements in the till's book: the last that it has made of one member's value, by their slips."""

from __future__ import annotations

from ledger.ids import AccountId, Place
from terminal.answers import Movement
from terminal.made import StoredSlip
from terminal.slips import Slips

SHOWN_MAX = 10


class Movements:
    """What a till can tell of a member's movements here. Every method runs inside the caller's transaction."""

    def __init__(self, place: Place, slips: Slips) -> None:
        self._place = place
        self._slips = slips

    def last(self, account: AccountId) -> tuple[Movement, ...]:
        """The last SHOWN_MAX, the latest first."""
        return tuple(self._movement(made.slip()) for made in self._slips.last_of(account, SHOWN_MAX))

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
