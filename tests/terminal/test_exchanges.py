"""A till in transfer mode that does not keep its line up: it calls HQ when there is a reason to, and hangs up again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
from apscheduler.triggers.interval import IntervalTrigger

from ledger.ids import Place
from protocol.bodies import RunAs
from protocol.conversation import Draw, Resume, Wanted
from terminal import jobs
from terminal.answers import Answer, DayClose, HqState, Outcome, Status
from terminal.exchanges import ExchangeRules, Occasion
from tests.chains.company import ALICE
from tests.terminal.draws import STEADY, asked, is_done, proved
from tests.terminal.stand_in_hq import StandInHq
from tests.terminal.till_on_line import TillOnLine, opened_till, soon

SELDOM = ExchangeRules(after_records=1000, linger_s=0.05)
RESTING = replace(STEADY, exchange=SELDOM)


@pytest.fixture
async def resting(tmp_path: Path, hq: StandInHq) -> AsyncIterator[TillOnLine]:
    """It has said at its start what there was to say."""
    async with opened_till(tmp_path, hq, RESTING) as till:
        await till.state(HqState.RESTING)
        await soon(lambda: hq.line is None)
        yield till
        await proved(till)


async def test_at_its_start_a_till_exchanges_once_and_then_its_line_rests(resting: TillOnLine, hq: StandInHq) -> None:
    assert (hq.calls, hq.held) == (1, await resting.chain())
    await resting.sell(3)
    await soon(lambda: resting.hq_status.waiting == 3)
    status = await resting.status()
    assert (status.state, status.stopped) == (HqState.RESTING, None)
    assert status.last_contact is not None
    assert hq.calls == 1


@pytest.mark.parametrize("occasion", [Occasion.KEY, Occasion.SCHEDULE])
async def test_by_key_and_by_schedule_all_goes_up_and_what_hq_has_to_say_comes_down(
    occasion: Occasion, resting: TillOnLine, hq: StandInHq
) -> None:
    hq.funds.add(ALICE.account, 300_00)
    await hq.grant(ALICE.account, 300_00)
    await resting.sell(3)
    before = await resting.has()
    resting.till.exchange(occasion)
    await resting.all_arrived()
    await soon(lambda: resting.hq_status.state == HqState.RESTING)
    assert await resting.has() == before + 300_00
    assert hq.calls == 2


async def test_a_day_close_is_reported_at_once(resting: TillOnLine) -> None:
    await resting.sell(2)
    assert isinstance(await resting.till.close_day(), DayClose)
    await resting.all_arrived()
    await resting.state(HqState.RESTING)


async def test_so_many_waiting_records_are_an_occasion(tmp_path: Path, hq: StandInHq) -> None:
    few = replace(RESTING, exchange=msgspec.structs.replace(SELDOM, after_records=4))
    async with opened_till(tmp_path, hq, few) as till:
        await till.state(HqState.RESTING)
        await till.sell(3)
        await soon(lambda: till.hq_status.waiting == 3)
        assert hq.calls == 1
        await till.sell(1)
        await till.all_arrived()
        await till.state(HqState.RESTING)
        assert hq.calls == 2


async def test_a_card_that_needs_value_from_elsewhere_calls_hq_at_once(resting: TillOnLine, hq: StandInHq) -> None:
    hq.funds.add(ALICE.account, 300_00)
    assert is_done(await resting.pay(120_00))
    assert [draw.units for draw in hq.draws] == [120_00]
    await resting.all_arrived()
    await resting.state(HqState.RESTING)
    assert hq.calls == 2


async def test_several_sales_that_need_hq_at_once_share_one_call(resting: TillOnLine, hq: StandInHq) -> None:
    hq.funds.add(ALICE.account, 300_00)
    selling = [await asked(resting, await resting.sale(50_00)) for _ in range(3)]
    answers = await asyncio.gather(*selling)
    assert all(is_done(answer) for answer in answers)
    assert hq.calls == 2


async def test_a_sale_that_finds_enough_here_calls_nobody(resting: TillOnLine, hq: StandInHq) -> None:
    await resting.load()
    assert is_done(await resting.pay(120_00))
    assert (hq.calls, hq.draws) == (1, [])


async def test_hq_that_cannot_be_had_is_said_and_the_next_customer_waits_for_nobody(
    tmp_path: Path, hq: StandInHq
) -> None:
    async with opened_till(tmp_path, hq, RESTING) as till:
        await till.state(HqState.RESTING)
        await hq.close()
        first = await till.pay(120_00)
        assert first.outcome is Outcome.DECLINED
        await till.state(HqState.NOT_REACHED)
        assert not till.till.drawing.is_worth_it
        second = await till.pay(120_00)
        assert second.outcome is Outcome.DECLINED
        await hq.open()
        await till.all_arrived()
        await till.state(HqState.RESTING)
        await proved(till)


async def test_hq_that_is_silent_costs_one_customer_the_time_out(tmp_path: Path, hq: StandInHq) -> None:
    async with opened_till(tmp_path, hq, replace(RESTING, draw_timeout_s=0.2)) as till:
        await till.state(HqState.RESTING)
        hq.mute_from = "challenge"
        assert (await till.pay(120_00)).outcome is Outcome.DECLINED
        assert till.till.drawing.in_doubt.is_set()
        assert not till.till.drawing.is_worth_it
        await proved(till)


async def test_while_a_sale_waits_for_hq_the_till_does_not_hang_up(resting: TillOnLine, hq: StandInHq) -> None:
    hq.funds.add(ALICE.account, 300_00)
    answers = asyncio.Event()

    async def late(draw: Draw) -> None:
        await answers.wait()
        await hq.answer_draw(draw)

    hq.on_draw = late
    selling = asyncio.create_task(resting.pay(120_00))
    await soon(lambda: hq.draws)
    await asyncio.sleep(SELDOM.linger_s * 3)
    answers.set()
    assert is_done(await selling)
    assert hq.calls == 2


async def test_in_real_time_the_line_is_kept_up_whatever_the_schedule_says(tmp_path: Path, hq: StandInHq) -> None:
    async with opened_till(tmp_path, hq, replace(RESTING, mode="real_time")) as till:
        await till.all_arrived()
        await asyncio.sleep(SELDOM.linger_s * 3)
        assert (till.hq_status.state, hq.calls) == (HqState.ANSWERED, 1)


async def test_a_till_that_is_told_to_run_in_real_time_stays_on_the_line(resting: TillOnLine, hq: StandInHq) -> None:
    await hq.give(RunAs("real_time"))
    resting.till.exchange(Occasion.KEY)
    await soon(lambda: resting.till.hello().mode == "real_time")
    await asyncio.sleep(SELDOM.linger_s * 3)
    assert (resting.hq_status.state, hq.calls) == (HqState.ANSWERED, 2)
    told = [event.data for event in resting.events if event.name == "status"]
    assert any(isinstance(one, Status) and one.mode == "real_time" for one in told)


async def test_an_exchange_is_not_over_while_hq_has_directives_that_have_not_come(
    resting: TillOnLine, hq: StandInHq, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its acknowledgement the till knows that there is one; it comes long after."""
    hq.directives.append(hq.order(RunAs("real_time")))
    resume = hq._resume
    monkeypatch.setattr(hq, "_resume", say_no_directive(hq))
    resting.till.exchange(Occasion.KEY)
    await soon(lambda: hq.calls == 2 and hq.resumes[1:])
    await asyncio.sleep(SELDOM.linger_s * 4)
    assert resting.hq_status.state == HqState.ANSWERED
    await resume(hq.resumes[-1])
    await soon(lambda: resting.till.hello().mode == "real_time")


