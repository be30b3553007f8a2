"""What a hosted store's till asks of its place at HQ, and what that place's keeper tells: both are passed on.

One line never waits for another: what that one can't take now is not passed on, and its sender asks again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import TypeAlias

import structlog
from aiohttp import WSCloseCode

from ledger.ids import ChainId, agent_of
from offline_queue.gateway.host import Host
from offline_queue.gateway.wire import LineOver
from protocol.conversation import Ask, Rejected, Told
from protocol.errors import NotARecord
from protocol.hosting import AskedBody, NotTold
from protocol.records import Record, RecordKind, SignedRecord
from protocol.rejections import Fault, Rejection
from protocol.signing import Context, is_signed_by

PassOn: TypeAlias = Callable[[ChainId, Ask | Told], bool]
"""Have a keeper's line say this as soon as it can; False: it is not up, or can't take more."""
ASKING = frozenset({RecordKind.ASKED})
TELLING = frozenset({RecordKind.TRANSACTION, RecordKind.DECLINED})
"""What came of an ask: done, or declined."""

log = structlog.get_logger()


class Hosting:
    """One keeper's part in it: it asks as a till of a hosted store, or tells as the keeper of such a till's place."""

    def __init__(
        self, chain: ChainId, host: Host, pass_on: PassOn, answer: Callable[[Told | Rejected], Awaitable[None]]
    ) -> None:
        self._chain = chain
        self._host = host
        self._pass_on = pass_on
        self._answer = answer
        self._complained: set[Rejection] = set()

    async def ask(self, ask: Ask) -> None:
        """Pass an ask on, or answer at once why not. Raises LineOver for what is none."""
        record = await self._genuine(ask.asked, ASKING)
        if record is None:
            return
        try:
            operation_id = record.body_as(AskedBody).operation_id
        except NotARecord:
            await self._reject(Fault(Rejection.NOT_A_RECORD, str(record.ref)))
            return
        code = await self._ask(ask)
        if code is not None:
            await self._answer(Told(*self._chain, operation_id, None, code))

    async def tell(self, told: Told) -> None:
        """Pass on what came of an ask, or drop it: the till asks again. Raises LineOver for what is none."""
        if agent_of(self._chain.keeper) != told.keeper:
            raise _out_of_turn()
        if told.told is not None and await self._genuine(told.told, TELLING) is None:
            return
        agent = ChainId(told.keeper, told.epoch)
        if await self._keeper_for(agent) == self._chain:
            self._pass_on(agent, told)

    async def too_many(self, ask: Ask) -> None:
        """Say that it asks too much at once."""
        try:
            operation_id = ask.asked.open().body_as(AskedBody).operation_id
        except NotARecord:
            return
        await self._answer(Told(*self._chain, operation_id, None, NotTold.BUSY))

    async def _ask(self, ask: Ask) -> NotTold | None:
        """Why it is passed on to nobody; None when it is."""
        keeper = await self._keeper_for(self._chain)
        if isinstance(keeper, NotTold):
            return keeper
        return None if self._pass_on(keeper, ask) else NotTold.NOT_REACHED

    async def _keeper_for(self, agent: ChainId) -> ChainId | NotTold:
        reception = self._host.reception
        assert reception is not None, "whoever has none is neither asked nor told"
        return await reception.hosted_by(agent)

    async def _genuine(self, signed: SignedRecord, kinds: Collection[RecordKind]) -> Record | None:
        """A record that this line's keeper has signed; None: it has not, and is told so as it is of a batch."""
        record = await self._examine(signed, kinds)
        if isinstance(record, Fault):
            await self._reject(record)
            return None
        return record

    async def _examine(self, signed: SignedRecord, kinds: Collection[RecordKind]) -> Record | Fault:
        try:
            record = signed.open()
        except NotARecord:
            return Fault(Rejection.NOT_A_RECORD)
        if record.kind not in kinds:
            raise _out_of_turn()
        if (record.keeper, record.epoch) != self._chain:
            return Fault(Rejection.NOT_A_RECORD, str(record.ref))
        key = await self._host.key_of(self._chain)
        is_genuine = key is not None and is_signed_by(key, Context.RECORD, signed)
        return record if is_genuine else Fault(Rejection.CHAIN_BROKEN, str(record.ref))

    async def _reject(self, fault: Fault) -> None:
        if fault.rejection not in self._complained:
            self._complained.add(fault.rejection)
            log.warning("ask or its answer rejected", keeper=self._chain.keeper, code=fault.rejection, at=fault.at)
        await self._answer(Rejected(fault.rejection, fault.at))


def _out_of_turn() -> LineOver:
    return LineOver(WSCloseCode.PROTOCOL_ERROR, "out_of_turn")
