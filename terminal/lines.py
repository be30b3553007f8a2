"""How a till reaches others, and is reached by them: over the net, or over a simulation's."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from offline_queue.gateway.door import Door
from offline_queue.gateway.listening import listening
from offline_queue.link import Link
from offline_queue.login import Caller
from protocol.upstream import Upstream
from terminal.config import LanSettings


class Lines(Protocol):
    """Both ends of all lines of a till."""

    def to(self, address: str, caller: Caller, key: Ed25519PublicKey) -> Upstream:
        """HQ or a neighbour at an address, reached by `caller` and known by its key."""

    def listening(self, door: Door, lan: LanSettings) -> AbstractAsyncContextManager[None]:
        """Let neighbours in at this address. Raises OSError when it can't be had."""


class NetLines:
    """Lines over the net."""

    def to(self, address: str, caller: Caller, key: Ed25519PublicKey) -> Upstream:
        """A WebSocket."""
        return Link(address, caller, key)

    def listening(self, door: Door, lan: LanSettings) -> AbstractAsyncContextManager[None]:
        """At this machine's port."""
        return listening(door, lan.host, lan.port)
