"""Sales that need value from HQ, over a real line: it comes, in time, whatever else the line is busy with."""

import asyncio
from pathlib import Path

import pytest

from ledger.slices import Asset
from offline_queue.forwarding import WINDOW_BATCHES
from protocol.bodies import Recall, Transfer, Why
from protocol.conversation import Draw
from protocol.records import RecordKind
from terminal.answers import Answer, HqState
from tests.chains.company import ALICE, card
from tests.terminal.draws import REAL_TIME, STEADY, A, asked, came, is_done, kinds, proved, silence
from tests.terminal.stand_in_hq import StandInHq
from tests.terminal.till_on_line import AT_ONCE_S, TillOnLine, opened_till, soon


@pytest.fixture
def till(steady: TillOnLine) -> TillOnLine:
    return steady


# It comes


async def test_what_is_missing_comes_from_hq_and_the_sale_is_done(till: TillOnLine, hq: StandInHq) -> None:
    await till.load(500)
    hq.funds.add(A, 10_000)
    answer = await till.pay(1200, "sale-0001")
    assert is_done(answer)
    assert [(one.operation_id, one.card, one.account, one.units, one.least) for one in hq.draws] == [
        ("sale-0001", ALICE.token, A, 700, 700)
    ]
    assert (hq.funds.units(A), await till.has()) == (9300, 0)
    await till.all_arrived()
    assert (await kinds(till))[-2:] == [RecordKind.APPLIED, RecordKind.TRANSACTION]
    assert not hq.gifts()


async def test_what_lies_here_is_paid_without_hq(till: TillOnLine, hq: StandInHq) -> None:
    await till.load(500)
    assert is_done(await till.pay(500))
    assert not hq.draws


async def test_in_real_time_every_sale_is_drawn_and_the_share_here_stays(tmp_path: Path, hq: StandInHq) -> None:
    hq.funds.add(A, 10_000)
    async with opened_till(tmp_path, hq, REAL_TIME) as till:
        await till.all_arrived()
        await till.load(500)
        assert is_done(await till.pay(300))
        assert (await till.has(), hq.funds.units(A)) == (500, 9700)
        assert [(one.units, one.least) for one in hq.draws] == [(300, 0)]
        await hq.close()
        await till.state(HqState.NOT_REACHED)
        assert is_done(await till.pay(500))
        await proved(till)


async def test_in_real_time_an_hq_that_has_nothing_leaves_the_share_here_to_pay(tmp_path: Path, hq: StandInHq) -> None:
    async with opened_till(tmp_path, hq, REAL_TIME) as till:
        await till.all_arrived()
        await till.load(500)
        assert is_done(await till.pay(300))
        assert len(hq.draws) == 1
        await proved(till)


async def test_in_real_time_what_is_called_home_while_hq_is_asked_comes_back_for_the_sale(
    tmp_path: Path, hq: StandInHq
) -> None:
    """It lay here when the sale came, so that HQ's no did not matter; then HQ had what it asked for."""

    async def call_home(draw: Draw) -> None:
        if not draw.least:
            await hq.give(Recall(A, Asset.MONEY, 0))
            await hq.answer_draw(draw)
        else:
            answers.append(asyncio.create_task(answer_once_it_is_home(draw)))

    async def answer_once_it_is_home(draw: Draw) -> None:
        await soon(lambda: hq.funds.units(A) == 500)
        await hq.answer_draw(draw)

    answers: list[asyncio.Task[None]] = []
    async with opened_till(tmp_path, hq, REAL_TIME) as till:
        await till.all_arrived()
        await till.load(500)
        await till.all_arrived()
        hq.on_draw = call_home
        assert is_done(await till.pay(300))
        assert [(one.units, one.least) for one in hq.draws] == [(300, 0), (300, 300)]
        assert hq.draws[0].operation_id != hq.draws[1].operation_id
        await till.all_arrived()
        assert (await till.has(), hq.funds.units(A)) == (0, 200)
        await proved(till)


