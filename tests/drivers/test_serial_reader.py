import socket
from contextlib import suppress

import pytest
import serial
from serial.urlhandler import protocol_socket

from drivers.events import DeviceEvent, DeviceLost
from drivers.magstripe.serial_reader import SerialMagstripeReader
from drivers.profiles import GENERIC_READER
from drivers.supervisor import Backoff
from hardware_mocks.demo_till import SWIPE_HEARD_S, SWIPES_MAX
from hardware_mocks.loopback import LOOPBACK, reset
from hardware_mocks.magstripe_reader import VirtualMagstripeReader
from hardware_mocks.patience import wait_until

TRACK2 = "6222000000000017=3012"


def test_an_address_that_no_port_can_have_is_refused_when_the_till_is_set_up() -> None:
    with pytest.raises(ValueError, match="protocol 'telepathy' not known"):
        SerialMagstripeReader("front", "telepathy://here", GENERIC_READER)


def test_an_event_tells_no_card_number_even_when_it_is_logged_whole() -> None:
    heard: list[DeviceEvent] = []
    with VirtualMagstripeReader() as device:
        reader = SerialMagstripeReader("front", device.address, GENERIC_READER)
        reader.start(heard.append)
        device.wait_until_connected()
        for _ in range(SWIPES_MAX):  # one that comes while the port is being opened is not heard
            device.swipe(track2=TRACK2)
            with suppress(TimeoutError):
                wait_until(lambda: heard, timeout_s=SWIPE_HEARD_S)
                break
        reader.stop()
    assert heard
    assert "6222" not in repr(heard)


def test_a_connection_that_is_reset_leaves_no_socket_behind() -> None:
    """pyserial forgets a socket that it cannot shut down; the warning about it would fail this test."""
    heard: list[DeviceEvent] = []
    with socket.create_server((LOOPBACK, 0)) as server:
        address = f"socket://{LOOPBACK}:{server.getsockname()[1]}"
        reader = SerialMagstripeReader("front", address, GENERIC_READER, backoff=Backoff(first_s=0.01))
        reader.start(heard.append)
        for _ in range(3):
            connection, _peer = server.accept()
            reset(connection)
            connection.close()
        wait_until(lambda: heard)
        reader.stop()
    [lost] = heard
    assert isinstance(lost, DeviceLost)


def test_a_connection_that_is_reset_while_it_is_being_opened_leaves_no_socket_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """pyserial has its socket by then, and throws away what has come on it."""
    heard: list[DeviceEvent] = []
    with socket.create_server((LOOPBACK, 0)) as server:

        def reset_it(_port: serial.Serial) -> None:
            connection, _peer = server.accept()
            reset(connection)
            connection.close()

        monkeypatch.setattr(protocol_socket.Serial, "_update_dtr_state", reset_it)
        address = f"socket://{LOOPBACK}:{server.getsockname()[1]}"
        reader = SerialMagstripeReader("front", address, GENERIC_READER)
        reader.start(heard.append)
        wait_until(lambda: heard)
        reader.stop()
    [lost] = heard
    assert isinstance(lost, DeviceLost)
    assert "reset" in lost.reason


def test_two_programs_at_one_reader_are_one_too_many() -> None:
    """A serial server serves one client; the second hears nothing, and does not steal half of a swipe."""
    first: list[DeviceEvent] = []
    second: list[DeviceEvent] = []
    with VirtualMagstripeReader() as device:
        readers = [SerialMagstripeReader("front", device.address, GENERIC_READER) for _ in range(2)]
        readers[0].start(first.append)
        device.wait_until_connected()
        readers[1].start(second.append)
        wait_until(lambda: readers[1].ready)
        device.swipe(track2=TRACK2)
        wait_until(lambda: first)
        for reader in readers:
            reader.stop()
    assert len(first) == 1
    assert second == []
