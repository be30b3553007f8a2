"""Value that comes to this till and value that goes elsewhere: book and chain move in the caller's commit."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ledger.ids import HEADQUARTERS, AccountId, LotId, Place, RecordRef
from ledger.journal_sqlite import SqliteJournal
from ledger.judging import Refused
from ledger.slices import Part, Slice, take
from ledger.transactions import Transaction
from loyalty.programme import PARTS_MAX, Programme
from offline_queue.outbox import Outbox, Stamp
from protocol.bodies import Given, Recall, Taken, Transfer, TransferPart, Why
from protocol.chain import Head
from protocol.records import RecordKind, SignedRecord
from protocol.transfers import Passage, given_in, incoming, outgoing, transfer_of
from terminal.members import Members


class Transfers:
    """What comes and goes. Every method runs inside the caller's transaction."""

    def __init__(self, outbox: Outbox, journal: SqliteJournal, programme: Programme, members: Members) -> None:
        self._outbox = outbox
        self._journal = journal
        self._programme = programme
        self._members = members

    def take(self, signed: SignedRecord) -> bool:
        """Post what this record gives, under the record that the caller appends next; False: the book refuses it.

        The name of the operation is that of the giver's record: what was taken once is not taken again.
        """
        passage = given_in(signed.open())
        assert passage is not None, "only a record that gives something comes here"
        try:
            transaction = incoming(passage)
        except ValueError:  # a purse that this version does not know
            return False
        head = self._head()
        if passage.giver.keeper != HEADQUARTERS and self._foretells(transaction):
            return False
        if self._journal.knows_operation(transaction.operation_id):
            return False
        if isinstance(self._journal.post(transaction, head.ref.next(), head.business_date), Refused):
            return False
        self._members.came(passage.transfer, passage.giver.keeper)
        return True

    def _foretells(self, transaction: Transaction) -> bool:
        """Whether it brings a lot by a name that this chain has yet to give: whatever opens it would be refused."""
        own = f"{self._outbox.keeper}/{self._outbox.epoch}/"
        keys = {lot.key for lot in transaction.carries if lot.key.lot.startswith(own)}
        return len(self._journal.lots(keys)) < len(keys)

    def has_taken(self, giver: RecordRef) -> bool:
        """Whether what this record of the giver's gave was taken here, however it came."""
        return self._journal.knows_operation(giver.taken)

    def take_from_neighbour(self, signed: SignedRecord, now_ms: int) -> bool:
        """Take what a neighbour's record gives, by a record of our own; False: the book refuses it."""
        if not self.take(signed):
            return False
        self._append(RecordKind.TAKEN, Taken(signed), now_ms)
        return True

    def send_back(self, transfer: Transfer, to: Place, to_epoch: int, now_ms: int) -> None:
        """Give just what this transfer has brought to whom it came from, as far as it still lies here."""
        slices = self._journal.slices(AccountId(transfer.account))
        here = {(one.key.purse.value, one.key.lot): one.units for one in slices}
        still = ((part, min(part.units, here.get((part.purse, LotId(part.lot)), 0))) for part in transfer.parts)
        parts = [msgspec.structs.replace(part, units=units) for part, units in still if units]
        self._return(transfer.account, parts, to, to_epoch, now_ms)

    def give_back(self, recall: Recall, to_epoch: int, now_ms: int) -> None:
        """Give to HQ what lies here of the asset beyond `keep`: what would be spent last goes first."""
        has = self._last_spent_first(recall)
        parts = take(has, max(sum(one.units for one in has) - recall.keep, 0))
        self._return(recall.account, _on_the_wire(recall.account, parts), HEADQUARTERS, to_epoch, now_ms)

    def _last_spent_first(self, recall: Recall) -> list[Slice]:
        """Expired slices, which nobody can spend here, come before all others."""
        business_date = self._head().business_date
        slices = self._journal.slices(AccountId(recall.account))
        spent = self._programme.in_spending_order(slices, business_date, recall.asset)
        first = {one.key for one in spent}
        others = [one for one in slices if one.key.purse in recall.asset.purses and one.key not in first]
        return [*sorted(others, key=lambda one: one.spendable_on(business_date)), *reversed(spent)]

    def _return(self, account: str, parts: Sequence[TransferPart], to: Place, to_epoch: int, now_ms: int) -> None:
        for start in range(0, len(parts), PARTS_MAX):
            transfer = Transfer(Why.RETURN, "", account, tuple(parts[start : start + PARTS_MAX]))
            self.give(to, to_epoch, transfer, now_ms)

    def give(self, to: Place, to_epoch: int, transfer: Transfer, now_ms: int) -> None:
        """Give this to another place; it lies here."""
        head = self._head()
        passage = Passage(head.ref.next(), to, to_epoch, transfer)
        verdict = self._journal.post(outgoing(passage), passage.giver, head.business_date)
        assert not isinstance(verdict, Refused), f"what lies here may leave: {verdict}"
        self._append(RecordKind.GIVEN, Given(to, to_epoch, transfer), now_ms)
        self._members.went(transfer, to)

    def _append(self, kind: RecordKind, body: Given | Taken, now_ms: int) -> None:
        head = self._head()
        self._outbox.append(head, kind, body, Stamp(now_ms, head.business_date, head.mode))

    def _head(self) -> Head:
        head = self._outbox.head()
        assert head is not None, "begin() comes first"
        return head


def _on_the_wire(account: str, parts: Sequence[Part]) -> tuple[TransferPart, ...]:
    return transfer_of(Why.RETURN, "", AccountId(account), parts).parts
