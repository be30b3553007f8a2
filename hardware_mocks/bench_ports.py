"""Ports that stay the same from one demo to the next, as long as nobody else has them."""

from __future__ import annotations

import socket

from hardware_mocks.loopback import IS_WINDOWS, LOOPBACK

TRIED_MAX = 50


class Ports:
    """Gives each port once. With `any_free` it asks the system for one and takes no wish."""

    def __init__(self, *, any_free: bool = False) -> None:
        self._any_free = any_free
        self._given: set[int] = set()

    def take(self, wished: int) -> int:
        """This port or the next that is free; the wish itself when all that were tried are taken."""
        tries = range(wished, wished + TRIED_MAX)
        candidates = (_any() for _ in tries) if self._any_free else tries
        port = next((port for port in candidates if port not in self._given and _is_free(port)), wished)
        self._given.add(port)
        return port


def _any() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
    return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        if not IS_WINDOWS:  # there it would let us have a port that somebody listens on
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True
