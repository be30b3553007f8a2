"""The clock guard: whether a till's wall clock may be believed. Pure: whoever asks brings the clocks."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import msgspec

from terminal.asking import Moment

JUMP_MS_MAX = 2 * 60_000
"""What the wall clock may gain or lose on the monotonic one between two looks, or fall behind the last record.

A time service corrects seconds. From two minutes on somebody, or a battery, has set the clock.
"""
HQ_MS_MAX = 5 * 60_000
"""What the wall clock may differ from HQ's word; the customary bound for clocks that have to agree (RFC 4120 §1.6)."""
DATE_DAYS_MAX = 3
"""What the calendar may differ from the business day: a long weekend, or a day closed too often by hand."""


class ClockDoubt(StrEnum):
    """Why the clock is not believed. The values are in records (docs/wire-protocol.md §7) and in the API."""

    JUMPED = "jumped"
    """It went another way than the monotonic clock within one run: it was set, or the machine was suspended.

    A monotonic clock may stand still while a machine sleeps (Linux), and the wall clock goes on. That looks like a
    jump ahead, and is doubted like one; HQ's word, which comes with the line, ends it at once.
    """
    WENT_BACK = "went_back"
    """It shows a time before that of the last record."""
    DIFFERS_FROM_HQ = "differs_from_hq"
    """HQ's signed time is another."""
    DATE_BEHIND = "date_behind"
    """Its date is before the business day."""
    DATE_AHEAD = "date_ahead"
    """At a start: its date is long after the business day. The store was closed, or the clock is wrong."""

    @property
    def is_of_date(self) -> bool:
        """Whether a person can answer it, who knows which day it is."""
        return self in (ClockDoubt.DATE_BEHIND, ClockDoubt.DATE_AHEAD)


class Doubted(msgspec.Struct, frozen=True):
    """The clock showed `wall_ms` where `other_ms` was to be expected; both are Unix time in milliseconds."""

    doubt: ClockDoubt
    wall_ms: int
    other_ms: int

    @property
    def off_ms(self) -> int:
        """By how much the clock is ahead; negative: behind."""
        return self.wall_ms - self.other_ms


def examine(
    now: Moment, before: Moment | None, recorded_at_ms: int, known_date: str, *, is_start: bool
) -> Doubted | None:
    """None: trusted, as far as this till can tell by itself.

    `before` is the last look in this run, `recorded_at_ms` the time of the last record, `known_date` the date (ISO
    8601) that is known: the business day's, or the calendar's as it was when somebody last confirmed it.
    """
    return (
        (None if before is None else _jump(now, before))
        or _step_back(now, recorded_at_ms)
        or off_calendar(now, known_date, is_start=is_start)
    )


def off_calendar(now: Moment, known_date: str, *, is_start: bool) -> Doubted | None:
    """Whether the date is one that cannot be. Only a start is doubted for being late: a run sees the days go by."""
    days = (date.fromisoformat(now.local_date) - date.fromisoformat(known_date)).days
    if days < -DATE_DAYS_MAX:
        return Doubted(ClockDoubt.DATE_BEHIND, now.now_ms, start_of(known_date, now))
    if is_start and days > DATE_DAYS_MAX:
        return Doubted(ClockDoubt.DATE_AHEAD, now.now_ms, start_of(known_date, now))
    return None


def compare_with_hq(now: Moment, recorded_at_ms: int, said_ms: int) -> Doubted | None:
    """Whether HQ's signed time `said_ms` contradicts the clock. It may come late, and is never ahead of its time.

    It was signed when HQ held a record that this clock dated `recorded_at_ms`, and before now: a time outside of that
    contradicts, however long it was under way.
    """
    if said_ms > now.now_ms + HQ_MS_MAX:
        return Doubted(ClockDoubt.DIFFERS_FROM_HQ, now.now_ms, said_ms)
    if said_ms < recorded_at_ms - HQ_MS_MAX:
        return Doubted(ClockDoubt.DIFFERS_FROM_HQ, recorded_at_ms, said_ms)
    return None


def confirms(now: Moment, said_ms: int) -> bool:
    """Whether HQ's signed time is the clock's. One that was long under way confirms nothing."""
    return abs(now.now_ms - said_ms) <= HQ_MS_MAX


def start_of(day: str, now: Moment) -> int:
    """When a day begins, by the offset that the store's clock has now. Unix time in milliseconds."""
    zone = datetime.fromisoformat(now.local).tzinfo
    return int(datetime.fromisoformat(day).replace(tzinfo=zone).timestamp() * 1000)


def _jump(now: Moment, before: Moment) -> Doubted | None:
    if now.monotonic_ms is None or before.monotonic_ms is None:
        return None
    expected_ms = before.now_ms + now.monotonic_ms - before.monotonic_ms
    jumped = abs(now.now_ms - expected_ms) > JUMP_MS_MAX
    return Doubted(ClockDoubt.JUMPED, now.now_ms, expected_ms) if jumped else None


def _step_back(now: Moment, recorded_at_ms: int) -> Doubted | None:
    went_back = now.now_ms < recorded_at_ms - JUMP_MS_MAX
    return Doubted(ClockDoubt.WENT_BACK, now.now_ms, recorded_at_ms) if went_back else None
