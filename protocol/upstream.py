"""The keeper above, as the one below reaches it: HQ over a line, a shop's lead till, or a simulation's stand-in."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from protocol.conversation import AnyMessage


class LineLost(Exception):
    """The line to HQ is down, or too slow. Nothing is lost: what HQ has not acknowledged is sent again."""


class TurnedAway(LineLost):
    """HQ does not let this till in; `code` says why. The till goes on selling. Ask HQ, and enrol it anew."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Stranger(LineLost):
    """Whoever answers at HQ's address cannot prove to be HQ. It was told nothing. Look at the address and the net."""


class Session(Protocol):
    """A line that is up, at whose ends both know who the other is. No wait is longer than the line's own bounds."""

    async def send(self, message: AnyMessage) -> None:
        """Give a message to the line; only an acknowledgement says that it arrived. Raises LineLost."""

    async def receive(self) -> AnyMessage | None:
        """The next message; None is a sign of life without words. Silence ends in LineLost."""


class Upstream(Protocol):
    """Where a keeper's chain goes."""

    def connect(self) -> AbstractAsyncContextManager[Session]:
        """One line, logged in. Raises LineLost, TurnedAway and Stranger among them."""
