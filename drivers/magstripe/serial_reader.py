"""A stripe reader on a serial line: a COM port, a device file, or a serial server in the network."""

import importlib
import importlib.util
from contextlib import suppress

import serial

from drivers.events import CardSwiped, DeviceEvent, SwipeFault, SwipeUnreadable, Tracks
from drivers.magstripe.decoder import SwipeDecoder
from drivers.ports import Emit
from drivers.profiles import ReaderProfile, SerialSettings
from drivers.supervisor import Backoff, DeviceFault, Supervisor

READ_MAX = 256  # bytes in one step; a swipe has at most 226


def _port_errors() -> tuple[type[Exception], ...]:
    """What pyserial 3.5 lets through when a port goes away, besides its own SerialException."""
    # TypeError: a port that closes itself under a read is left without a file descriptor.
    errors: tuple[type[Exception], ...] = (serial.SerialException, OSError, TypeError)
    if importlib.util.find_spec("termios"):
        errors += (importlib.import_module("termios").error,)
    return errors


PORT_ERRORS = _port_errors()


class SerialMagstripeReader:
    """A Reader at `address`: `COM3`, `/dev/ttyUSB0`, `socket://host:port` or `rfc2217://host:port`.

    Raises ValueError for an address or settings that no port can have.
    """

    def __init__(self, name: str, address: str, profile: ReaderProfile, *, backoff: Backoff | None = None) -> None:
        self._name = name
        self._address = address
        self._profile = profile
        self._backoff = backoff
        self._supervisor: Supervisor | None = None
        _port(address, profile)

    @property
    def name(self) -> str:
        """The name in its events."""
        return self._name

    @property
    def ready(self) -> bool:
        """Whether a swipe made now would be heard."""
        return self._supervisor is not None and self._supervisor.ready

    def start(self, emit: Emit) -> None:
        """Starts the reader's thread, in which `emit` is called."""
        self._supervisor = Supervisor(self._name, self._open, emit, backoff=self._backoff)
        self._supervisor.start()

    def stop(self) -> None:
        """Ends the thread and closes the port."""
        if self._supervisor is not None:
            self._supervisor.stop()

    def _open(self) -> "_SwipeLine":
        port = _port(self._address, self._profile)
        try:
            port.open()
        except PORT_ERRORS as error:
            _close(port)  # pyserial 3.5 keeps a port that was lost while it was being opened
            raise DeviceFault(str(error)) from error
        return _SwipeLine(self._name, port, SwipeDecoder(self._profile))


class _SwipeLine:
    """The opened port with its decoder: half a swipe does not outlive the line on which it came."""

    def __init__(self, reader: str, port: serial.Serial, decoder: SwipeDecoder) -> None:
        self._reader = reader
        self._port = port
        self._decoder = decoder

    def work(self) -> list[DeviceEvent]:
        data = self._read()
        swipes = self._decoder.receive(data) if data else self._decoder.idle()
        return [self._event(swipe) for swipe in swipes]

    def close(self) -> None:
        _close(self._port)

    def _read(self) -> bytes:
        """What has come; nothing after `idle_s` of silence."""
        try:
            return self._port.read(min(max(self._port.in_waiting, 1), READ_MAX))
        except PORT_ERRORS as error:
            raise DeviceFault(str(error)) from error

    def _event(self, swipe: Tracks | SwipeFault) -> DeviceEvent:
        match swipe:
            case Tracks():
                return CardSwiped(self._reader, swipe)
            case SwipeFault():
                return SwipeUnreadable(self._reader, swipe)


def _close(port: serial.Serial) -> None:
    # pyserial 3.5 forgets a socket whose shutdown fails, without closing it.
    connection = getattr(port, "_socket", None)
    with suppress(*PORT_ERRORS):  # it is gone, which is what was wanted
        port.close()
    if connection is not None:
        connection.close()


def _port(address: str, profile: ReaderProfile) -> serial.Serial:
    settings: SerialSettings = profile.serial
    return serial.serial_for_url(
        address,
        do_not_open=True,
        exclusive=True,  # two programs at one reader would share out the bytes of a swipe
        timeout=profile.idle_s,
        baudrate=settings.baudrate,
        bytesize=settings.bytesize,
        parity=settings.parity,
        stopbits=settings.stopbits,
    )
