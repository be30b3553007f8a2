import socket
import threading
import time
from collections.abc import Iterator

import pytest

from drivers.profiles import READERS
from hardware_mocks.loopback import LOOPBACK
from hardware_mocks.magstripe_reader import VirtualMagstripeReader, swiped
from hardware_mocks.patience import wait_until
from hardware_mocks.wires import byte_by_byte, chain, slow

TRACK2 = "6222000000000017=3012"


@pytest.fixture
def reader() -> Iterator[VirtualMagstripeReader]:
    with VirtualMagstripeReader() as reader:
        yield reader


def connected(reader: VirtualMagstripeReader) -> socket.socket:
    line = socket.create_connection((LOOPBACK, int(reader.address.rpartition(":")[2])), timeout=5)
    reader.wait_until_connected()
    return line


def test_a_model_sends_what_its_profile_says() -> None:
    assert swiped(READERS["generic"], None, "123") == b";123?\r"
    assert swiped(READERS["generic-crlf"], "A", "123", "9") == b"%A?;123?+9?\r\n"
    assert swiped(READERS["generic-lrc"], None, "123") == b";123?4\r"
    assert swiped(READERS["generic-no-terminator"], None, "123") == b";123?"


def test_a_swipe_comes_out_of_the_line(reader: VirtualMagstripeReader) -> None:
    with connected(reader) as line:
        assert reader.swipe(track2=TRACK2)
        assert line.recv(100) == b";6222000000000017=3012?\r"


def test_a_swipe_that_nobody_hears_is_gone(reader: VirtualMagstripeReader) -> None:
    assert not reader.swipe(track2=TRACK2)
    with connected(reader) as line:
        reader.send(b"x")
        assert line.recv(100) == b"x"


def test_unplugging_ends_the_line_refuses_and_keeps_the_port(reader: VirtualMagstripeReader) -> None:
    address = reader.address
    for _ in range(3):
        with connected(reader) as line:
            reader.unplug()
            assert line.recv(1) == b""
        with pytest.raises(ConnectionRefusedError):
            connected(reader)
        assert not reader.swipe(track2=TRACK2)
        reader.plug()
    assert reader.address == address


def test_a_slow_swipe_ends_when_the_plug_is_pulled(reader: VirtualMagstripeReader) -> None:
    with connected(reader) as line:
        swipe = threading.Thread(target=reader.swipe, kwargs={"track2": TRACK2, "wire": chain(byte_by_byte, slow(0.3))})
        started_s = time.monotonic()
        swipe.start()
        assert line.recv(1) == b";"
        reader.unplug()
        swipe.join()
    assert time.monotonic() - started_s < 3


def test_no_thread_stays_behind() -> None:
    before = set(threading.enumerate())
    with VirtualMagstripeReader() as reader, connected(reader):
        assert set(threading.enumerate()) > before
    wait_until(lambda: set(threading.enumerate()) <= before)
