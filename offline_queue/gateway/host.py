"""Whose lines these are: HQ, or a store's lead till. What the gateway asks of it, and nothing else."""

from __future__ import annotations

from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.ids import ChainId, Place
from offline_queue.news import News
from protocol.conversation import (
    Directory,
    Draw,
    Fetch,
    Find,
    Found,
    HandOn,
    History,
    Look,
    Movements,
    NotDrawn,
    Records,
    Resume,
    Seen,
    Wanted,
)
from protocol.hosting import NotTold
from protocol.records import SignedRecord
from protocol.rejections import Fault
from protocol.signing import Signed


class World(Protocol):
    """The host's clocks, and its chance."""

    def now_ms(self) -> int:
        """Unix time in milliseconds."""

    def monotonic_s(self) -> float:
        """Seconds that only go forward, whatever the wall clock does."""

    def chance(self, size: int, /) -> bytes:
        """So many bytes that nobody can guess."""


class Reception(Protocol):
    """Who is who, and what a member has where, for lower ones that ask."""

    async def look(self, caller: ChainId, message: Look) -> Seen:
        """What an account has where, and whose it is, for the keeper that asks."""

    async def history(self, message: History) -> Movements:
        """What has moved of an account of late."""

    async def find(self, message: Find) -> Found:
        """Who has that phone number."""

    async def directory(self, chain: ChainId, after: int) -> Directory | None:
        """The next news of a keeper's store after version `after`; None when it has them all."""

    async def hosted_by(self, agent: ChainId) -> ChainId | NotTold:
        """Who keeps the place at HQ of a hosted store's till; or why it is passed on to nobody."""


class Host(Protocol):
    """The upper one. Its methods raise DiskFull and BookBroken; what they have returned is on the disk."""

    @property
    def place(self) -> Place:
        """Its own place, which its callers have to name."""

    @property
    def world(self) -> World:
        """Time and chance."""

    @property
    def news(self) -> News:
        """Tells of a chain when there is something to say to its keeper, and of a store when its directory changes."""

    @property
    def reception(self) -> Reception | None:
        """Answers what moves no value; None: nobody asks that here."""

    def sign(self, message: bytes, /) -> bytes:
        """The host's signature (a Signer)."""

    async def key_of(self, chain: ChainId) -> Ed25519PublicKey | None:
        """The key of a keeper that calls; None when nobody of that name and epoch was enrolled."""

    async def heard(self, chain: ChainId) -> None:
        """Note that an enrolled keeper has called."""

    async def resumed(self, chain: ChainId, resume: Resume) -> None:
        """This caller has said what it has of the host. What epoch() says afterwards may be another one."""

    async def take(self, batch: Records, by: ChainId) -> Fault | None:
        """Hold the good part of a batch that this caller has brought, and say what is wrong with the rest."""

    async def wanted(self, chain: ChainId) -> tuple[Wanted, ...]:
        """What this caller may have copies of, and is missing here; nothing where nobody would ask for it."""

    async def to_hand_on(self, chain: ChainId) -> tuple[HandOn, ...]:
        """What this caller may say to others, who hear nothing themselves."""

    async def asked_of(self, chain: ChainId) -> tuple[Fetch, ...]:
        """What others need and this caller may have: it is asked for that once."""

    async def handed_on(self, chain: ChainId) -> tuple[SignedRecord, ...]:
        """HQ's directives to this caller that somebody has handed to the host for it."""

    async def acknowledge(self, chain: ChainId) -> Signed:
        """The signed word on the chain of an enrolled keeper, as it stands now."""

    async def epoch(self) -> int:
        """The epoch in which the host numbers its directives."""

    def number(self, record: SignedRecord) -> int:
        """A directive's number to the keeper that gets it."""

    async def directives(self, chain: ChainId, after: int) -> tuple[SignedRecord, ...]:
        """The next directives to a keeper from number after + 1 on, no more than one message has."""

    async def draw(self, chain: ChainId, asked: Draw) -> SignedRecord | NotDrawn:
        """Give a keeper what it needs now: the directive that does, or why not."""

    async def fetch(self, chain: ChainId, asked: Fetch) -> SignedRecord | NotDrawn:
        """Give a keeper the right to undo a sale: the record that does, or why not."""
