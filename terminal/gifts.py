"""Gifts: what the store's lead gives to this till, each taken once and in its order; HQ may have relayed some of it."""

from __future__ import annotations

from ledger.ids import Place, RecordRef
from ledger.journal_sqlite import Connection
from offline_queue.doubts import Doubt, Gift, Passed
from offline_queue.outbox import Outbox
from protocol.bodies import Why
from protocol.conversation import Resume
from terminal.asking import Moment
from terminal.passing import Passing
from terminal.transfers import Transfers


class Gifts:
    """The table of leads: up to which of its records each lead's gifts were taken. Runs in the caller's transaction."""

    def __init__(self, connection: Connection, outbox: Outbox, transfers: Transfers, passing: Passing) -> None:
        self._passing = passing
        self._connection = connection
        self._outbox = outbox
        self._transfers = transfers

    def resume(self, lead: Place, epoch: int) -> Resume:
        """From where this lead is to go on giving."""
        return Resume(epoch, self._taken(lead, epoch), 0, None)

    def has(self, gift: Gift) -> bool:
        """Whether it was taken, from the lead or as HQ relayed it."""
        giver = gift.passage.giver
        return giver.sequence <= self._taken(giver.keeper, giver.epoch) or self._transfers.has_taken(giver)

    def take(self, gift: Gift, now_ms: int, *, is_awaited: bool) -> Doubt | None:
        """Take it once. What was drawn for a sale that no longer waits goes back."""
        giver, transfer = gift.passage.giver, gift.passage.transfer
        if self._outbox.is_closed:
            return Doubt.AHEAD
        was_taken = self.has(gift)
        if not was_taken and not self._transfers.take_from_neighbour(gift.signed, now_ms):
            return Doubt.TRANSFER_REFUSED
        self._go_on(giver)
        if was_taken:
            return None
        if transfer.why is Why.DRAW and not is_awaited:
            self._transfers.send_back(transfer, giver.keeper, giver.epoch, now_ms)
        return None

    def take_right(self, passed: Passed, moment: Moment) -> Doubt | None:
        """Take a right once. Where its refund does not wait for it any more it may stay."""
        if self._outbox.is_closed:
            return Doubt.AHEAD
        if not self._passing.take(passed, moment):
            return Doubt.TRANSFER_REFUSED
        self._go_on(passed.giver)
        return None

    def _go_on(self, giver: RecordRef) -> None:
        """The lead's next line goes on behind this record, or where it is further already."""
        self._connection.execute(
            "insert into leads values (?, ?, ?) on conflict do update set taken = max(taken, excluded.taken)",
            (giver.keeper, giver.epoch, giver.sequence),
        )

    def _taken(self, lead: Place, epoch: int) -> int:
        taken = self._connection.execute("select taken from leads where keeper = ? and epoch = ?", (lead, epoch)).get
        return 0 if taken is None else int(taken)
