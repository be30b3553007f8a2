"""A till's place at HQ: an ordinary till without devices, which does what the one in the shop asks for."""

from __future__ import annotations

import asyncio

import msgspec
import structlog

from checkout.requests import Undo
from checkout.undo import void
from ledger.cards import CardKind
from ledger.ids import RecordRef, agent_of
from offline_queue.book_thread import DiskFull
from protocol.conversation import Ask, Told
from protocol.errors import NotARecord
from protocol.hosting import AskedBody
from protocol.records import Record, SignedRecord
from terminal.agent import AgentLine
from terminal.answers import Answer, Problem
from terminal.asking import Asked, Request, UseCase
from terminal.hosted_words import request_of
from terminal.store_thread import StoreThread
from terminal.till import Till

UNDER_WAY_MAX = 64
"""Far more than one till can ask; what comes then is not heard, and asked again."""

log = structlog.get_logger()


class HostedTill:
    """Each ask is answered with this chain's record of what came of it."""

    def __init__(self, till: Till, store: StoreThread, kinds: tuple[CardKind, ...], line: AgentLine) -> None:
        self._till = till
        self._store = store
        self._kinds = kinds
        self._line = line
        self._agent = agent_of(till.shop.identity.place)
        self._answering: set[asyncio.Task[None]] = set()

    def hear(self, ask: Ask) -> None:
        """HQ has passed an ask on; nothing waits for its answer here, as it may need HQ itself."""
        if len(self._answering) < UNDER_WAY_MAX:
            answering = asyncio.get_running_loop().create_task(self._answer(ask))
            self._answering.add(answering)
            answering.add_done_callback(self._answering.discard)

    async def _answer(self, ask: Ask) -> None:
        try:
            record = ask.asked.open()
            body = record.body_as(AskedBody)
        except NotARecord:
            log.warning("an ask can't be read")
            return
        if record.keeper != self._agent:
            log.warning("an ask is another till's", keeper=record.keeper)
            return
        try:
            told = await self._told(ask, record, body)
        except DiskFull:
            told = Problem.DISK_FULL
        except Exception:
            # Nobody knows what came of it: the till asks again.
            log.exception("an ask has failed", operation_id=body.operation_id)
            return
        signed = told if isinstance(told, SignedRecord) else None
        code = "" if signed is not None else str(told)
        await self._line.pass_on(Told(record.keeper, record.epoch, body.operation_id, signed, code))

    async def _told(self, ask: Ask, record: Record, body: AskedBody) -> SignedRecord | str:
        """The record of what came of it, or why nothing did."""
        moment = self._till.moment()
        if await self._store.do(lambda store: store.hosting.follow(record.business_date, moment)):
            await self._till.look_at_book()
        known = request_of(body, self._kinds)
        if known is None:
            answer = await self._call_off(record, ask.asked.hash, "not_understood")
        elif ask.or_cancel:
            answer = await self._call_off(record, ask.asked.hash, "asked_too_late")
        else:
            answer = await self._do(*known, ask.asked)
        if not isinstance(answer, Answer):
            return answer
        ref = RecordRef.parse(answer.record)
        assert ref is not None, "an answer names its record"
        return await self._store.do(lambda store: store.hosting.record(ref))

    async def _do(self, request: Request, use_case: UseCase, ask: SignedRecord) -> Answer | Problem:
        if isinstance(request, Undo) and use_case is void:
            # The till in the shop need not know of it any more: its book may be a newer one than this.
            request = msgspec.structs.replace(request, units=await self._till.total(request.receipt_number))
        return await self._till.do(Asked(request, use_case, ask.hash, self._till.moment(), self._till.hq, warrant=ask))

    async def _call_off(self, ask: Record, asked: bytes, why: str) -> Answer | Problem:
        await self._till.ended(ask.body_as(AskedBody).operation_id)
        moment, hq = self._till.moment(), self._till.hq
        return await self._store.do(lambda store: store.hosting.call_off(ask, asked, why, moment, hq))
