"""A refund of a neighbour's sale over a real LAN, while HQ brings no right: in time, or not at all; never twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from protocol.conversation import AnyMessage, Fetch, NoDraw, NotDrawn
from protocol.records import RecordKind
from terminal.answers import Answer, Outcome
from terminal.bodies import RefundBody
from tests.terminal.draws import kinds
from tests.terminal.lan import Lan, lan, slow_disk
from tests.terminal.stand_in_hq import StandInHq
from tests.terminal.till_on_line import TillOnLine

X, Y = "operation-x", "operation-y"


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Lan]:
    """HQ says that whoever has the right can't be asked."""
    async with lan(tmp_path) as shop:
        for till in (shop.lead, shop.till):
            till.hq.on_other = brings_nothing(till.hq)
        yield shop


def brings_nothing(hq: StandInHq) -> Callable[[AnyMessage], Awaitable[None]]:
    async def say(message: AnyMessage) -> None:
        if isinstance(message, Fetch):
            await hq.say(NotDrawn(message.operation_id, NoDraw.NOT_REACHED, (), 1))

    return say


async def sold(till: TillOnLine) -> str:
    await till.load(300_00)
    slip = (await till.pay(100_00)).receipt_number
    assert slip is not None
    return slip


async def refund(till: TillOnLine, slip: str, amount: int, operation_id: str = X, *, promise: bool = False) -> Answer:
    answer = await till.till.refund(RefundBody(operation_id, slip, amount, promise=promise))
    assert isinstance(answer, Answer), answer
    return answer


async def test_a_till_refunds_what_its_lead_has_sold_and_the_lead_the_rest(shop: Lan) -> None:
    slip = await sold(shop.lead)
    assert (await refund(shop.till, slip, 60_00)).outcome is Outcome.DONE
    assert (await kinds(shop.till))[-2:] == [RecordKind.RIGHT_TAKEN, RecordKind.TRANSACTION]
    assert (await refund(shop.lead, slip, 40_00, Y)).outcome is Outcome.DONE
    assert (await refund(shop.till, slip, 1_00, Y)).decline == "more_than_left"
    assert (await refund(shop.till, slip, 60_00)).replayed


async def test_a_till_that_does_not_bring_it_in_time_costs_a_refund_and_no_right(shop: Lan) -> None:
    slip = await sold(shop.till)
    await shop.until_copied()
    with slow_disk(shop.till):
        refused = await refund(shop.lead, slip, 100_00)
    assert (refused.decline, refused.can_promise) == ("right_elsewhere", True)
    await soon_kind(shop.lead, RecordKind.RIGHT_TAKEN)
    assert (await refund(shop.lead, slip, 100_00, Y)).outcome is Outcome.DONE


async def test_what_a_lead_has_promised_it_keeps_when_a_copy_brings_the_right(shop: Lan) -> None:
    slip = await sold(shop.till)
    await shop.until_copied()
    with slow_disk(shop.till):
        assert (await refund(shop.lead, slip, 100_00, promise=True)).outcome is Outcome.PROMISED
    await soon_kind(shop.lead, RecordKind.RIGHT_TAKEN)
    assert await shop.lead.store.do(lambda store: store.undoable.open_promises()) == []


async def test_what_a_cut_lan_holds_back_rests_where_it_arrives(shop: Lan) -> None:
    slip = await sold(shop.lead)
    shop.waits(0.05)
    shop.cable.holds_down = True
    assert (await refund(shop.till, slip, 100_00)).decline == "right_elsewhere"
    await soon_kind(shop.lead, RecordKind.RIGHT_PASSED)
    shop.cable.holds_down = False
    shop.cable.unplug()
    await shop.until_down()
    shop.cable.lead_to(shop.lead_url)
    await shop.until_up()
    await soon_kind(shop.till, RecordKind.RIGHT_TAKEN)
    assert (await refund(shop.till, slip, 100_00, Y)).outcome is Outcome.DONE


async def test_hq_that_knows_no_such_sale_is_believed_and_nobody_else_is_asked(shop: Lan) -> None:
    async def say(message: AnyMessage) -> None:
        if isinstance(message, Fetch):
            await shop.till.hq.say(NotDrawn(message.operation_id, NoDraw.UNKNOWN, (), 1))

    slip = await sold(shop.lead)
    shop.till.hq.on_other = say
    assert (await refund(shop.till, slip, 100_00)).decline == "original_unknown"
    assert RecordKind.RIGHT_PASSED not in await kinds(shop.lead)


async def soon_kind(till: TillOnLine, kind: RecordKind) -> None:
    """Until this till has signed one of this kind."""
    async with asyncio.timeout(10):
        while kind not in await kinds(till):  # noqa: ASYNC110 - a test looks from outside
            await asyncio.sleep(0.002)
