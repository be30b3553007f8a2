"""Rights in a lead's book: whoever of its store needs one gets it from here, or hears who may have it."""

from __future__ import annotations

from ledger.ids import ChainId
from ledger.journal_sqlite import Connection, transaction
from offline_queue.outbox import Outbox
from protocol.receipt_numbers import numbering_of
from protocol.records import SignedRecord
from protocol.rights import RightPassed
from terminal.decisions import Shelf
from terminal.passing import Passing


class LentRights:
    """Both sides of a fetch within a store. Each method is one commit, on the disk when it returns."""

    def __init__(self, connection: Connection, outbox: Outbox, passing: Passing, shelf: Shelf) -> None:
        self._connection = connection
        self._outbox = outbox
        self._shelf = shelf
        self._passing = passing

    def fetch(self, chain: ChainId, receipt_number: str, now_ms: int) -> SignedRecord | ChainId | None:
        """As the lead: our record that passes a right to who needs it, or who may have it; None: nobody here.

        What was passed to that one before and has not come back is said again. The lead itself needs no record.
        """
        with transaction(self._connection):
            is_here = chain == self._me and self._shelf.originals.find(receipt_number) is not None
            if is_here or not self._may_pass(self._me, chain):
                return None
            passed = self._passing.given(receipt_number)
            if passed is None and chain != self._me:
                passed = self._passing.give(receipt_number, chain, now_ms)
                if passed is not None:
                    self._note(chain, passed)
            holder = self._holder(receipt_number) if passed is None else _taker(passed)
            if holder == chain:
                return passed
            return holder if holder != self._me and self._is_there(holder) else None

    def bring(self, lead: ChainId, receipt_number: str, now_ms: int) -> None:
        """Pass the right to undo the sale with this slip to the lead, which asks for it; if it is here, and may go."""
        with transaction(self._connection):
            if self._may_pass(lead, lead):
                passed = self._passing.give(receipt_number, lead, now_ms)
                if passed is not None:
                    self._note(lead, passed)

    def _note(self, chain: ChainId, passed: SignedRecord) -> None:
        """It goes to the neighbour among all that is given to it, whoever of the two leads by then."""
        ref = passed.open().ref
        row = (*chain, f"right/{ref.sequence}", ref.sequence)
        self._connection.execute("insert into lent values (?, ?, ?, ?)", row)

    def _may_pass(self, lead: ChainId, taker: ChainId) -> bool:
        """Whether this till adds records to its book, HQ trusts both, and that one leads."""
        led = self._shelf.neighbours.led().lead
        is_led = led is not None and (led.place, led.keeper.epoch) == lead
        return is_led and self._is_there(taker) and not self._outbox.is_closed and not self._shelf.hq.is_revoked()

    def _is_there(self, chain: ChainId) -> bool:
        return self._shelf.neighbours.find(chain) is not None

    def _holder(self, receipt_number: str) -> ChainId:
        """Who has sold it; this till, where nobody can tell: it has no right that could be had."""
        maker = numbering_of(receipt_number)
        return self._me if maker is None else ChainId(maker.keeper, maker.epoch)

    @property
    def _me(self) -> ChainId:
        return ChainId(self._outbox.keeper, self._outbox.epoch)


def _taker(passed: SignedRecord) -> ChainId:
    body = passed.open().body_as(RightPassed)
    return ChainId(body.to, body.to_epoch)
