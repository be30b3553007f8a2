"""HQ's acknowledgements tell the time: a till whose clock is another stops what expires, until both agree."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from protocol.acknowledgements import Acknowledgement
from protocol.bodies import ClockBody, Transfer, TransferPart, Why
from protocol.records import RecordKind
from terminal.answers import ClockStatus, DayClose, Problem, Status
from tests.chains.company import ALICE
from tests.chains.till import left
from tests.terminal.stand_in_hq import Distort, StandInHq
from tests.terminal.till_on_line import LOOK_AGAIN_S, SOON_S, TillOnLine, soon

HOUR_MS = 3_600_000
GIFT = TransferPart("bonus", "07-9/1/1", "07", "2026-11-01", "2999-12-31", 500_00)


def another_time(off_ms: int) -> Distort:
    """HQ's clock is that far from the till's."""

    def distort(said: Acknowledgement) -> Acknowledgement:
        return msgspec.structs.replace(said, at_ms=said.at_ms + off_ms)

    return distort


def true_time(said: Acknowledgement) -> Acknowledgement:
    return said


async def told(till: TillOnLine) -> list[str | None]:
    bodies = [record.body_as(ClockBody) for record in await till.records(RecordKind.CLOCK)]
    return [body.doubt or body.by for body in bodies]


async def clock(till: TillOnLine) -> ClockStatus | None:
    return (await till.till.status()).clock


async def until_told(till: TillOnLine, *words: str) -> None:
    async with asyncio.timeout(SOON_S):
        while await told(till) != list(words):  # noqa: ASYNC110 - a test looks from outside
            await asyncio.sleep(LOOK_AGAIN_S)


def events(till: TillOnLine) -> list[str | None]:
    """What the page was told of the clock, each change once."""
    clocks = [one.data.clock for one in till.events if isinstance(one.data, Status)]
    said = [None if one is None else one.doubt for one in clocks]
    return [one for index, one in enumerate(said) if index == 0 or said[index - 1] != one]


@pytest.mark.parametrize("off_ms", [-HOUR_MS, HOUR_MS])
async def test_another_time_at_hq_stops_what_expires_until_it_agrees(
    off_ms: int, till: TillOnLine, hq: StandInHq
) -> None:
    await till.all_arrived()
    await hq.give(Transfer(Why.GRANT, "", ALICE.account, (GIFT,)))
    await till.all_arrived()
    assert await clock(till) is None
    hq.distort = another_time(off_ms)
    await till.sell()
    await until_told(till, "differs_from_hq")
    await soon(lambda: events(till)[-1:] == ["differs_from_hq"])
    await till.all_arrived()
    doubted = await clock(till)
    assert doubted is not None
    assert abs(doubted.off_ms + off_ms) < HOUR_MS / 10
    stopped = await till.pay(700_00)
    assert (stopped.decline, left(stopped).bonus) == ("clock_doubted", 500_00 + 60_55)
    assert stopped.cashier_message is not None
    assert "clock" in stopped.cashier_message["en"]
    assert (await till.pay(400_00)).principal == 400_00
    assert await till.till.close_day() is Problem.CLOCK_DOUBTED
    hq.distort = true_time
    await till.sell()
    await until_told(till, "differs_from_hq", "hq")
    await soon(lambda: events(till)[-1:] == [None])
    await till.all_arrived()
    assert (await till.pay(500_00)).bonus == 500_00
    assert isinstance(await till.till.close_day(), DayClose)
    assert await clock(till) is None
    assert events(till)[-3:] == [None, "differs_from_hq", None]


async def test_the_time_of_an_hq_that_says_the_same_is_no_news(till: TillOnLine, hq: StandInHq) -> None:
    hq.distort = another_time(4 * 60_000)
    await till.sell(5)
    await till.all_arrived()
    assert await told(till) == []
