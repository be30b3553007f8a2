"""What a till exchanges with HQ by medium: its own records go out as a file, and HQ's answer comes in as one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from enum import StrEnum
from typing import TypeAlias

import msgspec
import structlog

from offline_queue.doubts import Doubt, check_acknowledgement, check_vouched
from offline_queue.media import END, MediumFlaw, MediumReader, Sender, framed, opening
from protocol.acknowledgements import Acknowledgement, open_acknowledgement
from protocol.conversation import Acknowledged, AnyMessage, Directory, Ordered, Records, Rejected, Vouched
from protocol.signing import Signed
from terminal.answers import Problem, Texts
from terminal.asking import Moment
from terminal.hq_above import HqAbove
from terminal.hq_memory import HqKnown
from terminal.store import TillStore
from terminal.store_thread import StoreThread
from terminal.till import Till
from terminal.uplink import Uplink

CODE_CHARACTERS_MAX = 40

log = structlog.get_logger()


class NotBelieved(StrEnum):
    """Why HQ's answer, or the rest of it, is not followed: each is a Doubt, as a key of the wording table."""

    FORGED = "medium.forged"
    NOT_OURS = "medium.not_ours"
    ORDER_MISSING = "medium.order_missing"
    OLDER_HQ = "medium.older_hq"
    AHEAD = "medium.ahead"
    OTHER_CHAIN = "medium.other_chain"
    ORDER_CHANGED = "medium.order_changed"
    ORDER_UNKNOWN = "medium.order_unknown"
    OTHER_KEY = "medium.other_key"
    TRANSFER_REFUSED = "medium.transfer_refused"

    @classmethod
    def of(cls, doubt: Doubt) -> NotBelieved:
        """The same doubt, about what a medium says."""
        return cls(f"medium.{doubt}")


Wrong: TypeAlias = MediumFlaw | NotBelieved


class Brought(msgspec.Struct, frozen=True):
    """What HQ's answer has brought: up to which record HQ holds the chain, how many are still to go.

    `carried_out` directives were new; `members` lines of the directory too. `rejected`: why HQ did not take all of the
    till's file. `wrong`: why the answer was not followed to its end, as a Wrong; what came before stands.
    """

    held: int
    waiting: int
    carried_out: int
    members: int
    rejected: str | None
    wrong: str | None
    cashier_message: Texts | None = None
    """What is wrong, in words."""


class Media:
    """Everything that is exchanged without a line. One answer comes in at a time."""

    def __init__(self, till: Till, store: StoreThread, above: HqAbove, uplink: Uplink) -> None:
        self.till = till
        self.store = store
        self.above = above
        self.uplink = uplink
        self.turn = asyncio.Lock()

    async def take_out(self) -> AsyncIterator[bytes]:
        """The till's file: its chain from what HQ last acknowledged on, as it is now. Raises DiskFull, BookBroken."""
        hearer = self.above.hearer
        head, after = await self.store.do(lambda store: (store.head().ref.sequence, store.hq.known().held))
        yield opening(Sender.TILL)
        yield framed(await self.store.do(TillStore.resume))
        has_more = True
        while has_more:
            batch = await self.store.do(TillStore.batch, after)
            yield framed(Records(hearer.keeper, hearer.epoch, batch))
            after += len(batch)
            has_more = bool(batch) and after < head
        yield END
        log.info("medium taken out", records=after)


class Incoming:
    """One answer of HQ's on its way in. Everything here may raise DiskFull and BookBroken: what was done is done."""

    def __init__(self, media: Media) -> None:
        self._media = media
        self._reader = MediumReader(Sender.HQ)
        self._before: HqKnown | None = None
        self._said: Acknowledgement | None = None
        self._members = 0
        self._rejected: str | None = None
        self._wrong: NotBelieved | MediumFlaw | None = None

    async def receive(self, data: bytes) -> bool:
        """Follow what is whole now; False: the rest is of no use."""
        for message in self._reader.receive(data):
            if self._wrong is None:
                doubt = await self._follow(message)
                self._wrong = NotBelieved.of(doubt) if isinstance(doubt, Doubt) else doubt
        return self._wrong is None and self._reader.flaw is None

    async def end(self) -> Brought | Wrong | Problem:
        """All has come. Wrong, or a Problem: nothing of it was followed."""
        wrong, media, said = self._wrong or self._reader.end(), self._media, self._said
        if said is None or self._before is None:
            return wrong or MediumFlaw.DAMAGED
        known = await media.above.medium_ends(said.at_ms)
        await media.uplink.heard_elsewhere(known.held)
        problem, head = await media.store.do(lambda store: (store.trust.problem, store.head().ref.sequence))
        if problem is not None:
            return problem
        before = self._before.directive if self._before.hq_epoch == known.hq_epoch else 0
        carried_out = known.directive - before
        log.info("medium brought in", held=known.held, carried_out=carried_out, wrong=wrong, rejected=self._rejected)
        waiting = max(head - known.held, 0)
        return Brought(known.held, waiting, carried_out, self._members, self._rejected, wrong)

    async def _follow(self, message: AnyMessage) -> Doubt | MediumFlaw | None:
        match message:
            case Acknowledged(acknowledgement=signed) if self._said is None:
                return await self._believe(signed)
            case Ordered(records=records) if self._said is not None:
                for directive in records:
                    doubt = await self._media.above.obey_medium(directive)
                    if doubt is not None:
                        return doubt
                return None
            case Vouched() if self._said is not None:
                return await self._hear(message)
            case _:
                return MediumFlaw.DAMAGED

    async def _believe(self, signed: Signed) -> Doubt | None:
        above, store, moment = self._media.above, self._media.store, self._media.till.moment()
        said = check_acknowledgement(signed, above.hearer)
        if isinstance(said, Doubt):
            return said
        before = await store.do(lambda store: store.hq.known())
        doubt = await store.do(_believe, signed, said, moment)
        if doubt is None:
            self._before, self._said = before, said
        return doubt

    async def _hear(self, vouched: Vouched) -> Doubt | None:
        told = check_vouched(vouched, self._media.above.hearer)
        match told:
            case Doubt():
                return told
            case Rejected(code=code):
                self._rejected = code[:CODE_CHARACTERS_MAX]
            case Directory():
                self._members += await self._media.store.do(_learn, told)
        return None


def _believe(store: TillStore, signed: Signed, said: Acknowledgement, moment: Moment) -> Doubt | None:
    """Keep HQ's word if it is news; media come in any order, and what is older than what is known says nothing."""
    if said.hq_epoch < store.hq.epoch:
        return Doubt.OLDER_HQ
    last = store.hq.acknowledgement()
    if last is not None and _age(said) <= _age(open_acknowledgement(last)):
        return None
    return store.believe(signed, said, moment, is_fresh=False)


def _age(said: Acknowledgement) -> tuple[int, int]:
    return said.hq_epoch, said.at_ms


def _learn(store: TillStore, told: Directory) -> int:
    """Learn of members if it is news; how many lines that was."""
    if told.version <= store.members.version():
        return 0
    store.members_told.directory(told)
    return len(told.members)
