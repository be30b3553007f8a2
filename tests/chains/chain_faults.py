"""Faults that programs of this kind have had, to be put into the real ones by a test: walks must see each of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import apsw
import msgspec
import pytest

import terminal.store
from hq_server.storage.drawing import Drawing, Drawn
from hq_server.storage.sqlite import HqStore
from hq_server.storage.vault import Vault
from ledger.ids import ChainId, OperationId, Place
from ledger.journal_sqlite import Connection, transaction
from offline_queue.doubts import Doubt, Given
from offline_queue.outbox import Stamp
from protocol.acknowledgements import seal_acknowledgement
from protocol.bodies import Applied, Transfer, Why
from protocol.bodies import Given as GivenBody
from protocol.conversation import Acknowledged, Draw, Ordered, Records
from protocol.records import RecordKind, SignedRecord
from protocol.transfers import Passage, given_in, incoming, outgoing
from terminal.asking import Moment
from terminal.hq_memory import HqMemory
from terminal.transfers import Transfers
from tests.chains.head_office import HeadOffice
from tests.hq_server.office import HQ_KEY


def take_twice(patch: pytest.MonkeyPatch) -> None:
    """A directive that comes again is carried out again."""
    once = HqMemory.carry_out

    def carry_out(self: HqMemory, given: Given, moment: Moment, *, is_awaited: bool) -> Doubt | None:
        passage = given_in(given.signed.open())
        if passage is None or not self.has_carried_out(given):
            return once(self, given, moment, is_awaited=is_awaited)
        head = self._transfers._head()
        again = msgspec.structs.replace(incoming(passage), operation_id=OperationId(f"again/{head.ref}"))
        self._transfers._journal.post(again, head.ref.next(), head.business_date)
        self._record(RecordKind.APPLIED, Applied(given.signed), moment)
        return None

    patch.setattr(HqMemory, "carry_out", carry_out)


def fall_later(patch: pytest.MonkeyPatch) -> None:
    """A till signs that it gives, and posts that when it takes something the next time."""
    owed: dict[int, list[Passage]] = {}
    take = Transfers.take

    def give(self: Transfers, to: Place, to_epoch: int, transfer: Transfer, now_ms: int) -> None:
        owed.setdefault(id(self), []).append(sign_given(self, GivenBody(to, to_epoch, transfer), now_ms))

    def take_and_fall(self: Transfers, signed: SignedRecord) -> bool:
        for passage in owed.pop(id(self), []):
            self._journal.post(outgoing(passage), passage.giver, self._head().business_date)
        return take(self, signed)

    patch.setattr(Transfers, "give", give)
    patch.setattr(Transfers, "take", take_and_fall)


def keep_and_send_home(patch: pytest.MonkeyPatch) -> None:
    """What comes too late for its sale goes home, and stays in the till's book."""

    def send_back(self: Transfers, transfer: Transfer, to: Place, to_epoch: int, now_ms: int) -> None:
        home = msgspec.structs.replace(transfer, why=Why.RETURN, operation_id="")
        sign_given(self, GivenBody(to, to_epoch, home), now_ms)

    patch.setattr(Transfers, "send_back", send_back)


def sign_given(transfers: Transfers, given: GivenBody, now_ms: int) -> Passage:
    """A till's record that it gives, and nothing else."""
    head = transfers._head()
    stamp = Stamp(now_ms, head.business_date, head.mode)
    transfers._outbox.append(head, RecordKind.GIVEN, given, stamp)
    return Passage(head.ref.next(), given.to, given.to_epoch, given.transfer)


def take_before_posting(patch: pytest.MonkeyPatch) -> None:
    """HQ has what a till gives as soon as it holds the record."""
    hold, take = HqStore.take, Vault.take

    def hold_and_take(self: HqStore, batch: Records, stamp: Stamp) -> object:
        fault = hold(self, batch, stamp)
        with transaction(self._connection):
            for signed in self.records(batch.keeper, batch.epoch):
                passage = given_in(signed.open())
                if passage is not None:
                    self._vault.take(passage, signed, stamp)
        return fault

    def take_once(self: Vault, passage: Passage, given: SignedRecord, stamp: Stamp) -> None:
        if not self._book.knows_operation(passage.giver.taken):
            take(self, passage, given, stamp)

    patch.setattr(HqStore, "take", hold_and_take)
    patch.setattr(Vault, "take", take_once)


def give_and_forget(patch: pytest.MonkeyPatch) -> None:
    """HQ sends what it has drawn for a till, and its commit fails."""

    class Failed(Exception):
        pass

    def draw(self: HqStore, chain: ChainId, asked: Draw, stamp: Stamp) -> Drawn | None:
        drawn: Drawn | None = None
        with suppress(Failed), transaction(self._connection):
            drawn = self._drawing.draw(chain, asked, stamp)
            if isinstance(drawn, SignedRecord):
                raise Failed
        return drawn

    end = HeadOffice._end_draw

    def send(self: HeadOffice, chain: ChainId, asked: Draw, drawn: Drawn) -> None:
        if isinstance(drawn, SignedRecord):
            self._say(chain, Ordered((drawn,)))
        else:
            end(self, chain, asked, drawn)

    patch.setattr(HqStore, "draw", draw)
    patch.setattr(HeadOffice, "_end_draw", send)


def draw_anew(patch: pytest.MonkeyPatch) -> None:
    """HQ does not remember what it has answered."""

    def give(self: Drawing, chain: ChainId, asked: Draw, given: Transfer, stamp: Stamp) -> SignedRecord:
        assert asked.operation_id == given.operation_id
        return self._vault.give(chain, given, stamp)

    patch.setattr(Drawing, "_answered", lambda *_: None)
    patch.setattr(Drawing, "_give", give)


def answer_before_commit(patch: pytest.MonkeyPatch) -> None:
    """A till says what it has decided, whatever becomes of the commit."""

    @contextmanager
    def careless(connection: Connection) -> Iterator[None]:
        connection.execute("begin immediate")
        yield
        with suppress(apsw.Error):
            connection.execute("commit")

    patch.setattr(terminal.store, "transaction", careless)


def acknowledge_before_commit(patch: pytest.MonkeyPatch) -> None:
    """HQ acknowledges what it hears, and holds it then."""
    take = HeadOffice.take

    def acknowledge_and_take(self: HeadOffice, batch: Records) -> None:
        chain = ChainId(batch.keeper, batch.epoch)
        word = self.machine.do(lambda store: store.acknowledgement(*chain, 0))
        if batch.records and batch.records[-1].open().sequence > word.held:
            last = batch.records[-1]
            early = msgspec.structs.replace(word, held=last.open().sequence, held_hash=last.hash)
            self.said[chain] = early
            self._say(chain, Acknowledged(seal_acknowledgement(early, HQ_KEY.sign)))
        take(self, batch)

    patch.setattr(HeadOffice, "take", acknowledge_and_take)


def sync_seldom(patch: pytest.MonkeyPatch) -> None:
    """HQ's book is synced at checkpoints alone."""
    open_book = HeadOffice._open

    def open_sloppily(self: HeadOffice, vfs_name: str) -> HqStore:
        store = open_book(self, vfs_name)
        store._connection.execute("pragma synchronous=normal")
        return store

    patch.setattr(HeadOffice, "_open", open_sloppily)
