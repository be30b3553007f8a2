"""A stripe reader on a serial server: what is swiped here comes out of the till's `socket://` port."""

import socket
import threading
from functools import reduce
from operator import xor
from types import TracebackType
from typing import Self

from drivers.profiles import GENERIC_READER, ReaderProfile
from hardware_mocks.loopback import LOOPBACK, LoopbackDevice
from hardware_mocks.patience import wait_until
from hardware_mocks.wires import Wire, travel, whole

READ_MAX = 256


class VirtualMagstripeReader:
    """A reader that swipes when told to. Usable from any thread; in an asyncio program call `swipe` by `to_thread`.

    Example::

        with VirtualMagstripeReader() as reader:
            till.connect(reader.address)
            reader.swipe(track2="6222000000000017=3012")
    """

    def __init__(self, profile: ReaderProfile = GENERIC_READER) -> None:
        self._profile = profile
        self._device = LoopbackDevice("virtual stripe reader", self._serve)
        self._connection: socket.socket | None = None
        self._sending = threading.Lock()
        self._device.plug()

    @property
    def address(self) -> str:
        """For pyserial: `socket://127.0.0.1:<port>`, the same for the reader's whole life."""
        return f"socket://{LOOPBACK}:{self._device.port}"

    @property
    def connected(self) -> bool:
        """Whether somebody listens."""
        return self._connection is not None

    def wait_until_connected(self) -> None:
        """Raises TimeoutError when nobody comes within PATIENCE_S."""
        wait_until(lambda: self.connected)

    def swipe(
        self, track1: str | None = None, track2: str | None = None, track3: str | None = None, *, wire: Wire = whole
    ) -> bool:
        """Swipes a card with these tracks (without sentinels). False if nobody was there to hear it."""
        return self.send(swiped(self._profile, track1, track2, track3), wire=wire)

    def send(self, data: bytes, *, wire: Wire = whole) -> bool:
        """Puts raw bytes on the line: noise, a damaged card, half a swipe."""
        with self._sending:
            for parcel in travel(data, wire):
                self._device.unplugged.wait(parcel.pause_s)
                connection = self._connection
                if connection is None:
                    return False
                try:
                    connection.sendall(parcel.data)
                except OSError:
                    return False
        return True

    def unplug(self) -> None:
        """Pulls the cable: the line ends, and connecting is refused."""
        self._device.unplug()

    def plug(self) -> None:
        """Puts the cable back."""
        self._device.plug()

    def close(self) -> None:
        """Ends it for good; no thread stays behind."""
        self._device.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _serve(self, connection: socket.socket) -> None:
        self._connection = connection
        try:
            while not self._device.unplugged.is_set():
                try:
                    if not connection.recv(READ_MAX):
                        return
                except TimeoutError:
                    continue
        finally:
            self._connection = None


def swiped(
    profile: ReaderProfile, track1: str | None = None, track2: str | None = None, track3: str | None = None
) -> bytes:
    """The bytes that a reader of this model sends for a card."""
    parts = [
        _track(start, data, offset, mask, lrc=profile.lrc)
        for start, data, offset, mask in (
            ("%", track1, 0x20, 0x3F),
            (";", track2, 0x30, 0x0F),
            ("+", track3, 0x30, 0x0F),
        )
        if data is not None
    ]
    return "".join(parts).encode("ascii") + profile.terminator


def _track(start: str, data: str, offset: int, mask: int, *, lrc: bool) -> str:
    characters = f"{start}{data}?"
    check = reduce(xor, ((ord(character) - offset) & mask for character in characters))
    return characters + chr(offset + check) if lrc else characters
