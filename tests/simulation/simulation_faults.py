"""Faults that programs of this kind have had, to be put into the real ones by a test: runs must see each of them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from itertools import count
from typing import Any

import apsw
import msgspec
import pytest

from checkout import promoting
from checkout.requests import BookView, Sale, Undo
from checkout.results import Declined, Done
from checkout.sale import sale
from checkout.sharing import Left, share_out
from checkout.sold import Paid
from checkout.undo import keep
from hq_server.desk import Desk
from hq_server.storage.drawing import Drawing, Drawn, Short
from hq_server.storage.exposure import Exposure
from hq_server.storage.promises import Promises as HqPromises
from hq_server.storage.sqlite import HqStore
from hq_server.storage.vault import Vault
from ledger.ids import AccountId, ChainId, OperationId, RecordRef
from ledger.journal_sqlite import Connection, DiskFull, SqliteJournal, transaction
from ledger.transactions import TransactionKind
from loyalty.programme import Programme
from offline_queue.outbox import Stamp
from protocol.acknowledgements import open_acknowledgement, seal_acknowledgement
from protocol.bodies import TransactionBody, Transfer
from protocol.conversation import Ask, Draw, Records
from protocol.draws import Grounds, decide
from protocol.hosting import AskedBody
from protocol.records import Record, SignedRecord
from protocol.rejections import Fault as Rejected
from protocol.signing import Signed
from simulation.company import PROGRAMME
from terminal.agent import Agent
from terminal.answers import Answer, HqState, HqStatus, Outcome, Problem
from terminal.asking import Asked, Moment, Words, fingerprint
from terminal.book_trust import BookTrust
from terminal.deciding import Deciding
from terminal.decisions import Decisions
from terminal.floor_limits import FloorLimits
from terminal.hosted_till import HostedTill
from terminal.hosted_words import request_of
from terminal.modes import Mode
from terminal.operations import Operations
from terminal.promises import Promises
from terminal.store import TillStore


class _Rehearsed(Exception):
    """Nothing of it stays."""


def answer_before_commit(patch: pytest.MonkeyPatch) -> None:
    """A till says what it will decide, and commits it a moment later."""
    decide = Deciding.decide

    def rehearse(store: TillStore, asked: Asked) -> Answer | Problem | None:
        answer: Answer | Problem | None = None
        with suppress(_Rehearsed), transaction(store._connection):
            answer = store._decisions.perform(asked, None)
            raise _Rehearsed
        return answer

    async def answer_early(self: Deciding, asked: Asked, mode: Mode) -> Answer | Problem:
        answer = await self._store.do(rehearse, asked)
        if not isinstance(answer, Answer) or answer.outcome is not Outcome.DONE:
            return await decide(self, asked, mode)
        asyncio.create_task(decide(self, asked, mode))  # noqa: RUF006 - the loop keeps it
        return answer

    patch.setattr(Deciding, "decide", answer_early)


def say_full_and_commit(patch: pytest.MonkeyPatch) -> None:
    """A till says now and then that its disk is full and nothing was decided, and it was."""
    decide, times = Deciding.decide, count(1)

    async def decide_and_deny(self: Deciding, asked: Asked, mode: Mode) -> Answer | Problem:
        answer = await decide(self, asked, mode)
        if isinstance(answer, Answer) and answer.outcome is Outcome.DONE and next(times) % 5 == 0:
            raise DiskFull
        return answer

    patch.setattr(Deciding, "decide", decide_and_deny)


def acknowledge_before_commit(patch: pytest.MonkeyPatch) -> None:
    """HQ says that it holds what it has heard, and holds it a moment later."""
    take, acknowledge = Desk.take, Desk.acknowledge
    early: dict[ChainId, SignedRecord] = {}

    async def take_later(self: Desk, batch: Records, by: ChainId) -> Rejected | None:
        if batch.records:
            early[by] = batch.records[-1]

        async def later() -> None:
            await asyncio.sleep(0.5)
            await take(self, batch, by)

        asyncio.create_task(later())  # noqa: RUF006 - the loop keeps it
        return None

    async def acknowledge_early(self: Desk, chain: ChainId) -> Signed:
        said = await acknowledge(self, chain)
        word, last = open_acknowledgement(said), early.get(chain)
        if last is None or last.open().sequence <= word.held:
            return said
        word = msgspec.structs.replace(word, held=last.open().sequence, held_hash=last.hash)
        return seal_acknowledgement(word, self.sign)

    patch.setattr(Desk, "take", take_later)
    patch.setattr(Desk, "acknowledge", acknowledge_early)


def give_what_lies_elsewhere(patch: pytest.MonkeyPatch) -> None:
    """HQ gives again what lies at a till that does not answer, without that till's word."""
    draw = Drawing.draw

    def draw_anyway(self: Drawing, chain: ChainId, asked: Draw, stamp: Stamp) -> Drawn:
        drawn = draw(self, chain, asked, stamp)
        if not isinstance(drawn, Short):
            return drawn
        for holder in drawn.holders:
            slices = SqliteJournal(self._connection, *holder).slices(AccountId(asked.account))
            given = decide(asked, Grounds(list(slices), is_open=True, is_blocked=False))
            if isinstance(given, Transfer):
                return self._keepers.order(*chain, given, stamp)
        return drawn

    patch.setattr(Drawing, "draw", draw_anyway)


