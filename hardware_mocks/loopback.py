"""A device's socket end: a TCP port on 127.0.0.1 that can be unplugged and plugged, one client at a time."""

import contextlib
import os
import secrets
import socket
import struct
import threading
from collections.abc import Callable

LOOPBACK = "127.0.0.1"
LOOK_UP_S = 0.05  # how often a waiting device looks whether it was unplugged
IS_WINDOWS = os.name == "nt"
NO_LINGER = struct.pack("hh" if IS_WINDOWS else "ii", 1, 0)


class LoopbackDevice:
    """Serves one client after another with `serve(connection)`, in one thread, from `plug` to `unplug`.

    The port stays the same, and stays ours, over every unplugging. Connections have a short timeout: `serve` has to
    return when `unplugged` is set, and may raise OSError.
    """

    def __init__(self, name: str, serve: Callable[[socket.socket], None]) -> None:
        self._name = name
        self._serve = serve
        self._socket = self._bound(0)
        self._thread: threading.Thread | None = None
        self.port: int = self._socket.getsockname()[1]
        self.unplugged = threading.Event()

    def plug(self) -> None:
        """Clients can connect from now on."""
        if self._thread is not None:
            return
        self.unplugged.clear()
        self._socket.listen()
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()

    def unplug(self) -> None:
        """Ends the connection and refuses new ones."""
        self._end()
        self._socket = self._bound(self.port)  # bound but not listening: nobody else gets the port

    def close(self) -> None:
        """Gives the port back. For good."""
        self._end()

    def _end(self) -> None:
        self.unplugged.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._socket.close()

    def _run(self) -> None:
        while not self.unplugged.is_set():
            try:
                connection, _ = self._socket.accept()
            except TimeoutError:
                continue
            connection.settimeout(LOOK_UP_S)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with connection, contextlib.suppress(OSError):
                self._serve(connection)

    @staticmethod
    def _bound(port: int) -> socket.socket:
        listener = socket.socket()
        if not IS_WINDOWS:  # there it would let anybody else have the port, and is not needed
            # Our own closed connections still hold the port for a while.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
        listener.settimeout(LOOK_UP_S)
        return listener


def reset(connection: socket.socket) -> None:
    """Makes closing it a reset, as when a device loses its power or its patience."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)


FREE_PORTS = range(20_000, 30_000)
"""Below those that a system gives to whoever connects (Linux: from 32 768 on)."""
TRIES_MAX = 100


def free_port() -> int:
    """A port for a server that starts later: nobody has it, and no connection is given it meanwhile."""
    for _ in range(TRIES_MAX):
        port = secrets.choice(FREE_PORTS)
        try:
            socket.create_server((LOOPBACK, port)).close()
        except OSError:
            continue
        return port
    raise OSError(f"{TRIES_MAX} ports from {FREE_PORTS} were tried, and somebody has each")
