"""Value that does not come from HQ, comes too late, or is something else: nothing is lost, and nobody waits long."""

import asyncio
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from ledger.journal_sqlite import DiskFull
from protocol.bodies import Transfer, Why
from protocol.conversation import Draw, Look, NoDraw, NotDrawn, Ordered
from terminal.answers import HqState, Outcome, Problem
from terminal.store import TillStore
from tests.chains.company import ALICE, BOB
from tests.terminal.draws import HASTY, A, came, is_done, part, proved, silence, waits
from tests.terminal.stand_in_hq import StandInHq
from tests.terminal.till_on_line import AT_ONCE_S, SOON_S, TillOnLine, opened_till, soon


@pytest.fixture
def till(steady: TillOnLine) -> TillOnLine:
    return steady


# It does not come


async def test_after_the_time_out_the_sale_is_decided_here_and_nobody_waits_until_hq_answers_a_probe(
    tmp_path: Path, hq: StandInHq, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("terminal.uplink.PROBE_S", 0.05)
    async with opened_till(tmp_path, hq, HASTY) as till:
        await till.load(500)
        await till.all_arrived()
        hq.on_draw, hq.answers_probes, hq.sheds = silence, False, 10**6
        answer = await till.pay(1200)
        assert (answer.decline, answer.elsewhere) == ("not_enough_here", None)
        await soon(lambda: hq.probes > 3)
        hq.funds.add(A, 1000)
        assert (await till.pay(1200)).outcome is Outcome.DECLINED
        assert not await till.uplink.say(Look(ALICE.token, A))
        assert is_done(await till.pay(500))
        assert len(hq.draws) == 1, "somebody waited for a line in doubt"
        hq.answers_probes = True
        await soon(lambda: not till.till.drawing.in_doubt.is_set())
        hq.on_draw = hq.answer_draw
        waits(till, SOON_S)
        assert is_done(await till.pay(1000))
        assert len(hq.logins) == 1
        await proved(till)


async def test_an_acknowledgement_of_what_was_sent_before_ends_no_doubt(hasty: TillOnLine, hq: StandInHq) -> None:
    hasty.till.drawing._doubt()
    hasty.till.drawing.answered()
    assert hasty.till.drawing.in_doubt.is_set()
    await soon(lambda: not hasty.till.drawing.in_doubt.is_set())
    assert hq.probes == 1


async def test_a_transfer_that_comes_too_late_goes_home(hasty: TillOnLine, hq: StandInHq) -> None:
    hq.funds.add(A, 700)
    hq.on_draw = silence
    assert (await hasty.pay(700, "sale-0001")).outcome is Outcome.DECLINED
    await came(hq, 1)
    await hq.answer_draw(hq.draws[0])
    await soon(hq.gifts)
    assert (hq.funds.units(A), await hasty.has()) == (700, 0)
    await hasty.all_arrived()


async def test_a_line_that_is_lost_lets_everybody_go_on_at_once(till: TillOnLine, hq: StandInHq) -> None:
    hq.funds.add(A, 700)

    async def cut(draw: Draw) -> None:
        hq.given[draw.operation_id] = hq.order(Transfer(Why.DRAW, draw.operation_id, A, hq.funds.give(A, draw.units)))
        hq.directives.append(hq.given[draw.operation_id])
        await hq.cut()

    hq.on_draw = cut
    async with asyncio.timeout(AT_ONCE_S):
        assert (await till.pay(700, "sale-0001")).outcome is Outcome.DECLINED
    await soon(hq.gifts)
    assert hq.funds.units(A) == 700


async def test_without_a_line_nobody_waits(till: TillOnLine, hq: StandInHq) -> None:
    await hq.close()
    await till.state(HqState.NOT_REACHED)
    async with asyncio.timeout(AT_ONCE_S):
        assert (await till.pay(700)).decline == "not_enough_here"
    assert not await till.uplink.say(Look(ALICE.token, A))


async def test_a_till_that_was_killed_while_a_sale_waited_says_that_it_was_not_done(
    till: TillOnLine, hq: StandInHq
) -> None:
    hq.funds.add(A, 700)
    hq.on_draw = silence
    sale = asyncio.create_task(till.pay(700, "sale-0001"))
    await came(hq, 1)
    for task in till._tasks:
        task.cancel()
    await asyncio.gather(*till._tasks, return_exceptions=True)
    await asyncio.gather(sale, return_exceptions=True)
    await till.stop()
    hq.directives.append(hq.order(Transfer(Why.DRAW, "sale-0009", A, hq.funds.give(A, 700))))
    await till.start()
    assert await till.till.inquiries.operation("sale-0009") is Problem.UNKNOWN_OPERATION
    await soon(hq.gifts)
    assert hq.funds.units(A) == 700


async def test_a_full_disk_decides_nothing_and_the_value_goes_home_later(
    till: TillOnLine, hq: StandInHq, monkeypatch: pytest.MonkeyPatch
) -> None:
    hq.funds.add(A, 700)
    real, full = TillStore.settle, [True]

    def settle(*arguments: object) -> object:
        if full:
            raise DiskFull
        return real(*arguments)  # type: ignore[arg-type]  # the same arguments

    monkeypatch.setattr(TillStore, "settle", settle)
    with pytest.raises(DiskFull):
        await till.pay(700, "sale-0001")
    assert await till.till.inquiries.operation("sale-0001") is Problem.UNKNOWN_OPERATION
    full.clear()
    await soon(hq.gifts)
    assert hq.funds.units(A) == 700


async def test_the_line_may_end_while_a_transfer_is_written(
    till: TillOnLine, hq: StandInHq, monkeypatch: pytest.MonkeyPatch
) -> None:
    hq.funds.add(A, 700)
    real, loop, uplink = TillStore.settle, asyncio.get_running_loop(), till._tasks.pop()

    async def end() -> None:
        uplink.cancel()
        await asyncio.wait((uplink,))

    def settle(*arguments: object) -> object:
        asyncio.run_coroutine_threadsafe(end(), loop).result(SOON_S)
        return real(*arguments)  # type: ignore[arg-type]  # the same arguments

    monkeypatch.setattr(TillStore, "settle", settle)
    assert is_done(await till.pay(700))


# It is something else


async def test_more_than_was_asked_for_is_the_member_s_and_stays_here(till: TillOnLine, hq: StandInHq) -> None:
    hq.on_draw = lambda draw: hq.give(Transfer(Why.DRAW, draw.operation_id, A, (part(5000),)))
    assert is_done(await till.pay(700))
    assert await till.has() == 4300


async def test_another_member_s_value_goes_home_and_pays_nothing(hasty: TillOnLine, hq: StandInHq) -> None:
    hq.on_draw = lambda draw: hq.give(Transfer(Why.DRAW, draw.operation_id, BOB.account, (part(700),)))
    assert (await hasty.pay(700)).outcome is Outcome.DECLINED
    await soon(hq.gifts)
    assert (await hasty.has(), await hasty.has(BOB.account)) == (0, 0)


async def test_another_member_s_value_does_not_stay_where_the_sale_could_do_without(
    tmp_path: Path, hq: StandInHq
) -> None:
    hq.on_draw = lambda draw: hq.give(Transfer(Why.DRAW, draw.operation_id, BOB.account, (part(700),)))
    async with opened_till(tmp_path, hq, replace(HASTY, mode="real_time")) as till:
        await till.load(700)
        await till.all_arrived()
        assert is_done(await till.pay(700))
        await soon(hq.gifts)
        assert await till.has(BOB.account) == 0
        await proved(till)


async def test_value_below_zero_is_refused_and_told_and_nobody_waits_for_this_hq(
    till: TillOnLine, hq: StandInHq
) -> None:
    await till.load(500)
    hq.on_draw = lambda draw: hq.give(Transfer(Why.DRAW, draw.operation_id, A, (part(-700),)))
    assert (await till.pay(700)).outcome is Outcome.DECLINED
    await till.stopped("transfer_refused")
    assert is_done(await till.pay(500))
    assert (await till.pay(700)).outcome is Outcome.DECLINED
    assert len(hq.draws) == 1
    await till.all_arrived()


async def test_a_transfer_to_another_till_is_not_ours(hasty: TillOnLine, hq: StandInHq) -> None:
    async def lie(draw: Draw) -> None:
        order = Transfer(Why.DRAW, draw.operation_id, A, (part(700),))
        await hq.say(Ordered((hq.order(order, to="07-3"),)))

    hq.on_draw = lie
    assert (await hasty.pay(700)).outcome is Outcome.DECLINED
    assert await hasty.has() == 0
    await soon(lambda: len(hq.logins) == 2)


async def test_a_transfer_that_hq_has_not_signed_moves_nothing(hasty: TillOnLine, hq: StandInHq) -> None:
    async def lie(draw: Draw) -> None:
        true = hq.order(Transfer(Why.DRAW, draw.operation_id, A, (part(700),)))
        await hq.say(Ordered((msgspec.structs.replace(true, signature=bytes(64)),)))

    hq.on_draw = lie
    assert (await hasty.pay(700)).outcome is Outcome.DECLINED
    assert (await hasty.has(), len(await hasty.applied())) == (0, 0)


async def test_answers_that_nobody_waits_for_are_nothing(till: TillOnLine, hq: StandInHq) -> None:
    for code in NoDraw:
        await hq.say(NotDrawn("never-asked", code, (), 1))
    hq.funds.add(A, 700)
    assert is_done(await till.pay(700))
    assert len(hq.logins) == 1


async def test_an_hq_that_is_busy_or_has_fenced_the_till_says_so_at_once(till: TillOnLine, hq: StandInHq) -> None:
    codes = [NoDraw.BUSY, NoDraw.FENCED]
    hq.on_draw = lambda draw: hq.say(NotDrawn(draw.operation_id, codes.pop(), (), 1))
    for _ in (1, 2):
        async with asyncio.timeout(AT_ONCE_S):
            assert (await till.pay(700)).decline == "not_enough_here"
    assert not codes
    assert not till.till.drawing.in_doubt.is_set()