def hq_syncs_seldom(patch: pytest.MonkeyPatch) -> None:
    """HQ's book is synced at checkpoints alone."""
    opened = HqStore.open.__func__  # type: ignore[attr-defined]  # a class method has it

    def open_sloppily(kind: type[HqStore], /, *arguments: object, **options: object) -> HqStore:
        store: HqStore = opened(kind, *arguments, **options)
        store._connection.execute("pragma synchronous=normal")
        return store

    patch.setattr(HqStore, "open", classmethod(open_sloppily))


def take_without_posting(patch: pytest.MonkeyPatch) -> None:
    """HQ gives to a till, and its own place does not fall."""

    def give(self: Vault, chain: ChainId, given: Transfer, stamp: Stamp) -> SignedRecord:
        self._whereabouts.sent(chain, given)
        return self._keepers.order(*chain, given, stamp)

    patch.setattr(Vault, "give", give)


def believe_every_disk(patch: pytest.MonkeyPatch) -> None:
    """A till takes whatever book is on its disk for the latest."""
    patch.setattr(BookTrust, "begin", lambda self: None)  # noqa: ARG005 - as it is called


def tell_before_commit(patch: pytest.MonkeyPatch) -> None:
    """A place at HQ says what it will record, and commits it a moment later."""
    told = HostedTill._told

    def rehearse(store: TillStore, asked: Asked) -> SignedRecord | None:
        signed: SignedRecord | None = None
        with suppress(_Rehearsed), transaction(store._connection):
            answer = store._decisions.perform(asked, None)
            if isinstance(answer, Answer):
                signed = store.hosting.record(store.head().ref)
            raise _Rehearsed
        return signed

    async def tell_early(self: HostedTill, ask: Ask, record: Record, body: AskedBody) -> SignedRecord | str:
        known = request_of(body, self._kinds)
        if known is None or ask.or_cancel or body.kind != "load":
            return await told(self, ask, record, body)
        early = await self._store.do(rehearse, Asked(*known, ask.asked.hash, self._till.moment(), self._till.hq))
        if early is None:
            return await told(self, ask, record, body)
        asyncio.create_task(_later(told(self, ask, record, body)))  # noqa: RUF006 - the loop keeps it
        return early

    patch.setattr(HostedTill, "_told", tell_early)


async def _later(what: Coroutine[Any, Any, object]) -> None:
    await asyncio.sleep(0.5)
    await what


def sell_alone_when_unanswered(patch: pytest.MonkeyPatch) -> None:
    """A till that HQ has not answered in time takes the sale in its own book."""
    ask = Agent._ask

    async def or_alone(self: Agent, operation_id: str, signed: SignedRecord) -> Answer | Problem:
        answer = await ask(self, operation_id, signed)
        if answer is not Problem.OUTCOME_UNKNOWN:
            return answer
        body = signed.open().body_as(AskedBody)
        known = request_of(body, PROGRAMME.card_kinds)
        assert known is not None
        request = msgspec.structs.replace(known[0], operation_id=OperationId(f"{operation_id}-alone"))
        asked = Asked(request, known[1], signed.hash, self._moment(), self._standing())
        answer = await self._store.do(TillStore.perform, asked)
        if isinstance(answer, Answer):
            answer = msgspec.structs.replace(answer, operation_id=operation_id)
        return answer

    patch.setattr(Agent, "_ask", or_alone)


def forget_what_was_asked(patch: pytest.MonkeyPatch) -> None:
    """A till asks its place at HQ and, asked in turn, knows nothing of it until that has answered."""
    patch.setattr(Operations, "is_open", lambda self, operation_id: False)  # noqa: ARG005 - as it is called


def give_and_use_nothing(patch: pytest.MonkeyPatch) -> None:
    """A till gives what a promotion gives, and leaves its quota as it was."""
    patch.setattr(promoting, "_use", lambda quota, units: iter(()))  # noqa: ARG005 - as it is called


