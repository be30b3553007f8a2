"""A line of messages as its upper end has it, whatever carries it; it is ended with a code and a reason."""

from __future__ import annotations

from typing import Protocol

from protocol.conversation import AnyMessage

COPIES_S = 30.0
"""So often a caller is asked for copies of neighbours whose lines are down."""
REPLACED = 4000
"""Close code (RFC 6455, 7.4.2: 4000 and up are ours): the same keeper has called anew."""


class LineOver(Exception):
    """This line ends, and no other: `code` and `reason` go into its close frame."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{reason} ({code})")
        self.code = code
        self.reason = reason


class Wire(Protocol):
    """The upper end of a line. Every method raises LineOver when the line, or what came over it, is no good."""

    async def say(self, message: AnyMessage) -> None:
        """Send a message."""

    async def hear(self) -> AnyMessage:
        """The next message."""
