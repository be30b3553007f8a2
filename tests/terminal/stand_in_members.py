"""People at a stand-in for HQ: who has which card and phone number, and what they have where."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from ledger.cards import Card, CardScheme
from protocol.conversation import AnyMessage, Find, Found, History, Look, Movements, Seen
from protocol.members import Member, Moved, Share
from protocol.phones import normalised, phone_hash
from tests.terminal.stand_in_hq import StandInHq

Distort = Callable[[AnyMessage], Sequence[AnyMessage]]


def hash_of(scheme: CardScheme, phone: str) -> bytes:
    number = normalised(phone)
    assert number is not None
    return phone_hash(scheme.token_key, number)


def member_of(scheme: CardScheme, card: Card, name: str, phone: str | None = None, tier: str = "gold") -> Member:
    """A line of the directory."""
    hashed = b"" if phone is None else hash_of(scheme, phone)
    return Member(card.account, card.token, card.masked, card.kind.name, name, tier, 0, hashed)


class PeopleAtHq:
    """Answers Look, Find and History on its line as HQ should; `lie` puts other words in their place."""

    def __init__(self, hq: StandInHq, at_ms: int) -> None:
        self._hq = hq
        self.at_ms = at_ms
        self.members: dict[str, Member] = {}
        self.shares: dict[str, tuple[Share, ...]] = {}
        self.knows: tuple[int, int] | None = (0, 0)
        self.looks = 0
        self.moved: dict[str, tuple[Moved, ...]] = {}
        self.answers = asyncio.Event()
        """While it is not set, HQ hears and says nothing."""
        self.answers.set()
        self.lie: Distort = lambda truth: (truth,)
        hq.on_other = self._hear

    def know(self, member: Member, *shares: Share) -> Member:
        self.members[member.account] = member
        self.shares[member.account] = shares
        return member

    async def _hear(self, message: AnyMessage) -> None:
        answer = self._answer(message)
        if answer is not None and self.answers.is_set():
            for word in self.lie(answer):
                await self._hq.say(word)

    def _answer(self, message: AnyMessage) -> AnyMessage | None:
        match message:
            case Look(account=account):
                self.looks += 1
                return Seen(account, self.shares.get(account, ()), self.members.get(account), self.at_ms, self.knows)
            case Find(phone=phone):
                return Found(phone, tuple(one for one in self.members.values() if one.phone == phone))
            case History(account=account):
                return Movements(account, self.moved.get(account, ()), self.at_ms)
            case _:
                return None
