"""While a sale waits for value from HQ: who asks again, who asks what became of it, what else goes on."""

import asyncio

import msgspec
import pytest

from protocol.bodies import Recall
from protocol.conversation import NoDraw, NotDrawn
from terminal.answers import Answer, Outcome, Problem
from tests.chains.company import ALICE, BOB
from tests.terminal.draws import A, asked, came, is_done, silence
from tests.terminal.stand_in_hq import StandInHq
from tests.terminal.till_on_line import TillOnLine


@pytest.fixture
def till(steady: TillOnLine) -> TillOnLine:
    return steady


# While it waits


async def test_other_cards_are_served_and_the_sale_keeps_the_card_that_it_was_asked_with(
    till: TillOnLine, hq: StandInHq
) -> None:
    hq.funds.add(A, 700)
    hq.on_draw = silence
    sale = asyncio.create_task(till.pay(700))
    await came(hq, 1)
    await till.load(500, serial=418)
    assert is_done(await till.pay(200, serial=418))
    await hq.answer_draw(hq.draws[0])
    answer = await sale
    assert (answer.outcome, answer.card) == (Outcome.DONE, ALICE.masked)
    assert await till.has(BOB.account) == 300


async def test_the_same_sale_asked_again_waits_for_the_same_answer(till: TillOnLine, hq: StandInHq) -> None:
    hq.funds.add(A, 5000)
    hq.on_draw = silence
    body = await till.sale(700, "sale-0001")
    asking = [asyncio.create_task(till.till.charge(body)) for _ in range(5)]
    await came(hq, 1)
    await till.swipe(418)
    asking += [asyncio.create_task(till.till.charge(body)) for _ in range(5)]
    other = await till.till.charge(msgspec.structs.replace(body, amount=800))
    assert other is Problem.OPERATION_CONFLICT
    await hq.answer_draw(hq.draws[0])
    answers = await asyncio.gather(*asking)
    assert all(is_done(answer) for answer in answers)
    assert [answer.replayed for answer in answers if isinstance(answer, Answer)] == [False] + [True] * 9
    assert (len(hq.draws), await till.has(), hq.funds.units(A)) == (1, 0, 4300)
    assert len([event for event in till.events if event.name == "operation.done"]) == 1


async def test_was_it_done_is_answered_when_it_is_known(till: TillOnLine, hq: StandInHq) -> None:
    """Told no while it waits, the cashier would take the money again."""
    hq.funds.add(A, 700)
    hq.on_draw = silence
    sale = asyncio.create_task(till.till.charge(await till.sale(700, "sale-0001", pos_ref="pos-1")))
    await came(hq, 1)
    asked = (
        asyncio.create_task(till.till.inquiries.operation("sale-0001")),
        asyncio.create_task(till.till.inquiries.by_pos_ref("pos-1")),
    )
    assert await till.till.inquiries.operation("sale-0002") is Problem.UNKNOWN_OPERATION
    assert not any(task.done() for task in asked)
    await hq.answer_draw(hq.draws[0])
    answer = await sale
    assert await asked[0] == answer
    assert await asked[1] == [answer]


async def test_a_sale_goes_on_when_whoever_asked_has_gone(till: TillOnLine, hq: StandInHq) -> None:
    hq.funds.add(A, 700)
    hq.on_draw = silence
    sale = asyncio.create_task(till.pay(700, "sale-0001"))
    await came(hq, 1)
    sale.cancel()
    await hq.answer_draw(hq.draws[0])
    found = await till.till.inquiries.operation("sale-0001")
    assert isinstance(found, Answer)
    assert is_done(found)
    assert [event.name for event in till.events].count("operation.done") == 1


async def test_a_recall_that_comes_first_leaves_the_sale_short_and_all_value_in_one_place(
    till: TillOnLine, hq: StandInHq
) -> None:
    await till.load(500)
    await till.all_arrived()
    hq.funds.add(A, 700)
    hq.on_draw = silence
    sale = asyncio.create_task(till.pay(1200))
    await came(hq, 1)
    await hq.give(msgspec.convert({"type": "recall", "account": A, "asset": "money", "keep": 0}, Recall))
    hq.on_draw = lambda draw: hq.say(NotDrawn(draw.operation_id, NoDraw.NOT_ENOUGH, (), 1))  # it is asked once more
    await hq.answer_draw(hq.draws[0])
    assert (await sale).outcome is Outcome.DECLINED
    await till.all_arrived()
    assert (await till.has(), hq.funds.units(A)) == (0, 1200)


async def test_two_sales_of_one_number_of_the_pos_are_one_movement(till: TillOnLine, hq: StandInHq) -> None:
    hq.funds.add(A, 5000)
    hq.on_draw = silence
    sales = [await asked(till, await till.sale(700, f"sale-000{n}", pos_ref="pos-1")) for n in (1, 2)]
    await came(hq, 2)
    for draw in hq.draws:
        await hq.answer_draw(draw)
    first, second = await asyncio.gather(*sales)
    assert isinstance(first, Answer)
    assert isinstance(second, Answer)
    assert (second.replayed, second.record) == (True, first.record)
    await till.all_arrived()
    assert (await till.has(), hq.funds.units(A)) == (0, 4300)
