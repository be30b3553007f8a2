"""What promotions lack at a till is drawn for each of them, and not again where nobody had any a moment ago."""

import asyncio
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from checkout.promoting import QuotaNeed
from ledger.ids import quota_of
from ledger.slices import Purse
from loyalty.promotions import Limit, Occasion, Promotion
from protocol.conversation import Draw
from terminal import deciding
from terminal.answers import Answer
from terminal.had_none import HAD_NONE_MS, HadNone
from tests.chains.company import PROGRAMME
from tests.terminal.draws import STEADY, proved
from tests.terminal.stand_in_hq import StandInHq
from tests.terminal.till_on_line import LOOK_AGAIN_S, SOON_S, TillOnLine, opened_till

NAMES = tuple(f"gift-{number}" for number in range(6))
GIFTS = tuple(Promotion(name, name, Occasion.LOAD, 100_00, 1_00, limited_by=Limit.SUM) for name in NAMES)
WITH_GIFTS = replace(STEADY, programme=msgspec.structs.replace(PROGRAMME, promotions=GIFTS))
WITH_ONE = replace(STEADY, programme=msgspec.structs.replace(PROGRAMME, promotions=GIFTS[:1]))
QUOTA = quota_of(NAMES[0])


async def given(till: TillOnLine) -> list[str]:
    """Which a load of 100.00 gets."""
    answer = await till.load(100_00)
    assert isinstance(answer, Answer)
    return [one.name for one in answer.promotions]


async def test_each_promotion_that_lacks_something_has_it_drawn(tmp_path: Path, hq: StandInHq) -> None:
    for name in NAMES:
        hq.funds.add(quota_of(name), 1_00, purse=Purse.QUOTA)
    async with opened_till(tmp_path, hq, WITH_GIFTS) as till:
        await till.all_arrived()
        assert await given(till) == [*NAMES]
        assert len({one.operation_id for one in hq.draws}) == len(NAMES)
        await proved(till)


async def test_nobody_waits_for_more_of_them_than_one_waits_for_hq(
    tmp_path: Path, hq: StandInHq, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deciding, "PROMOTIONS_WAIT_MS", 50)

    async def slowly(draw: Draw) -> None:
        await asyncio.sleep(0.06)
        await hq.answer_draw(draw)

    hq.on_draw = slowly
    for name in NAMES:
        hq.funds.add(quota_of(name), 1_00, purse=Purse.QUOTA)
    async with opened_till(tmp_path, hq, WITH_GIFTS) as till:
        await till.all_arrived()
        assert await given(till) == [NAMES[0]]
        assert len(hq.draws) == 1
        await proved(till)


async def test_what_hq_had_not_is_not_asked_for_again_until_a_while_has_passed(
    tmp_path: Path, hq: StandInHq, monkeypatch: pytest.MonkeyPatch
) -> None:
    hq.funds.add(QUOTA, 40, purse=Purse.QUOTA)
    async with opened_till(tmp_path, hq, WITH_ONE) as till:
        await till.all_arrived()
        assert await given(till) == []
        hq.funds.add(QUOTA, 5_00, purse=Purse.QUOTA)
        assert await given(till) == []
        assert len(hq.draws) == 1, "the second customer has waited for nobody"
        monkeypatch.setattr("terminal.had_none.HAD_NONE_MS", 0)
        assert await given(till) == [NAMES[0]]
        await proved(till)


async def test_where_less_is_missing_than_hq_had_not_it_is_asked_again(tmp_path: Path, hq: StandInHq) -> None:
    async with opened_till(tmp_path, hq, WITH_ONE) as till:
        await till.all_arrived()
        assert await given(till) == []
        hq.funds.add(QUOTA, 1_00, purse=Purse.QUOTA)
        await hq.grant(QUOTA, 60)
        async with asyncio.timeout(SOON_S):
            while await till.has(QUOTA) < 60:  # noqa: ASYNC110 - a test looks from outside
                await asyncio.sleep(LOOK_AGAIN_S)
        assert await given(till) == [NAMES[0]], "HQ has placed some here: there is more"
        assert await given(till) == [], "and asked again, as it was given since"
        assert [(one.units, one.least) for one in hq.draws] == [(1_00, 1_00), (40, 40), (1_00, 1_00)]


def test_a_clock_that_was_put_back_ends_it() -> None:
    had_none = HadNone()
    had_none.note(QuotaNeed(QUOTA, 1), 1_000)
    assert had_none.known(1_000)
    assert had_none.known(1_000 + HAD_NONE_MS - 1)
    assert not had_none.known(1_000 + HAD_NONE_MS)
    assert not had_none.known(999)
