"""What goes up next and when, as tables, and as walks over a line that loses, repeats, cuts and goes silent."""

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_queue.forwarding import (
    WINDOW_BATCHES,
    Connect,
    Forwarding,
    Halt,
    HangUp,
    Patience,
    Send,
    Step,
    Wait,
    cut,
)
from protocol.conversation import BATCH_BYTES_MAX, BATCH_RECORDS_MAX
from protocol.records import SignedRecord
from protocol.rejections import Rejection

NOW = 1000.0
PATIENCE = Patience()
FULL = (250, 500, 750, 1000)
UP = Forwarding(head=1200, held=0).connected(NOW)
HEARD = UP.acknowledged(0, NOW, 0.0)
BUSY = replace(HEARD, under_way=FULL, answer_by_s=NOW + 30)


@pytest.mark.parametrize(
    ("state", "at_s", "step"),
    [
        (Forwarding(head=3), NOW, Connect()),
        (Forwarding(head=3).lost(NOW, 0.0), NOW, Wait(NOW + 0.5)),
        (Forwarding(head=3).lost(NOW, 0.0), NOW + 0.5, Connect()),
        (UP, NOW, Wait(NOW + 30)),
        (UP, NOW + 30, HangUp()),
        (HEARD, NOW, Send(0)),
        (HEARD.sent(250, NOW), NOW, Send(250)),
        (HEARD.sent(250, NOW).sent(500, NOW + 20), NOW + 30, HangUp()),
        (BUSY, NOW, Wait(NOW + 30)),
        (BUSY, NOW + 30, HangUp()),
        (BUSY.acknowledged(250, NOW + 9, 0.0), NOW + 9, Send(1000)),
        (BUSY.acknowledged(250, NOW + 9, 0.0).sent(1200, NOW + 9), NOW + 9, Wait(NOW + 39)),
        (HEARD.acknowledged(1200, NOW, 0.0), NOW, Wait(inf)),
        (HEARD.acknowledged(1200, NOW, 0.0).grown(1201), NOW, Send(1200)),
    ],
)
def test_the_next_step(state: Forwarding, at_s: float, step: Step) -> None:
    assert state.step(at_s) == step


def test_what_hq_had_before_the_line_was_lost_is_not_sent_again() -> None:
    again = BUSY.acknowledged(500, NOW, 0.0).lost(NOW, 0.0).connected(NOW + 1).acknowledged(750, NOW + 1, 0.0)
    assert again.step(NOW + 1) == Send(750)


def test_an_hq_that_was_restored_gets_all_that_it_has_lost() -> None:
    known = HEARD.acknowledged(1200, NOW, 0.0)
    assert known.waiting == 0
    restored = known.lost(NOW, 0.0).connected(NOW + 1).acknowledged(40, NOW + 1, 0.0)
    assert restored.step(NOW + 1) == Send(40)
    assert restored.waiting == 1160


def test_an_hq_that_goes_back_on_a_line_is_given_a_pause() -> None:
    """It may not make us send the same for ever, as fast as it can say so."""
    state, now_s = HEARD, NOW
    for _ in range(8):
        state = state.acknowledged(800, now_s, 1.0).acknowledged(300, now_s, 1.0)
        step = state.step(now_s)
        assert isinstance(step, Wait)
        now_s = step.until_s
        assert state.step(now_s) == Send(300)
    assert now_s - NOW >= 8 * 0.5


def test_after_a_gap_it_goes_on_after_what_is_held_and_one_pause_is_enough_for_all_gaps() -> None:
    state = BUSY.acknowledged(250, NOW, 0.0)
    for _ in state.under_way:
        state = state.rejected(Rejection.GAP, NOW, 0.0)
    assert state.step(NOW) == Wait(NOW + 0.5)
    assert state.step(NOW + 0.5) == Send(250)
    assert state.failures == 1


@pytest.mark.parametrize("code", [code for code in Rejection if code is not Rejection.GAP] + ["of_the_future"])
def test_any_other_rejection_stops_the_sending_for_a_quarter_of_an_hour(code: str) -> None:
    state = BUSY.rejected(code, NOW, 0.0)
    assert state.halt == Halt(code, NOW + 900)
    assert state.step(NOW) == Wait(NOW + 900)
    assert state.acknowledged(0, NOW, 0.0).step(NOW) == Wait(NOW + 900)
    assert state.step(NOW + 900) == Send(0)


def test_a_halted_chain_goes_on_when_hq_takes_it_again() -> None:
    mended = BUSY.rejected(Rejection.FENCED, NOW, 0.0).sent(250, NOW + 900).acknowledged(250, NOW + 901, 0.0)
    assert mended.halt is None
    assert mended.step(NOW + 901) == Send(250)


def test_a_doubt_stops_the_sending_until_hq_s_word_is_good_and_the_line_stays_up() -> None:
    doubted = BUSY.doubted("other_chain")
    assert doubted.step(NOW + 10**6) == Wait(inf)
    assert doubted.lost(NOW, 0.0).connected(NOW).doubted("other_chain").step(NOW) == Wait(inf)
    assert doubted.acknowledged(0, NOW, 0.0).step(NOW) == Send(0)


def test_who_is_turned_away_shows_it_until_hq_lets_it_in() -> None:
    away = Forwarding(head=3).lost(NOW, 0.0, "unknown_keeper")
    assert away.halt == Halt("unknown_keeper")
    assert away.step(NOW + 0.5) == Connect()
    assert away.connected(NOW + 1).acknowledged(0, NOW + 1, 0.0).halt is None


