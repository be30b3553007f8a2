"""The guard over a table of clocks: what is doubted, by how much, and what never is."""

from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.asking import Moment
from terminal.clock_guard import (
    DATE_DAYS_MAX,
    HQ_MS_MAX,
    JUMP_MS_MAX,
    ClockDoubt,
    Doubted,
    compare_with_hq,
    confirms,
    examine,
    off_calendar,
)
from terminal.world import World
from tests.chains.till import DAY_MS, NOON, moment

TODAY = "2026-11-22"
HOUR_MS = 3_600_000
OFFSETS = st.integers(-40 * DAY_MS, 40 * DAY_MS)


def at(wall_ms: int, monotonic_ms: int) -> Moment:
    seen = moment(wall_ms)
    return Moment(seen.now_ms, seen.local, monotonic_ms)


def judged(now: Moment, before: Moment | None = None, *, recorded_at_ms: int = 0, is_start: bool = False) -> object:
    return examine(now, before, recorded_at_ms, TODAY, is_start=is_start)


# Wall clock and monotonic clock


@given(st.integers(0, 10 * DAY_MS), OFFSETS)
def test_a_jump_is_what_the_wall_clock_gains_or_loses_on_the_monotonic_one(passed_ms: int, jump_ms: int) -> None:
    before = at(NOON, 5_000)
    now = at(NOON + passed_ms + jump_ms, 5_000 + passed_ms)
    found = examine(now, before, 0, now.local_date, is_start=False)
    if abs(jump_ms) <= JUMP_MS_MAX:
        assert found is None
    else:
        assert found == Doubted(ClockDoubt.JUMPED, now.now_ms, NOON + passed_ms)
        assert found.off_ms == jump_ms


@given(st.lists(st.tuples(st.integers(0, HOUR_MS), st.integers(-60_000, 60_000)), max_size=50))
def test_corrections_of_seconds_never_add_up_to_a_doubt(steps: list[tuple[int, int]]) -> None:
    """A time service sets the clock a little at each look, for as long as the run lasts."""
    before, wall_ms, monotonic_ms = at(NOON, 0), NOON, 0
    for passed_ms, corrected_ms in steps:
        monotonic_ms += passed_ms
        wall_ms = max(wall_ms + passed_ms + corrected_ms, before.now_ms - JUMP_MS_MAX)
        now = at(wall_ms, monotonic_ms)
        assert examine(now, before, before.now_ms, before.local_date, is_start=False) is None
        before = now


def test_a_suspended_machine_looks_like_a_jump_ahead() -> None:
    found = judged(at(NOON + 8 * HOUR_MS, 1_000), at(NOON, 0))
    assert isinstance(found, Doubted)
    assert (found.doubt, found.off_ms) == (ClockDoubt.JUMPED, 8 * HOUR_MS - 1_000)


def test_whoever_has_not_looked_at_the_monotonic_clock_sees_no_jump() -> None:
    assert judged(moment(NOON + HOUR_MS), at(NOON, 0)) is None


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Taipei"])
def test_daylight_saving_is_no_jump(zone: str) -> None:
    """An hour is skipped on the wall, none in Unix time: seen each half hour through a spring and an autumn."""
    start_ms = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp() * 1000)
    before: Moment | None = None
    for half_hours in range(0, 48 * 260, 7):
        passed_ms = half_hours * HOUR_MS // 2
        seen = World(partial(int, start_ms + passed_ms), partial(float, passed_ms / 1000))
        now = seen.moment(ZoneInfo(zone))
        recorded_at_ms = 0 if before is None else before.now_ms
        assert examine(now, before, recorded_at_ms, now.local_date, is_start=True) is None
        before = now


# Wall clock and last record


@given(OFFSETS)
def test_a_clock_has_gone_back_when_it_is_long_before_the_last_record(ahead_ms: int) -> None:
    now = moment(NOON)
    found = examine(now, None, NOON + ahead_ms, now.local_date, is_start=False)
    if ahead_ms <= JUMP_MS_MAX:
        assert found is None
    else:
        assert found == Doubted(ClockDoubt.WENT_BACK, NOON, NOON + ahead_ms)
        assert found.off_ms == -ahead_ms


# Wall clock and HQ's word


@given(held_ms=OFFSETS, signed_after_ms=st.integers(0, 30 * DAY_MS), under_way_ms=st.integers(0, 30 * DAY_MS))
def test_hqs_true_word_contradicts_no_true_clock_however_late_it_comes(
    held_ms: int, signed_after_ms: int, under_way_ms: int
) -> None:
    recorded_at_ms = NOON + held_ms
    said_ms = recorded_at_ms + signed_after_ms
    now = moment(said_ms + under_way_ms)
    assert compare_with_hq(now, recorded_at_ms, said_ms) is None
    assert confirms(now, said_ms) is (under_way_ms <= HQ_MS_MAX)


@given(off_ms=OFFSETS, passed_ms=st.integers(0, 60_000))
def test_a_clock_that_is_off_differs_from_hqs_word_on_a_record_of_just_now(off_ms: int, passed_ms: int) -> None:
    """The clock was off when the record was made and is off by as much now."""
    true_ms = NOON + passed_ms
    found = compare_with_hq(moment(true_ms + off_ms), NOON + off_ms, true_ms)
    if off_ms > HQ_MS_MAX + passed_ms or off_ms < -HQ_MS_MAX:
        assert found is not None
        assert found.doubt is ClockDoubt.DIFFERS_FROM_HQ
        assert (found.off_ms > 0) is (off_ms > 0)
    elif abs(off_ms) <= HQ_MS_MAX - passed_ms:
        assert found is None


# Wall clock and business day


@pytest.mark.parametrize(
    ("days", "is_start", "doubt"),
    [
        (0, True, None),
        (-1, True, None),  # the day was closed in the evening
        (-DATE_DAYS_MAX, True, None),
        (-DATE_DAYS_MAX - 1, True, ClockDoubt.DATE_BEHIND),
        (-DATE_DAYS_MAX - 1, False, ClockDoubt.DATE_BEHIND),
        (DATE_DAYS_MAX, True, None),
        (DATE_DAYS_MAX + 1, True, ClockDoubt.DATE_AHEAD),
        (DATE_DAYS_MAX + 1, False, None),  # nobody closes the day, and the till runs on
        (365, False, None),
    ],
)
def test_the_calendar_may_be_some_days_from_the_business_day(
    *, days: int, is_start: bool, doubt: ClockDoubt | None
) -> None:
    now = moment(NOON + days * DAY_MS)
    found = off_calendar(now, TODAY, is_start=is_start)
    assert (found and found.doubt) == doubt
    assert found is None or found.other_ms == NOON - 12 * HOUR_MS
    assert judged(now, is_start=is_start) == found


def test_a_date_is_the_stores_own() -> None:
    """One o'clock in the night is another date than in London."""
    early = World(lambda: NOON + DAY_MS * (DATE_DAYS_MAX + 1) - 11 * HOUR_MS).moment(ZoneInfo("Asia/Taipei"))
    found = off_calendar(early, TODAY, is_start=True)
    assert (early.local_date, found and found.doubt) == ("2026-11-26", ClockDoubt.DATE_AHEAD)


def test_only_a_doubt_of_the_date_is_a_persons_to_answer() -> None:
    assert [doubt for doubt in ClockDoubt if doubt.is_of_date] == [ClockDoubt.DATE_BEHIND, ClockDoubt.DATE_AHEAD]