def say_no_directive(hq: StandInHq) -> Callable[[Resume], Awaitable[None]]:
    async def resume(message: Resume) -> None:
        hq.resumes.append(message)

    return resume


async def test_what_waits_when_hq_rejects_it_does_not_hold_the_line(resting: TillOnLine, hq: StandInHq) -> None:
    hq.rejects = "chain_broken"
    await resting.sell(2)
    resting.till.exchange(Occasion.KEY)
    await resting.stopped("chain_broken")
    await resting.state(HqState.RESTING)
    assert isinstance(await resting.load(), Answer)


# By the clock


@pytest.mark.parametrize(
    ("zone", "now", "expected"),
    [
        ("Asia/Taipei", "2026-11-26T20:59", "2026-11-26T21:00+08:00"),
        ("Asia/Taipei", "2026-11-26T21:01", "2026-11-27T21:00+08:00"),
        ("America/New_York", "2026-10-31T22:00", "2026-11-01T21:00-05:00"),
    ],
)
def test_a_time_is_the_stores_and_summer_time_does_not_move_it(zone: str, now: str, expected: str) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=ZoneInfo(zone))
    assert jobs.each_day("21:00", ZoneInfo(zone)).get_next_fire_time(None, at) == datetime.fromisoformat(expected)


async def test_at_its_times_the_job_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def soon_again(time: str, zone: ZoneInfo) -> IntervalTrigger:
        asked.append(time)
        return IntervalTrigger(seconds=1, start_date=datetime.now(zone) + timedelta(seconds=0.05), timezone=zone)

    monkeypatch.setattr(jobs, "each_day", soon_again)
    done: list[int] = []
    running = asyncio.create_task(jobs.at_times(("12:00", "21:00"), ZoneInfo("Asia/Taipei"), lambda: done.append(1)))
    await soon(lambda: len(done) >= 2)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert asked == ["12:00", "21:00"]


@pytest.mark.parametrize("times", [["24:00"], ["9:00"], ["12:60"], ["noon"], [12]])
def test_a_time_that_is_none_is_refused(times: list[object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"times": times}, ExchangeRules)


async def test_a_lead_that_has_no_copies_of_what_hq_asks_for_keeps_no_line_up(tmp_path: Path, hq: StandInHq) -> None:
    """HQ asks about every till that rests, as long as a line is up; a till may linger for longer than that."""
    rules = msgspec.structs.replace(SELDOM, linger_s=0.5)

    async def ask_now_and_then() -> None:
        while True:
            with suppress(AssertionError, ConnectionError):
                await hq.say(Wanted(Place("07-9"), 1, 0))
            await asyncio.sleep(0.05)

    asking = asyncio.create_task(ask_now_and_then())
    async with opened_till(tmp_path, hq, replace(RESTING, exchange=rules)) as till:
        await soon(lambda: till.hq_status.state == HqState.RESTING, within_s=5)
    asking.cancel()