@pytest.mark.parametrize("jitter", [0.0, 0.3, 0.999])
def test_pauses_grow_from_half_a_second_to_a_minute(jitter: float) -> None:
    state, pauses = Forwarding(head=1), []
    for _ in range(40):
        state = state.lost(NOW, jitter)
        pauses.append(state.resume_s - NOW)
    assert all(0.5 <= pause <= 60 for pause in pauses)
    assert pauses == sorted(pauses)
    assert pauses[0] <= 1.0
    assert pauses[-1] == pytest.approx(0.5 + 59.5 * jitter)


def test_a_thousand_tills_do_not_come_back_at_once() -> None:
    pauses = {Forwarding(head=1).lost(NOW, till / 1000).resume_s for till in range(1000)}
    assert len(pauses) == 1000


def test_a_line_that_was_up_for_long_or_brought_something_is_not_a_flapping_one() -> None:
    tired = HEARD.lost(NOW, 0.0).lost(NOW, 0.0).lost(NOW, 0.0)
    assert tired.connected(NOW).lost(NOW + 59, 0.0).failures == 4
    assert tired.connected(NOW).lost(NOW + 60, 0.0).failures == 1
    assert tired.connected(NOW).acknowledged(1, NOW, 0.0).lost(NOW, 0.0).failures == 1


def signed(size: int) -> SignedRecord:
    return SignedRecord(bytes(size - 64), bytes(64))


@pytest.mark.parametrize(
    ("sizes", "taken"),
    [
        ([], 0),
        ([400] * 10, 10),
        ([400] * (BATCH_RECORDS_MAX + 9), BATCH_RECORDS_MAX),
        ([BATCH_BYTES_MAX // 4] * 9, 4),
        ([BATCH_BYTES_MAX // 4 + 1] * 9, 3),
        ([BATCH_BYTES_MAX + 1, 400], 1),
    ],
)
def test_a_batch_is_as_long_as_its_bounds_let_it_be(sizes: list[int], taken: int) -> None:
    assert len(cut(signed(size) for size in sizes)) == taken


BATCH = 5


class World:
    """A chain of numbers, an HQ that holds its beginning, and a line between them whose messages wait to arrive."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.state = Forwarding(head=0)
        self.held = 0
        self.up: deque[range] = deque()
        self.down: deque[int | str] = deque()
        self.connects: list[float] = []
        self.sends: list[tuple[float, int]] = []

    def settle(self) -> None:
        """Do all that there is to do now."""
        for _ in range(3 * WINDOW_BATCHES):
            match self.state.step(self.now_s):
                case Connect():
                    self.connects.append(self.now_s)
                    self.state = self.state.connected(self.now_s)
                    self.down.append(self.held)
                case Send(after=after):
                    batch = range(after + 1, min(after + BATCH, self.state.head) + 1)
                    assert batch
                    self.sends.append((self.now_s, after))
                    self.up.append(batch)
                    self.state = self.state.sent(batch[-1], self.now_s)
                    assert len(self.state.under_way) <= WINDOW_BATCHES
                case HangUp():
                    self.cut()
                case Wait(until_s=until_s):
                    assert until_s > self.now_s
                    return
        raise AssertionError("it never comes to rest")

    def grow(self) -> None:
        self.state = self.state.grown(self.state.head + 7)

    def arrive(self) -> None:
        """HQ takes the next batch: what is new of it, if it follows."""
        if self.up:
            batch = self.up.popleft()
            if batch[0] > self.held + 1:
                self.down.append(Rejection.GAP)
            self.held = batch[-1] if batch[0] <= self.held + 1 and batch[-1] > self.held else self.held
            self.down.append(self.held)

    def answer(self) -> None:
        """The next word of HQ's arrives."""
        if self.down:
            said = self.down.popleft()
            if isinstance(said, str):
                self.state = self.state.rejected(said, self.now_s, 0.5)
            else:
                self.state = self.state.acknowledged(said, self.now_s, 0.5)

    def shed(self) -> None:
        """HQ loses a batch, as when it is flooded, and says nothing."""
        if self.up:
            self.up.popleft()

    def repeat(self) -> None:
        self.down.append(self.held)

    def cut(self) -> None:
        if self.state.is_up:
            self.up.clear()
            self.down.clear()
            self.state = self.state.lost(self.now_s, 0.5)

    def restore(self) -> None:
        """HQ comes back on a copy: its lines are gone, and so is some of what it held."""
        self.cut()
        self.held //= 2

    def tick(self) -> None:
        self.now_s += 0.2

    def be_silent(self) -> None:
        self.now_s += 45.0


EVENTS = (
    World.grow,
    World.arrive,
    World.answer,
    World.shed,
    World.repeat,
    World.cut,
    World.restore,
    World.tick,
    World.be_silent,
)


@given(st.lists(st.sampled_from(EVENTS), max_size=120))
def test_whatever_the_line_does_all_arrives_in_order_and_nothing_runs_hot(
    events: list[Callable[[World], None]],
) -> None:
    world = World()
    for event in events:
        event(world)
        world.settle()
    world.grow()
    for _ in range(400):
        world.settle()
        world.arrive()
        world.answer()
        world.tick()
        if not world.up and not world.down and world.held == world.state.head:
            break
        if not world.up and not world.down:
            world.tick()
            world.now_s += 5.0
    assert world.held == world.state.head
    assert world.state.waiting == 0
    assert all(later - earlier >= 0.5 for earlier, later in zip(world.connects, world.connects[1:], strict=False))
    for begin_s, _ in world.sends:
        lately = [after for at_s, after in world.sends if begin_s <= at_s < begin_s + 0.4]
        assert all(lately.count(after) <= 2 for after in lately), "the same is sent again and again"
