"""The host of a till's lines from its neighbours: a lead's, or a witness's. All is done in the till's book."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.ids import ChainId
from offline_queue.gateway.host import World
from offline_queue.news import News
from protocol.acknowledgements import seal_acknowledgement
from protocol.conversation import BATCH_RECORDS_MAX, Draw, Fetch, HandOn, NotDrawn, Records, Resume, Wanted
from protocol.records import SignedRecord
from protocol.rejections import Fault
from protocol.signing import Signed, Signer
from terminal.asking import Identity, Moment
from terminal.store import TillStore
from terminal.store_thread import StoreThread


@dataclass(frozen=True, slots=True)
class OwnBook:
    """A till's book, who keeps it, and what signs for it."""

    store: StoreThread
    identity: Identity
    sign: Signer = field(repr=False)


class HandedOn:
    """What HQ has to say to neighbours whose own lines are not up: the last of it for each, until it is asked for."""

    def __init__(self) -> None:
        self.news = News()
        self._records: dict[ChainId, tuple[SignedRecord, ...]] = {}

    def keep(self, message: HandOn) -> None:
        """In place of what there was for this neighbour; its line hears of it."""
        chain = ChainId(message.keeper, message.epoch)
        self._records[chain] = message.records
        self.news.tell(chain)

    def of(self, chain: ChainId) -> tuple[SignedRecord, ...]:
        """What there is for this neighbour."""
        return self._records.get(chain, ())


class Rights(Protocol):
    """Rights to undo sales, for whoever of the store needs one."""

    async def fetch(self, chain: ChainId, asked: Fetch) -> SignedRecord | NotDrawn:
        """The record that passes it to who needs it, or that it can't be had here now."""

    def came(self) -> None:
        """Something has come: whoever waits looks again."""

    def asked_of(self, chain: ChainId) -> tuple[Fetch, ...]:
        """What this neighbour is to bring; it is said once."""


class LeadHost:
    """What offline_queue.gateway wants of its host."""

    reception = None
    """Who is who, HQ knows."""

    def __init__(
        self, book: OwnBook, world: World, moment: Callable[[], Moment], handed_on: HandedOn, rights: Rights
    ) -> None:
        self._moment = moment
        self._rights = rights
        self.news = handed_on.news
        self._handed_on = handed_on
        self.place = book.identity.place
        self.world = world
        self.sign = book.sign
        self._book = book

    async def key_of(self, chain: ChainId) -> Ed25519PublicKey | None:
        """The key of a neighbour that HQ trusts."""
        return await self._book.store.do(lambda store: store.lending.key_of(chain))

    async def heard(self, chain: ChainId) -> None:
        """Its line is all there is to know."""

    async def resumed(self, chain: ChainId, resume: Resume) -> None:
        """Whether this till's book is the latest, its own witnesses say."""

    async def take(self, batch: Records, by: ChainId) -> Fault | None:  # noqa: ARG002 - whose they are, they prove
        """Keep copies of a neighbour's records; the lead takes what they give to this place."""
        moment = self._moment()

        def take(store: TillStore) -> tuple[Fault | None, bool]:
            before = store.head().ref
            fault = store.lending.take(batch, moment)
            return fault, store.head().ref != before

        fault, something_came = await self._book.store.do(take)
        if something_came:
            self._rights.came()
        return fault

    async def wanted(self, chain: ChainId) -> tuple[Wanted, ...]:  # noqa: ARG002 - of anybody
        """Only HQ collects."""
        return ()

    async def to_hand_on(self, chain: ChainId) -> tuple[HandOn, ...]:  # noqa: ARG002 - by anybody
        """Only HQ has others speak for it."""
        return ()

    async def asked_of(self, chain: ChainId) -> tuple[Fetch, ...]:
        """The rights that this neighbour is to bring."""
        return self._rights.asked_of(chain)

    async def handed_on(self, chain: ChainId) -> tuple[SignedRecord, ...]:
        """What HQ has to say to this neighbour."""
        return self._handed_on.of(chain)

    async def acknowledge(self, chain: ChainId) -> Signed:
        """What is held here of a neighbour's chain, and was given to it."""
        now_ms = self.world.now_ms()
        heads = await self._book.store.do(lambda store: store.lending.acknowledgement(chain, now_ms))
        return seal_acknowledgement(heads, self.sign)

    async def epoch(self) -> int:
        """The epoch of this till's chain, whose records the gifts are."""
        return self._book.identity.epoch

    def number(self, record: SignedRecord) -> int:
        """A gift's number is that of its record."""
        return record.open().sequence

    async def directives(self, chain: ChainId, after: int) -> tuple[SignedRecord, ...]:
        """The next gifts to a neighbour."""
        return await self._book.store.do(lambda store: store.lending.gifts(chain, after, BATCH_RECORDS_MAX))

    async def draw(self, chain: ChainId, asked: Draw) -> SignedRecord | NotDrawn:
        """Give a neighbour what it needs now, or say why not."""
        now_ms = self.world.now_ms()
        return await self._book.store.do(lambda store: store.lending.draw(chain, asked, now_ms))

    async def fetch(self, chain: ChainId, asked: Fetch) -> SignedRecord | NotDrawn:
        """Pass the right to undo a sale to a neighbour, or say that it can't be had here."""
        return await self._rights.fetch(chain, asked)
