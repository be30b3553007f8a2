"""Lines between programs: a stream that is cut, and whose ends notice each in its own time."""

from collections.abc import Iterator
from random import Random

import pytest

from protocol.conversation import History, Movements
from protocol.upstream import LineLost
from simulation.loop import Program, VirtualLoop
from simulation.net import UNNOTICED_S_MAX, Cable, Line, Net

SAID = [History(f"account-{number}") for number in range(30)]


class Between:
    """A till and HQ, and a line between them."""

    def __init__(self, seed: int = 1) -> None:
        self.loop = VirtualLoop(Random(seed))  # type: ignore[abstract]  # sockets and signals are no part of it
        self.net = Net(self.loop, Random(seed))
        self.till, self.hq = Program("till"), Program("hq")
        self.cable = Cable("line")
        self.line = Line(self.net, self.till, self.hq, [self.cable])
        self.heard: list[bytes] = []
        self.loop.spawn(self.hq, self._listen())

    async def _listen(self) -> None:
        try:
            while True:
                self.heard.append(await self.line.upper.receive())
        except LineLost:
            self.heard.append(b"lost")

    def pass_s(self, seconds: float) -> None:
        self.loop.run_until_true(lambda: False, within_s=seconds)


@pytest.fixture
def between() -> Iterator[Between]:
    between = Between()
    yield between
    between.loop.wind_up()


def test_what_is_said_arrives_once_and_in_its_order(between: Between) -> None:
    for message in SAID:
        between.line.lower.send(message)
    between.pass_s(60)
    assert [frame.count(b"account-") for frame in between.heard] == [1] * len(SAID)
    assert between.heard == sorted(between.heard, key=lambda frame: int(frame.rpartition(b"-")[2]))


def test_what_is_under_way_when_a_cable_is_pulled_is_lost_and_both_ends_notice(between: Between) -> None:
    between.line.lower.send(SAID[0])
    between.cable.pull()
    between.line.lower.send(SAID[1])  # it does not know yet
    between.pass_s(UNNOTICED_S_MAX + 1)
    assert between.heard == [b"lost"]
    with pytest.raises(LineLost):
        between.line.lower.send(SAID[2])


def test_what_a_machine_has_sent_before_it_went_off_arrives_and_then_its_silence_is_noticed(between: Between) -> None:
    between.line.lower.send(SAID[0])
    between.loop.cut(between.till)
    between.net.machine_went_off(between.till)
    between.pass_s(UNNOTICED_S_MAX + 60)
    assert len(between.heard) == 2
    assert between.heard[-1] == b"lost"


def test_a_machine_that_is_off_says_nothing(between: Between) -> None:
    between.loop.cut(between.till)
    with pytest.raises(LineLost):
        between.line.lower.send(SAID[0])


def test_who_hangs_up_is_noticed_behind_what_it_has_said(between: Between) -> None:
    between.line.lower.send(Movements("account", (), 1))
    between.line.lower.close()
    between.pass_s(60)
    assert len(between.heard) == 2
    assert between.heard[-1] == b"lost"
