"""Faults of an HQ that loses tills, to be put into the real one by a test: runs must see each of them."""

from __future__ import annotations

import pytest

from hq_server.storage.keepers import Keepers
from hq_server.storage.losses import Losses
from hq_server.storage.sqlite import HqStore
from hq_server.storage.write_offs import WriteOffs
from ledger.ids import HEADQUARTERS, HQ_LIFE, AccountId, ChainId, Place
from ledger.journal_sqlite import SqliteJournal
from ledger.slices import SliceKey
from ledger.transactions import Leg, Side, Transaction, TransactionKind
from offline_queue.outbox import Stamp
from protocol.conversation import Records
from protocol.records import Record, SignedRecord
from protocol.rejections import Fault
from protocol.transfers import Passage


def write_off_twice(patch: pytest.MonkeyPatch) -> None:
    """HQ gives back what it writes off, and then once more."""
    write_off = WriteOffs._write_off

    def and_again(self: WriteOffs, chain: ChainId, stamp: Stamp) -> frozenset[AccountId]:
        wrote = Losses.wrote_off
        with pytest.MonkeyPatch.context() as inner:
            inner.setattr(Losses, "wrote_off", _nothing_written)
            accounts = write_off(self, chain, stamp)
            for account in accounts:
                self._vault.losses.look_again(chain, account)
            inner.setattr(Losses, "wrote_off", wrote)
            return write_off(self, chain, stamp)

    patch.setattr(WriteOffs, "_write_off", and_again)


def _nothing_written(self: Losses, chain: ChainId, made: Transaction) -> None:
    """It does not note what was written off."""


def keep_late_loads(patch: pytest.MonkeyPatch) -> None:
    """What late records bring to a lost place the company keeps."""
    moved = Losses.moved

    def moved_for_good(self: Losses, chain: ChainId, made: Transaction) -> None:
        moved(self, chain, made)
        if self.is_lost(chain):
            query = "delete from to_write_off where keeper = ? and epoch = ?"
            ended = "select 1 from write_offs where keeper = ? and epoch = ? and ended_at_ms is not null"
            if self._connection.execute(ended, chain).get is not None:
                self._connection.execute(query, chain)

    patch.setattr(Losses, "moved", moved_for_good)


def pay_late_returns(patch: pytest.MonkeyPatch) -> None:
    """What a lost till sends home late HQ had given back already, and does not take off again."""

    def nothing(self: Losses, chain: ChainId, passage: Passage) -> dict[SliceKey, int]:  # noqa: ARG001 - as it is called
        return {}

    patch.setattr(Losses, "come_home", nothing)


def free_what_is_fenced(patch: pytest.MonkeyPatch) -> None:
    """HQ has back what lies with a till whose key it revokes, without anybody's word."""
    revoke = Keepers.revoke

    def revoke_and_free(self: Keepers, place: Place, epoch: int, stamp: Stamp) -> SignedRecord:
        signed = revoke(self, place, epoch, stamp)
        _have_back(self, ChainId(place, epoch), signed.open())
        return signed

    patch.setattr(Keepers, "revoke", revoke_and_free)


def free_what_is_replaced(patch: pytest.MonkeyPatch) -> None:
    """HQ has back what lies with a till when another machine takes its place."""
    enrol = Keepers.enrol

    def enrol_and_free(self: Keepers, place: Place, key: bytes, stamp: Stamp) -> SignedRecord:
        signed = enrol(self, place, key, stamp)
        _have_back(self, ChainId(place, self._last_key(place)[0] - 1), signed.open())
        return signed

    patch.setattr(Keepers, "enrol", enrol_and_free)


def _have_back(keepers: Keepers, chain: ChainId, by: Record) -> None:
    held = SqliteJournal(keepers._connection, *chain, is_mirror=True).everything()
    legs = [
        Leg(*key, side, sign * units) for key, units in held.items() for side, sign in ((Side.HELD, 1), (Side.RISK, -1))
    ]
    if legs:
        hq = SqliteJournal(keepers._connection, HEADQUARTERS, HQ_LIFE)
        made = Transaction(TransactionKind.WRITE_OFF, by.ref.written_off, tuple(legs), carries=tuple(hq.lots(held)))
        hq.post(made, by.ref, by.business_date)


def take_from_the_revoked(patch: pytest.MonkeyPatch) -> None:
    """HQ takes what a till has signed, whether its key was revoked or not."""
    take = HqStore.take

    def take_all(self: HqStore, batch: Records, stamp: Stamp, by: ChainId | None = None) -> Fault | None:
        with pytest.MonkeyPatch.context() as inner:
            inner.setattr(Keepers, "fences", lambda self, place, epoch: ())  # noqa: ARG005 - as it is called
            return take(self, batch, stamp, by)

    patch.setattr(HqStore, "take", take_all)
