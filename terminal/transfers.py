"""Value that comes to this till and value that goes home: the book and the chain move in the caller's commit."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ledger.ids import HEADQUARTERS, AccountId, LotId
from ledger.journal_sqlite import SqliteJournal
from ledger.judging import Refused
from ledger.slices import Part, Slice, take
from loyalty.programme import PARTS_MAX, Programme
from offline_queue.outbox import Outbox, Stamp
from protocol.bodies import Given, Recall, Transfer, TransferPart, Why
from protocol.chain import Head
from protocol.records import RecordKind, SignedRecord
from protocol.transfers import Passage, given_in, incoming, outgoing, transfer_of
from terminal.members import Members


class Transfers:
    """What HQ gives and takes back. Every method runs inside the caller's transaction."""

    def __init__(self, outbox: Outbox, journal: SqliteJournal, programme: Programme, members: Members) -> None:
        self._outbox = outbox
        self._journal = journal
        self._programme = programme
        self._members = members

    def take(self, signed: SignedRecord) -> bool:
        """Post what this directive gives, under the record that the caller appends next; False: the book refuses it.

        The name of the operation is that of HQ's record: what was taken once is not taken again.
        """
        passage = given_in(signed.open())
        assert passage is not None, "only a directive with a transfer comes here"
        try:
            transaction = incoming(passage)
        except ValueError:  # a purse that this version does not know
            return False
        head = self._head()
        if self._journal.knows_operation(transaction.operation_id):
            return False
        if isinstance(self._journal.post(transaction, head.ref.next(), head.business_date), Refused):
            return False
        self._members.came(passage.transfer)
        return True

    def send_home(self, transfer: Transfer, to_epoch: int, now_ms: int) -> None:
        """Give to HQ, in its epoch `to_epoch`, just what this transfer has brought, as far as it still lies here."""
        slices = self._journal.slices(AccountId(transfer.account))
        here = {(one.key.purse.value, one.key.lot): one.units for one in slices}
        still = ((part, min(part.units, here.get((part.purse, LotId(part.lot)), 0))) for part in transfer.parts)
        parts = [msgspec.structs.replace(part, units=units) for part, units in still if units]
        self._give(transfer.account, parts, to_epoch, now_ms)

    def give_back(self, recall: Recall, to_epoch: int, now_ms: int) -> None:
        """Give to HQ what lies here of the asset beyond `keep`: what would be spent last goes first."""
        has = self._last_spent_first(recall)
        parts = take(has, max(sum(one.units for one in has) - recall.keep, 0))
        self._give(recall.account, _on_the_wire(recall.account, parts), to_epoch, now_ms)

    def _last_spent_first(self, recall: Recall) -> list[Slice]:
        """Expired slices, which nobody can spend here, come before all others."""
        business_date = self._head().business_date
        slices = self._journal.slices(AccountId(recall.account))
        spent = self._programme.in_spending_order(slices, business_date, recall.asset)
        first = {one.key for one in spent}
        others = [one for one in slices if one.key.purse in recall.asset.purses and one.key not in first]
        return [*sorted(others, key=lambda one: one.spendable_on(business_date)), *reversed(spent)]

    def _give(self, account: str, parts: Sequence[TransferPart], to_epoch: int, now_ms: int) -> None:
        for start in range(0, len(parts), PARTS_MAX):
            transfer = Transfer(Why.RETURN, "", account, tuple(parts[start : start + PARTS_MAX]))
            head = self._head()
            passage = Passage(head.ref.next(), HEADQUARTERS, to_epoch, transfer)
            verdict = self._journal.post(outgoing(passage), passage.giver, head.business_date)
            assert not isinstance(verdict, Refused), f"what lies here may leave: {verdict}"
            stamp = Stamp(now_ms, head.business_date, head.mode)
            self._outbox.append(head, RecordKind.GIVEN, Given(HEADQUARTERS, to_epoch, transfer), stamp)
            self._members.went(transfer)

    def _head(self) -> Head:
        head = self._outbox.head()
        assert head is not None, "begin() comes first"
        return head


def _on_the_wire(account: str, parts: Sequence[Part]) -> tuple[TransferPart, ...]:
    return transfer_of(Why.RETURN, "", AccountId(account), parts).parts