async def test_what_would_be_declined_anyway_asks_hq_nothing(till: TillOnLine, hq: StandInHq) -> None:
    hq.funds.add(A, 10**9)
    assert (await till.pay(300_001)).decline == "above_charge_limit"
    keyed = await till.charge(100)
    assert isinstance(keyed, Answer)
    assert keyed.decline == "swipe_needed"
    assert not hq.draws


async def test_hq_says_no_and_the_cashier_hears_where_the_money_lies(till: TillOnLine, hq: StandInHq) -> None:
    hq.funds.add(A, 300)
    answer = await till.pay(1200)
    assert (answer.decline, answer.elsewhere, answer.elsewhere_as_of) == (
        "not_enough",
        300,
        "1970-01-01T08:00:00+08:00",
    )
    assert await till.has() == 0


async def test_a_draw_goes_up_at_once_whatever_waits_to_be_sent(tmp_path: Path, hq: StandInHq) -> None:
    """HQ loses what it is sent, so the window is full, and thousands of records wait behind it."""
    hq.funds.add(A, 1200)
    async with opened_till(tmp_path, hq) as till:
        await till.all_arrived()
        hq.sheds = 10**6
        await till.grow(3000)
        till.uplink.wake()
        await soon(lambda: len(till.uplink._state.under_way) == WINDOW_BATCHES)
        async with asyncio.timeout(AT_ONCE_S):
            assert is_done(await till.pay(1200))
        assert till.hq_status.waiting > 2000


async def test_a_transfer_is_heard_while_a_batch_can_not_be_sent(tmp_path: Path, hq: StandInHq) -> None:
    """HQ reads nothing, the line is full, and the till waits in the middle of a batch."""
    hq.funds.add(A, 700)
    hq.on_draw = silence
    async with opened_till(tmp_path, hq, STEADY) as till:
        await till.all_arrived()
        sale = await asked(till, await till.sale(700))
        await came(hq, 1)
        full = stop_reading(hq)
        await till.grow(20_000)
        till.uplink.wake()
        await soon(lambda: till.uplink._state.under_way)
        await hq.answer_draw(hq.draws[0])
        async with asyncio.timeout(AT_ONCE_S):
            assert is_done(await sale)
        full.resume_reading()


def stop_reading(hq: StandInHq) -> asyncio.ReadTransport:
    """From here on the line only fills up."""
    assert hq.line is not None
    transport = hq.line._req.transport if hq.line._req is not None else None
    assert isinstance(transport, asyncio.ReadTransport)
    transport.pause_reading()
    return transport


async def test_sixty_four_sales_wait_at_once_and_one_more_does_not(till: TillOnLine, hq: StandInHq) -> None:
    hq.on_draw = silence
    serials = range(1000, 1065)
    for serial in serials:
        hq.funds.add(card(serial).account, 100)
    sales = [await asked(till, await till.sale(100, serial=serial)) for serial in serials[:64]]
    await came(hq, 64)
    assert (await till.pay(100, serial=serials[64])).decline == "not_enough_here"
    for draw in reversed(hq.draws):
        await hq.answer_draw(draw)
    assert all(is_done(answer) for answer in await asyncio.gather(*sales))
    assert [await till.has(card(serial).account) for serial in serials] == [0] * 65
    await till.all_arrived()
    assert not hq.gifts()


# Where HQ goes on


async def test_hq_is_told_from_where_its_directives_are_wanted(till: TillOnLine, hq: StandInHq) -> None:
    hq.funds.add(A, 5000)
    await hq.grant(A, 1000)
    await hq.grant(A, 1000)
    await soon(lambda: len(hq.held) == 3)
    await hq.close()
    await till.state(HqState.NOT_REACHED)
    hq.directives.append(hq.order(Transfer(Why.GRANT, "", A, hq.funds.give(A, 500))))
    await hq.open()
    await soon(lambda: len(hq.held) == 4)
    assert [(one.hq_epoch, one.directive) for one in hq.resumes] == [(0, 0), (1, 2)]
    assert await till.has() == 2500
