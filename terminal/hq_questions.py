"""What the counter asks HQ: who somebody is and what they have where. Nobody waits longer than a moment."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from typing import Any

from ledger.cards import Card
from protocol.conversation import AnyMessage, Find, History, Look, Movements

FIND_WAIT_S = 1.5
"""Then the customer is served with what is known here."""
SEARCHES_MAX = 16
HISTORY_WAIT_S = 1.5
"""Then the customer is shown what is known here."""
HISTORIES_MAX = 16
LOOKS_MAX = 64
"""Accounts of which HQ was asked and has not spoken yet."""

Say = Callable[[AnyMessage], Coroutine[Any, Any, bool]]
"""Give a message to the line; False when there is none, or none to rely on."""


async def nobody(_message: AnyMessage) -> bool:
    """There is no line."""
    return False


class HqQuestions:
    """Questions under way. What HQ says unasked is not taken."""

    def __init__(self) -> None:
        self.say: Say = nobody
        self._looks: OrderedDict[str, None] = OrderedDict()
        self._searches: dict[bytes, asyncio.Event] = {}
        self._histories: dict[str, asyncio.Future[Movements]] = {}
        self._saying: set[asyncio.Task[bool]] = set()

    def look(self, card: Card) -> None:
        """Ask what this member has where, and go on. It is asked once more if need be, never twice at once."""
        self._looks[card.account] = None
        if len(self._looks) > LOOKS_MAX:
            self._looks.popitem(last=False)
        if len(self._saying) < LOOKS_MAX:
            saying = asyncio.get_running_loop().create_task(self.say(Look(card.token, card.account)))
            self._saying.add(saying)
            saying.add_done_callback(self._saying.discard)

    def was_looked_at(self, account: str) -> bool:
        """Whether HQ was asked about this account and has not answered yet; now it has."""
        asked = account in self._looks
        self._looks.pop(account, None)
        return asked

    async def find(self, phone: bytes) -> bool:
        """Ask who has this number; False when HQ did not say so in time."""
        if phone not in self._searches and len(self._searches) >= SEARCHES_MAX:
            return False
        answered = self._searches.setdefault(phone, asyncio.Event())
        try:
            async with asyncio.timeout(FIND_WAIT_S):
                return await self.say(Find(phone)) and await answered.wait()
        except TimeoutError:
            return False
        finally:
            if self._searches.get(phone) is answered:
                del self._searches[phone]

    async def history(self, account: str) -> Movements | None:
        """Ask what has moved of this account; None when HQ did not say so in time."""
        if account not in self._histories and len(self._histories) >= HISTORIES_MAX:
            return None
        told = self._histories.setdefault(account, asyncio.get_running_loop().create_future())
        try:
            async with asyncio.timeout(HISTORY_WAIT_S):
                if not await self.say(History(account)):
                    return None
                await asyncio.wait((told,))
                return told.result()
        except TimeoutError:
            return None
        finally:
            if self._histories.get(account) is told:
                del self._histories[account]

    def told(self, message: Movements) -> None:
        """HQ has said what has moved. What nobody waits for is not taken."""
        told = self._histories.get(message.account)
        if told is not None and not told.done():
            told.set_result(message)

    def is_sought(self, phone: bytes) -> bool:
        """Whether somebody waits to hear who has this number."""
        return phone in self._searches

    def found(self, phone: bytes) -> None:
        """HQ has said who has it, and that is stored."""
        if (answered := self._searches.get(phone)) is not None:
            answered.set()
