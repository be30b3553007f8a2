import threading
from collections.abc import Callable, Sequence

import pytest

from drivers.events import DeviceBack, DeviceEvent, DeviceLost, SwipeFault, SwipeUnreadable
from drivers.supervisor import Backoff, DeviceFault, Presence, Supervisor
from hardware_mocks.patience import wait_until

QUICK = Backoff(first_s=0.001, longest_s=0.002)
WORD = SwipeUnreadable("front", SwipeFault.EMPTY)


class Line:
    """A line that does what its script says, one step each time it is worked; then it is silent."""

    def __init__(self, *script: DeviceEvent | DeviceFault | None) -> None:
        self.script = list(script)
        self.closed = False

    def work(self) -> Sequence[DeviceEvent]:
        step = self.script.pop(0) if self.script else None
        if isinstance(step, DeviceFault):
            raise step
        return [step] if step else []

    def close(self) -> None:
        self.closed = True


class Opener:
    """Gives these lines one after the other; a fault instead of a line is raised. Its last one for ever."""

    def __init__(self, *lines: Line | DeviceFault) -> None:
        self.lines = list(lines)
        self.tries = 0

    def __call__(self) -> Line:
        self.tries += 1
        line = self.lines.pop(0) if len(self.lines) > 1 else self.lines[0]
        if isinstance(line, DeviceFault):
            raise line
        return line


GONE = DeviceFault("the plug is out")


def supervised(
    opener: Opener, until: Callable[[list[DeviceEvent]], object], settled_s: float = 0.0
) -> list[DeviceEvent]:
    heard: list[DeviceEvent] = []
    supervisor = Supervisor("front", opener, heard.append, backoff=QUICK, settled_s=settled_s)
    supervisor.start()
    try:
        wait_until(lambda: until(heard))
    finally:
        supervisor.stop()
    return heard


def test_the_wait_doubles_up_to_its_bound() -> None:
    backoff = Backoff()
    assert [backoff.after(failures) for failures in (1, 2, 3, 4, 5, 6)] == [0.2, 0.4, 0.8, 1.6, 3.0, 3.0]
    assert backoff.after(10**6) == 3.0


def test_lost_is_said_once_and_back_once() -> None:
    presence = Presence("front", Backoff())
    assert presence.works() == []
    assert presence.failed("cable") == [DeviceLost("front", "cable")]
    assert presence.failed("still") == []
    assert presence.pause_s == 0.4
    assert presence.works() == [DeviceBack("front")]
    assert presence.works() == []
    assert presence.failed("again") == [DeviceLost("front", "again")]
    assert presence.pause_s == 0.2


def test_a_device_that_is_missing_at_the_start_is_lost_once_however_often_it_is_tried() -> None:
    opener = Opener(GONE)
    assert supervised(opener, lambda _: opener.tries > 5) == [DeviceLost("front", "the plug is out")]


def test_a_device_that_is_there_says_nothing_of_itself() -> None:
    opener = Opener(Line(WORD, WORD))
    assert supervised(opener, lambda heard: len(heard) == 2) == [WORD, WORD]


def test_it_is_back_before_it_says_anything() -> None:
    opener = Opener(Line(GONE), GONE, Line(WORD))
    expected = [DeviceLost("front", "the plug is out"), DeviceBack("front"), WORD]
    assert supervised(opener, lambda heard: len(heard) == 3) == expected


def test_a_line_that_is_thrown_out_at_once_counts_as_lost_all_the_while() -> None:
    """A serial server whose reader is unplugged takes the connection and closes it, again and again."""
    opener = Opener(*(Line(None, GONE) for _ in range(20)), GONE)
    heard = supervised(opener, lambda _: opener.tries > 20, settled_s=60)
    assert heard == [DeviceLost("front", "the plug is out")]


def test_every_line_is_closed() -> None:
    lines = [Line(GONE), Line(WORD, GONE), Line(WORD)]
    supervised(Opener(*lines), lambda heard: heard.count(WORD) == 2)
    assert all(line.closed for line in lines)


def test_nothing_is_said_after_stop() -> None:
    heard: list[DeviceEvent] = []
    opening = threading.Event()
    released = threading.Event()

    def slow_open() -> Line:
        opening.set()
        released.wait(5)
        raise GONE

    supervisor = Supervisor("front", slow_open, heard.append)
    supervisor.STOP_TIMEOUT_S = 0.01
    supervisor.start()
    assert opening.wait(5)
    supervisor.stop()
    released.set()
    wait_until(lambda: not supervisor._thread.is_alive())
    assert heard == []


@pytest.mark.parametrize("times", [1, 2])
def test_stop_before_start_and_twice_does_no_harm(times: int) -> None:
    supervisor = Supervisor("front", Opener(Line()), lambda _: None)
    for _ in range(times):
        supervisor.stop()
