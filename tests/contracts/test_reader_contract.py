"""What drivers.ports.Reader promises, asked of every driver that claims it, on every line that it can have."""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest

from drivers.events import CardSwiped, DeviceBack, DeviceEvent, DeviceLost, SwipeFault, SwipeUnreadable, Tracks
from drivers.magstripe.serial_reader import SerialMagstripeReader
from drivers.ports import Reader
from drivers.profiles import GENERIC_READER
from hardware_mocks.magstripe_reader import VirtualMagstripeReader, swiped
from hardware_mocks.patience import wait_until
from hardware_mocks.wires import Wire, byte_by_byte, chain, cut, slow, travel, whole

TRACK1 = "B6222000000000017^WANG/DA MING^3012"
TRACK2 = "6222000000000017=3012"
CARD = Tracks(TRACK1, TRACK2)
OTHER = Tracks(None, "6222000000000025=3012")


class Device(Protocol):
    """A reader under test: what a cashier can do with it."""

    @property
    def address(self) -> str: ...
    def send(self, data: bytes, *, wire: Wire = whole) -> bool: ...
    def unplug(self) -> None: ...
    def plug(self) -> None: ...
    def close(self) -> None: ...


class PtyDevice:
    """A serial port of the system. Its name leads to another pty each time it is plugged, as with a USB reader."""

    def __init__(self, folder: Path) -> None:
        self.address = str(folder / "reader")
        self.plug()

    def send(self, data: bytes, *, wire: Wire = whole) -> bool:
        for parcel in travel(data, wire):
            time.sleep(parcel.pause_s)
            os.write(self._master, parcel.data)
        return True

    def unplug(self) -> None:
        Path(self.address).unlink()
        os.close(self._master)

    def plug(self) -> None:
        self._master, slave = os.openpty()
        Path(self.address).symlink_to(os.ttyname(slave))
        os.close(slave)

    def close(self) -> None:
        if Path(self.address).is_symlink():
            self.unplug()


DEVICES: dict[str, Callable[[Path], Device]] = {"socket": lambda _: VirtualMagstripeReader()}
if sys.platform != "win32":
    DEVICES["pty"] = PtyDevice


class Desk:
    """A reader in use, with what it said so far."""

    def __init__(self, device: Device, reader: Reader) -> None:
        self.device = device
        self.reader = reader
        self.heard: list[DeviceEvent] = []

    def start(self) -> None:
        self.reader.start(self.heard.append)

    def wait_ready(self) -> None:
        wait_until(lambda: self.reader.ready)
        if isinstance(self.device, VirtualMagstripeReader):
            self.device.wait_until_connected()

    def swipe(self, card: Tracks, *, wire: Wire = whole) -> None:
        assert self.device.send(swiped(GENERIC_READER, card.track1, card.track2, card.track3), wire=wire)

    def hears(self, *events: DeviceEvent) -> None:
        wait_until(lambda: len(self.heard) >= len(events))
        assert self.heard == list(events)


@pytest.fixture(params=DEVICES)
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    with ExitStack() as stack:
        device = DEVICES[request.param](tmp_path)
        stack.callback(device.close)
        desk = Desk(device, SerialMagstripeReader("front", device.address, GENERIC_READER))
        stack.callback(desk.reader.stop)
        yield desk


@pytest.fixture
def ready(desk: Desk) -> Desk:
    desk.start()
    desk.wait_ready()
    return desk


def test_a_swipe_is_said_with_the_name_of_the_reader(ready: Desk) -> None:
    ready.swipe(CARD)
    ready.hears(CardSwiped("front", CARD))


@pytest.mark.parametrize("wire", [byte_by_byte, chain(byte_by_byte, slow(0.002))], ids=["bytewise", "slow"])
def test_a_swipe_may_come_in_any_pieces(ready: Desk, wire: Wire) -> None:
    ready.swipe(CARD, wire=wire)
    ready.swipe(OTHER, wire=wire)
    ready.hears(CardSwiped("front", CARD), CardSwiped("front", OTHER))


def test_a_swipe_that_is_cut_short_is_said_and_the_next_one_is_read(ready: Desk) -> None:
    ready.swipe(CARD, wire=cut(20))
    ready.hears(SwipeUnreadable("front", SwipeFault.NO_END_SENTINEL))
    ready.swipe(OTHER)
    ready.hears(SwipeUnreadable("front", SwipeFault.NO_END_SENTINEL), CardSwiped("front", OTHER))


def test_noise_is_said_and_the_next_swipe_is_read(ready: Desk) -> None:
    ready.device.send(b"\xf0\x0f\xff" * 50)
    ready.hears(SwipeUnreadable("front", SwipeFault.NO_START_SENTINEL))
    ready.swipe(CARD)
    ready.hears(SwipeUnreadable("front", SwipeFault.NO_START_SENTINEL), CardSwiped("front", CARD))


def test_a_reader_that_is_pulled_out_is_lost_once_back_once_and_reads_again(ready: Desk) -> None:
    ready.device.unplug()
    wait_until(lambda: ready.heard)
    [lost] = ready.heard
    assert isinstance(lost, DeviceLost)
    assert lost.device == "front"
    assert lost.reason
    assert not ready.reader.ready
    ready.device.plug()
    ready.hears(lost, DeviceBack("front"))
    ready.wait_ready()
    ready.swipe(CARD)
    ready.hears(lost, DeviceBack("front"), CardSwiped("front", CARD))


def test_a_reader_that_is_pulled_out_in_mid_swipe_leaves_no_half_card_behind(ready: Desk) -> None:
    ready.swipe(CARD, wire=cut(20))
    ready.device.unplug()
    wait_until(lambda: any(isinstance(event, DeviceLost) for event in ready.heard))
    ready.device.plug()
    wait_until(lambda: DeviceBack("front") in ready.heard)
    ready.wait_ready()
    ready.swipe(OTHER)
    wait_until(lambda: CardSwiped("front", OTHER) in ready.heard)
    assert CardSwiped("front", OTHER) == ready.heard[-1]
    assert not any(isinstance(event, CardSwiped) for event in ready.heard[:-1])


def test_a_reader_that_is_missing_at_the_start_is_lost_once_and_used_when_it_comes(desk: Desk) -> None:
    desk.device.unplug()
    desk.start()
    wait_until(lambda: desk.heard)
    desk.device.plug()
    plugged_s = time.monotonic()
    wait_until(lambda: len(desk.heard) == 2)
    assert time.monotonic() - plugged_s < 5
    assert [type(event) for event in desk.heard] == [DeviceLost, DeviceBack]
    desk.wait_ready()
    desk.swipe(CARD)
    wait_until(lambda: desk.heard[-1] == CardSwiped("front", CARD))


@pytest.mark.parametrize("plugged", [True, False])
def test_stop_ends_the_thread_within_a_second_and_nothing_is_said_after(desk: Desk, *, plugged: bool) -> None:
    before = set(threading.enumerate())
    if not plugged:
        desk.device.unplug()
        desk.start()
        wait_until(lambda: desk.heard)
    else:
        desk.start()
        desk.wait_ready()
    said = len(desk.heard)
    started_s = time.monotonic()
    desk.reader.stop()
    assert time.monotonic() - started_s < 1
    assert set(threading.enumerate()) <= before
    assert not desk.reader.ready
    assert len(desk.heard) == said


def test_stop_may_come_twice_and_before_the_start(desk: Desk) -> None:
    desk.reader.stop()
    desk.reader.stop()