def keep_promises_twice(patch: pytest.MonkeyPatch) -> None:
    """A till gives back what it had promised, and then does so once more under another name."""
    keep_promises, settle = Decisions.keep_promises, Promises.settle

    def settle_once(self: Promises, record: str, by: RecordRef) -> None:
        with suppress(apsw.ConstraintError):  # the book itself would not have it
            settle(self, record, by)

    def keep_again(self: Decisions, receipt_number: str, moment: Moment) -> None:
        promised = self._shelf.promises.open(receipt_number)
        keep_promises(self, receipt_number, moment)
        for promise in promised:
            again = OperationId(f"{promise.record.kept}-again")
            request = Undo(again, receipt_number, promise.units, promise.cashier, promise.pos_ref, keeps=promise)
            asked = Asked(request, keep, fingerprint(keep.__name__, request), moment, HqStatus(HqState.NEVER, None))
            view = self.view(asked)
            outcome = self.outcome(asked, view)
            if isinstance(outcome, Done):
                self.commit(asked, outcome, view)

    patch.setattr(Promises, "settle", settle_once)
    patch.setattr(Decisions, "keep_promises", keep_again)


def keep_what_was_taken_back(patch: pytest.MonkeyPatch) -> None:
    """A till does not note that it has taken a promise back."""
    settle = Promises.settle

    def settle_what_is_kept(self: Promises, record: str, by: RecordRef) -> None:
        made = self._slips.made(number) if (number := self._slips.of_record(by)) is not None else None
        if made is None or made.body.kind != TransactionKind.VOID:
            settle(self, record, by)

    patch.setattr(Promises, "settle", settle_what_is_kept)


def bring_nobody_a_right(patch: pytest.MonkeyPatch) -> None:
    """HQ forgets who has promised a refund."""
    patch.setattr(HqPromises, "serve", lambda self, slip, stamp: set())  # noqa: ARG005 - as it is called


def forget_budgets(patch: pytest.MonkeyPatch) -> None:
    """A till that starts has let nothing go."""
    open_, used = FloorLimits.__init__, FloorLimits._used

    def open_anew(self: FloorLimits, connection: Connection) -> None:
        open_(self, connection)
        rows = connection.execute("select business_date, account, units from let_go")
        vars(self)["before"] = {(day, account): units for day, account, units in rows}

    def used_since(self: FloorLimits, business_date: str, account: str) -> int:
        return used(self, business_date, account) - int(vars(self)["before"].get((business_date, account), 0))

    patch.setattr(FloorLimits, "__init__", open_anew)
    patch.setattr(FloorLimits, "_used", used_since)


def let_go_unasked(patch: pytest.MonkeyPatch) -> None:
    """A till takes each sale for one to which its cashier agrees."""

    def agreed(request: Sale, view: BookView, programme: Programme) -> Done | Declined:
        first = sale(request, view, programme)
        if isinstance(first, Done) or not first.floor_limit:
            return first
        return sale(msgspec.structs.replace(request, floor_limit=first.floor_limit), view, programme)

    agreed.__name__ = sale.__name__
    patch.setattr("terminal.till.sale", agreed)


def lend_to_the_member(patch: pytest.MonkeyPatch) -> None:
    """A refund gives what the store bears to the card, like everything else."""

    def with_risk_last(units: int, paid: Sequence[Paid], step: int) -> list[int]:
        return share_out(units, [Left(part.units, step) for part in paid])

    patch.setattr("checkout.undo._shares", with_risk_last)


def forget_claims(patch: pytest.MonkeyPatch) -> None:
    """HQ does not note what a refund has taken back of a store's claim."""
    posted = Exposure.posted

    def only_sold(self: Exposure, record: Record) -> None:
        if record.body_as(TransactionBody).undone is None:
            posted(self, record)

    patch.setattr(Exposure, "posted", only_sold)


def charge_a_number_twice(patch: pytest.MonkeyPatch) -> None:
    """A till does not remember for which number of a POS it has done something."""
    words = Asked.words.fget  # type: ignore[attr-defined]  # a property has it

    def without_number(self: Asked) -> Words:
        kept: Words = words(self)
        return msgspec.structs.replace(kept, pos_ref=None, content=None)

    patch.setattr(Asked, "words", property(without_number))


def take_any_content(patch: pytest.MonkeyPatch) -> None:
    """A till takes whatever is asked for a POS's number for what it has done for that."""
    patch.setattr(Asked, "content", property(lambda self: self.kind.encode()))
