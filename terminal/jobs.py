"""What a till does by the clock, in its store's timezone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger

LATE_S_MAX = 3600
"""A machine that slept over a time does it when it wakes up, unless that is longer ago."""


def each_day(time: str, zone: ZoneInfo) -> CronTrigger:
    """Each day at that time, by the store's clocks: a cron trigger that is given no zone takes the machine's."""
    hour, _, minute = time.partition(":")
    return CronTrigger(hour=int(hour), minute=int(minute), timezone=zone)


async def at_times(times: Sequence[str], zone: ZoneInfo, job: Callable[[], None]) -> None:
    """Do `job` each day at these times, such as `21:30`, until cancelled; several that were slept over are one."""
    scheduler = AsyncIOScheduler(timezone=zone)
    for time in times:
        scheduler.add_job(job, each_day(time, zone), coalesce=True, misfire_grace_time=LATE_S_MAX)
    scheduler.start()
    try:
        await asyncio.Event().wait()
    finally:
        scheduler.shutdown(wait=False)
