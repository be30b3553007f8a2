"""HQ's reception: who is who, for tills that ask by card or phone, and for people who write it down."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import structlog

from hq_server.members import Changes, KnownCard, MemberFile, NotKept, Profile, Told
from hq_server.storage.hosting import hosted_by
from hq_server.storage.members import Members
from hq_server.storage.sqlite import HqStore
from hq_server.world import World
from ledger.cards import CardFault, CardScheme
from ledger.ids import AccountId, ChainId
from offline_queue.book_thread import BookThread
from offline_queue.news import News
from protocol.conversation import (
    DIRECTORY_LINES_MAX,
    FOUND_MAX,
    Directory,
    Find,
    Found,
    History,
    Look,
    Movements,
    Seen,
)
from protocol.hosting import NotTold
from protocol.phones import phone_hash

T = TypeVar("T")

log = structlog.get_logger()


class Reception:
    """Knows cards by their numbers and members by their phones. Its methods raise DiskFull and BookBroken.

    No number and no name is logged, or told to a till: a token, a mask and a hash stand for them.
    """

    def __init__(self, store: BookThread[HqStore], news: News, world: World, scheme: CardScheme) -> None:
        self._store = store
        self._news = news
        self._world = world
        self._scheme = scheme

    async def look(self, caller: ChainId, message: Look) -> Seen:
        """What an account has where, and whose it is, for the till that asks."""
        account = AccountId(message.account)
        at_ms = self._world.now_ms()
        shares, knows = await self._store.do(HqStore.look, account, caller)
        return Seen(account, shares, await self._knowing(lambda members: members.of(account)), at_ms, knows)

    async def history(self, message: History) -> Movements:
        """What has moved of an account of late."""
        account, at_ms = AccountId(message.account), self._world.now_ms()
        told = await self._store.do(HqStore.showing, lambda showing: showing.movements.told(account))
        return Movements(message.account, told, at_ms)

    async def find(self, message: Find) -> Found:
        """Who has that phone number."""
        return Found(message.phone, await self._knowing(lambda members: members.of_phone(message.phone)))

    async def directory(self, chain: ChainId, after: int) -> Directory | None:
        """The next news of a keeper's store after version `after`; None when it has them all."""
        lines, version = await self._knowing(lambda members: members.news(chain.store, after, DIRECTORY_LINES_MAX))
        return Directory(lines, version) if lines or version != after else None

    async def hosted_by(self, agent: ChainId) -> ChainId | NotTold:
        """Who keeps the place at HQ of a hosted store's till; or why it is passed on to nobody."""
        return await self._store.do(HqStore.keeping, lambda keepers: hosted_by(keepers, agent))

    def card(self, number: str) -> KnownCard | None:
        """The card that has this number; None when it is no number of this chain. The number is forgotten."""
        parsed = self._scheme.parse_number(number)
        return None if isinstance(parsed, CardFault) else KnownCard.of(self._scheme.card(parsed))

    async def join(self, number: str, told: Told) -> MemberFile | NotKept:
        """Begin the file of whoever has the card with this number; the card's token names the account."""
        card, profile = self.card(number), Profile.parse(told)
        if card is None:
            return NotKept.CARD_WRONG
        if isinstance(profile, NotKept):
            return profile
        member = MemberFile(AccountId(card.token), card, profile, self._world.now_ms())
        joined = await self._knowing(lambda members: _join(members, member, self._hash(profile)))
        return self._told(joined, member, "member joined")

    async def change(self, account: AccountId, changes: Changes) -> MemberFile | NotKept:
        """Write down what a member has told anew."""
        changed = await self._knowing(lambda members: self._change(members, account, changes))
        if isinstance(changed, NotKept):
            return changed
        return self._told(changed[1], changed[0], "member changed")

    async def erase(self, account: AccountId) -> NotKept | None:
        """Forget who a member is. What lies in the account stays, and is spent by its card as before."""
        stores = await self._knowing(lambda members: members.erase(account) if members.file(account) else None)
        if stores is None:
            return NotKept.MEMBER_UNKNOWN
        # What the log beside the book still says of the member goes with it.
        await self._store.do(HqStore.fold_log)
        self._tell(stores)
        log.info("member erased", account=account)
        return None

    async def file(self, account: AccountId) -> MemberFile | None:
        """A member's whole file."""
        return await self._knowing(lambda members: members.file(account))

    async def with_phone(self, number: str) -> tuple[MemberFile, ...]:
        """The members with a normalised phone number, at most FOUND_MAX."""
        hashed = phone_hash(self._scheme.token_key, number)
        return await self._knowing(lambda members: members.files_of_phone(hashed))

    async def name_card(self, card: KnownCard) -> None:
        """Remember which card a token is, for lists that people read."""
        await self._knowing(lambda members: members.name_card(card))

    def _change(
        self, members: Members, account: AccountId, changes: Changes
    ) -> tuple[MemberFile, tuple[str, ...]] | NotKept:
        before = members.file(account)
        if before is None:
            return NotKept.MEMBER_UNKNOWN
        profile = before.profile.changed(changes)
        if isinstance(profile, NotKept):
            return profile
        hashed = self._hash(profile)
        if profile.phone != before.profile.phone and _is_crowded(members, hashed):
            return NotKept.PHONE_CROWDED
        after = MemberFile(before.account, before.card, profile, before.joined_at_ms)
        return after, () if profile == before.profile else members.change(account, profile, hashed)

    def _told(self, stores: tuple[str, ...] | NotKept, member: MemberFile, what: str) -> MemberFile | NotKept:
        if isinstance(stores, NotKept):
            return stores
        self._tell(stores)
        log.info(what, account=member.account)
        return member

    def _tell(self, stores: tuple[str, ...]) -> None:
        for store in stores:
            self._news.tell_store(store)

    def _hash(self, profile: Profile) -> bytes:
        return phone_hash(self._scheme.token_key, profile.phone) if profile.phone else b""

    async def _knowing(self, work: Callable[[Members], T]) -> T:
        return await self._store.do(HqStore.knowing, work)


def _join(members: Members, member: MemberFile, hashed: bytes) -> tuple[str, ...] | NotKept:
    if members.file(member.account) is not None:
        return NotKept.CARD_TAKEN
    return NotKept.PHONE_CROWDED if _is_crowded(members, hashed) else members.join(member, hashed)


def _is_crowded(members: Members, hashed: bytes) -> bool:
    return len(members.of_phone(hashed)) >= FOUND_MAX
