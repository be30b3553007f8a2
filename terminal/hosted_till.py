"""A till's place at HQ: an ordinary till without devices, which does what the one in the shop asks for."""

from __future__ import annotations

import asyncio

import structlog

from ledger.cards import CardKind
from ledger.ids import RecordRef, agent_of
from offline_queue.book_thread import DiskFull
from protocol.conversation import Ask, Told
from protocol.errors import NotARecord
from protocol.hosting import AskedBody
from protocol.records import Record, SignedRecord
from terminal.agent import AgentLine
from terminal.answers import Answer, Problem
from terminal.asking import Asked
from terminal.hosted_words import request_of
from terminal.store_thread import StoreThread
from terminal.till import Till

UNDER_WAY_MAX = 64
"""Far more than one till can ask; what comes then is not heard, and asked again."""
NOT_UNDERSTOOD = "not_understood"

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
        signed = told if isinstance(told, SignedRecord) else None
        code = "" if signed is not None else str(told)
        await self._line.pass_on(Told(record.keeper, record.epoch, body.operation_id, signed, code))

    async def _told(self, ask: Ask, record: Record, body: AskedBody) -> SignedRecord | str:
        """The record of what came of it, or why nothing did."""
        known = request_of(body, self._kinds)
        if known is None:
            return NOT_UNDERSTOOD
        moment = self._till.moment()
        await self._store.do(lambda store: store.hosting.follow(record.business_date, moment))
        await self._till.look_at_book()
        asked = Asked(*known, ask.asked.hash, moment, self._till.hq)
        answer = await (self._cancel(asked) if ask.or_cancel else self._till.do(asked))
        if not isinstance(answer, Answer):
            return answer
        ref = RecordRef.parse(answer.record)
        assert ref is not None, "an answer names its record"
        return await self._store.do(lambda store: store.hosting.record(ref))

    async def _cancel(self, asked: Asked) -> Answer | Problem:
        await self._till.ended(asked.request.operation_id)
        return await self._store.do(lambda store: store.hosting.cancel(asked))
