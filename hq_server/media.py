"""A till's file on a medium: taken in batch by batch as from a line, posted, and answered with a file."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec

from hq_server.desk import Desk
from ledger.ids import ChainId
from offline_queue.forwarding import cut
from offline_queue.media import END, MediumFlaw, MediumReader, Sender, framed, opening
from protocol.acknowledgements import open_acknowledgement
from protocol.conversation import Acknowledged, AnyMessage, Ordered, Records, Rejected, Resume
from protocol.rejections import Fault, Rejection
from protocol.vouching import vouch

TAKEN_HEADER = "Counterfoil-Medium"
"""The header of the answer over HTTP that says, as JSON, what came of the till's file."""


class MediumTaken(msgspec.Struct, frozen=True):
    """What came of a till's file: how many `records` it had, and how many of them were `fresh`.

    `held` and `posted` are numbers of records; `waits`: how many of this chain wait for another till's. `rejected` is a
    Rejection or None, `at` the record to blame; `flaw`: why the file could not be read to its end.
    """

    keeper: str
    epoch: int
    records: int
    fresh: int
    held: int
    posted: int
    waits: int
    rejected: str | None
    at: str
    flaw: MediumFlaw | None


class Incoming:
    """One file on its way in; then its answer. Everything here may raise DiskFull and BookBroken."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._reader = MediumReader(Sender.TILL)
        self._resume: Resume | None = None
        self._chain: ChainId | None = None
        self._records = 0
        self._held_before = 0
        self._fault: Fault | None = None
        self._flaw: MediumFlaw | None = None

    async def receive(self, data: bytes) -> bool:
        """Take in what is whole now; False: the rest is of no use."""
        for message in self._reader.receive(data):
            await self._hear(message)
        return self._flaw is None and self._reader.flaw is None

    async def end(self) -> MediumTaken | Rejection | MediumFlaw:
        """All has come: post what is held. A flaw or a rejection: of all that came nothing was of use."""
        flaw = self._flaw or self._reader.end()
        if self._chain is None:
            return flaw or MediumFlaw.DAMAGED
        if self._fault is not None and self._fault.rejection is Rejection.UNKNOWN_KEEPER:
            return Rejection.UNKNOWN_KEEPER
        await self._desk.post_all(self._chain)
        said = open_acknowledgement(await self._desk.acknowledge(self._chain))
        return MediumTaken(
            keeper=self._chain.keeper,
            epoch=self._chain.epoch,
            records=self._records,
            fresh=said.held - self._held_before,
            held=said.held,
            posted=said.posted,
            waits=said.held - said.posted,
            rejected=None if self._fault is None else self._fault.rejection,
            at="" if self._fault is None else self._fault.at,
            flaw=flaw,
        )

    async def answer(self) -> AsyncIterator[bytes]:
        """HQ's file, behind an end() that was good."""
        chain, resume, desk = self._chain, self._resume, self._desk
        assert chain is not None, "there is nobody to answer"
        assert resume is not None, "a till's file begins with it"
        yield opening(Sender.HQ)
        yield framed(Acknowledged(await desk.acknowledge(chain)))
        if self._fault is not None:
            yield framed(vouch(Rejected(self._fault.rejection, self._fault.at), chain, desk.sign))
        number = resume.directive if resume.hq_epoch == await desk.epoch() else 0
        while run := cut(await desk.directives(chain, number)):
            yield framed(Ordered(run))
            number = desk.number(run[-1])
        version = resume.directory
        while (told := await desk.reception.directory(chain, version)) is not None:
            yield framed(vouch(told, chain, desk.sign))
            version = told.version
        yield END

    async def _hear(self, message: AnyMessage) -> None:
        match message:
            case Resume() if self._resume is None:
                self._resume = message
            case Records() if self._resume is not None and self._flaw is None:
                await self._take(message, self._resume)
            case _:
                self._flaw = MediumFlaw.DAMAGED

    async def _take(self, batch: Records, resume: Resume) -> None:
        """What comes behind a batch that was not taken whole is counted only: it can't be taken either."""
        chain = ChainId(batch.keeper, batch.epoch)
        if self._chain not in (None, chain):
            self._flaw = MediumFlaw.DAMAGED
            return
        if self._chain is None and await self._desk.key_of(chain) is not None:
            await self._desk.resumed(chain, resume)
            self._held_before = open_acknowledgement(await self._desk.acknowledge(chain)).held
        self._chain = chain
        self._records += len(batch.records)
        if self._fault is None:
            self._fault = await self._desk.take(batch, chain)
