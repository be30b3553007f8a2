"""Draws over real lines: several at once, past a batch of records, with value that comes home from other tills."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ledger.ids import LotId
from ledger.slices import Asset
from protocol.bodies import Block, Directive, Recall, Transfer
from protocol.conversation import (
    Directory,
    Draw,
    Find,
    Found,
    Look,
    NoDraw,
    NotDrawn,
    Ordered,
    Records,
    Resume,
    Seen,
)
from tests.hq_server.forger import ALICE, Keeper, part
from tests.hq_server.serving import ANEW, PROTOCOL, Closed, Serving, Till, serving

LOT = LotId("07-2/1/2")


def draw(number: int, units: int, least: int = 0) -> Draw:
    return Draw(f"operation-{number}", ALICE, ALICE, Asset.MONEY, units, least)


@pytest.fixture
async def hq(tmp_path: Path) -> AsyncIterator[Serving]:
    async with serving(tmp_path, recall_wait_s=2.0) as running:
        yield running


async def holder_of(hq: Serving, units: int, at_hq: int = 0) -> Keeper:
    """Till 07-2, enrolled, where Alice has so much, and so much more of hers lies at HQ."""
    keeper = Keeper()
    await hq.enrol(keeper)
    keeper.open()
    keeper.load(ALICE, units + at_hq)
    if at_hq:
        keeper.give(ALICE, part(LOT, at_hq))
    return keeper


async def comer(hq: Serving, place: str = "12-1", seed: int = 8) -> Keeper:
    keeper = Keeper(place, seed=seed)
    await hq.enrol(keeper)
    keeper.open()
    return keeper


async def test_a_draw_calls_home_what_lies_at_another_till(hq: Serving) -> None:
    holder, here = await holder_of(hq, 100), await comer(hq)
    async with hq.line(holder) as one, hq.line(here) as two:
        there, counter = Till(one), Till(two)
        await one.say(holder.batch())
        await there.posted(2)
        await two.say(draw(1, 80, 80))
        recall, said = await there.directive()
        assert said.order == Recall(ALICE, Asset.MONEY, 0)
        holder.apply(recall)
        holder.give(ALICE, part(LOT, 100))
        await one.say(holder.batch(3))
        _, given = await counter.directive()
        assert isinstance(given.order, Transfer)
        assert (given.order.operation_id, given.order.parts[0].units) == ("operation-1", 80)


async def test_a_draw_waits_for_what_its_own_till_has_sent_home_behind_it(hq: Serving) -> None:
    """A customer loads and pays at once: the load was called home, and is on its way."""
    holder, here = await holder_of(hq, 100), await comer(hq)
    async with hq.line(holder) as one, hq.line(here) as two:
        there = Till(one)
        await one.say(holder.batch())
        await there.posted(2)
        await two.say(draw(1, 1, 1))
        recall, _ = await there.directive()
        await one.say(draw(2, 80, 80))
        holder.apply(recall)
        holder.give(ALICE, part(LOT, 100))
        await one.say(holder.batch(3))
        _, given = await there.directive()
        assert isinstance(given.order, Transfer)
        assert (given.order.operation_id, given.order.parts[0].units) == ("operation-2", 80)


async def test_a_holder_that_is_silent_costs_the_wait_and_no_more(tmp_path: Path) -> None:
    async with serving(tmp_path, recall_wait_s=0.3) as hq:
        holder, here = await holder_of(hq, 100), await comer(hq)
        async with hq.line(holder) as one, hq.line(here) as two:
            await one.say(holder.batch())
            await Till(one).posted(2)
            began_s = asyncio.get_running_loop().time()
            await two.say(draw(1, 80, 80))
            await Till(one).directive()
            no = await Till(two).hear(NotDrawn, Ordered)
            assert isinstance(no, NotDrawn)
            assert (no.code, no.shares[0].place, no.shares[0].principal) == (NoDraw.NOT_ENOUGH, "07-2", 100)
            assert asyncio.get_running_loop().time() - began_s >= 0.3
            await two.say(draw(2, 80, 80))
            no = await Till(two).hear(NotDrawn)
        assert isinstance(no, NotDrawn)
        orders = await hq.keeping("directives", holder.place, 1)
        assert len(orders) == 2, "it was asked twice"  # type: ignore[arg-type]  # a tuple of records


async def test_a_holder_that_is_not_on_line_is_not_waited_for(tmp_path: Path) -> None:
    async with serving(tmp_path, recall_wait_s=2.5) as hq:
        holder, here = await holder_of(hq, 100), await comer(hq)
        async with hq.line(holder) as one:
            await one.say(holder.batch())
            await Till(one).posted(2)
        async with hq.line(here) as two:
            while hq.is_up(holder):  # noqa: ASYNC110 - it is told by no event
                await asyncio.sleep(0)
            await two.say(draw(1, 80, 80))
            async with asyncio.timeout(2):
                no = await Till(two).hear(NotDrawn)
        assert isinstance(no, NotDrawn)
        assert no.code is NoDraw.NOT_ENOUGH


async def test_of_two_tills_that_draw_the_last_hundred_at_once_one_gets_it(hq: Serving) -> None:
    holder, first, second = await holder_of(hq, 0, 100), await comer(hq), await comer(hq, "12-2", 9)
    async with hq.line(holder) as zero, hq.line(first) as one, hq.line(second) as two:
        await zero.say(holder.batch())
        await Till(zero).posted(3)
        # What lay at HQ was placed where the member was; both want all of it now.
        recalled = asyncio.create_task(_gives_back_all(Till(zero), holder))
        await asyncio.gather(one.say(draw(1, 100, 100)), two.say(draw(1, 100, 100)))
        answers = await asyncio.gather(Till(one).hear(Ordered, NotDrawn), Till(two).hear(Ordered, NotDrawn))
        recalled.cancel()
        await asyncio.gather(recalled, return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["NotDrawn", "Ordered"]


async def _gives_back_all(till: Till, keeper: Keeper) -> None:
    while True:
        message = await till.hear(Ordered)
        assert isinstance(message, Ordered)
        for signed in message.records:
            keeper.apply(signed)
            if isinstance(signed.open().body_as(Directive).order, Recall):
                keeper.give(ALICE, part(LOT, 100))
        await till.caller.say(keeper.batch(4))


async def test_a_repeated_draw_gets_the_same_directive_again_and_none_else(hq: Serving) -> None:
    holder, here = await holder_of(hq, 0, 100), await comer(hq)
    async with hq.line(holder) as one, hq.line(here) as two:
        await one.say(holder.batch(1, 3))
        await Till(one).posted(3)
        counter = Till(two)
        recalled = asyncio.create_task(_gives_back_all(Till(one), holder))
        await two.say(draw(1, 60, 60))
        first, _ = await counter.directive()
        recalled.cancel()
        await asyncio.gather(recalled, return_exceptions=True)
        await two.say(draw(1, 60, 60))
        again = await counter.directive()
        assert again[0] == first
    async with hq.line(here, Resume(1, again[1].number, 0, None)) as two:
        await two.say(draw(1, 60, 60))
        assert (await Till(two).directive())[0] == first


async def test_the_sixty_fifth_question_under_way_is_told_that_hq_is_busy(hq: Serving) -> None:
    holder, here = await holder_of(hq, 100), await comer(hq)
    async with hq.line(holder) as one, hq.line(here) as two:
        await one.say(holder.batch())
        await Till(one).posted(2)
        for number in range(64):
            await two.say(draw(number, 80, 80))
        await Till(one).directive()
        await two.say(draw(64, 80, 80))
        no = await Till(two).hear(NotDrawn)
        assert isinstance(no, NotDrawn)
        assert (no.operation_id, no.code) == ("operation-64", NoDraw.BUSY)
        others = [await Till(two).hear(NotDrawn) for _ in range(64)]
    assert {no.code for no in others if isinstance(no, NotDrawn)} == {NoDraw.NOT_ENOUGH}


async def test_a_draw_does_not_wait_behind_its_own_tills_records(tmp_path: Path) -> None:
    """50 records a second: the third batch is due after ten seconds, and the draw has its answer long before."""
    async with serving(tmp_path, records_per_s=50) as hq:
        here = await comer(hq)
        async with hq.line(here) as two:
            for _ in range(5):
                await two.say(Records(here.place, 1, tuple(here.chain[:1]) * 250))
            await two.say(draw(1, 10))
            async with asyncio.timeout(8):
                no = await Till(two).hear(NotDrawn)
            assert isinstance(no, NotDrawn)
            await hq.end_lines()


async def test_what_is_no_resume_ends_a_line_before_anything_was_ordered(hq: Serving) -> None:
    here = await comer(hq)
    for message in (draw(1, 10), here.batch(), Look(ALICE, ALICE)):
        async with hq.call() as caller:
            await caller.log_in(here)
            await caller.acknowledgement()
            await caller.say(message)
            assert await caller.hear() == Closed(PROTOCOL, "out_of_turn")
    async with hq.line(here) as two:
        await two.say(ANEW)
        assert await two.hear() == Closed(PROTOCOL, "out_of_turn")


async def test_directives_go_on_from_where_the_till_says(hq: Serving) -> None:
    here = await comer(hq)
    for card in ("aa" * 12, "bb" * 12, "cc" * 12):
        assert await hq.parts.desk.block(card)
    assert not await hq.parts.desk.block("aa" * 12)
    for resume, numbers in (
        (Resume(1, 2, 0, None), [3, 4]),
        (Resume(2, 3, 0, None), [1, 2, 3, 4]),
        (Resume(1, 0, 0, None), [1, 2, 3, 4]),
    ):
        async with hq.call() as caller:
            await caller.log_in(here)
            await caller.acknowledgement()
            await caller.say(resume)
            ordered = await Till(caller).hear(Ordered)
            assert isinstance(ordered, Ordered)
            assert [one.open().body_as(Directive).number for one in ordered.records] == numbers


async def test_a_card_that_is_blocked_is_told_at_once_to_every_line(hq: Serving) -> None:
    first, second = await comer(hq), await comer(hq, "12-2", 9)
    async with hq.line(first) as one, hq.line(second) as two:
        assert await hq.parts.desk.block(ALICE)
        for caller in (one, two):
            assert (await Till(caller).directive())[1].order == Block((ALICE,))
        await one.say(draw(1, 10))
        no = await Till(one).hear(NotDrawn)
        assert isinstance(no, NotDrawn)
        assert no.code is NoDraw.BLOCKED
        assert await hq.parts.desk.unblock(ALICE)
        assert not await hq.parts.desk.unblock(ALICE)


async def test_a_look_and_a_find_are_answered(hq: Serving) -> None:
    holder = await holder_of(hq, 100)
    async with hq.line(holder) as caller:
        await caller.say(holder.batch())
        await Till(caller).posted(2)
        await caller.say(Look(ALICE, ALICE))
        seen = await Till(caller).hear(Seen)
        assert isinstance(seen, Seen)
        assert [(share.place, share.principal) for share in seen.shares] == [("07-2", 100)]
        assert seen.knows == (0, 0)
        await caller.say(Find(bytes(32)))
        assert await Till(caller).hear(Found) == Found(bytes(32), ())


async def test_news_of_the_stores_members_come_after_the_resume(hq: Serving) -> None:
    holder = await holder_of(hq, 100)
    async with hq.line(holder, Resume(1, 1, 7, None)) as caller:
        told = await Till(caller).hear(Directory)
        assert isinstance(told, Directory)
        assert told.members == ()


async def test_a_chain_that_waits_goes_on_when_its_giver_comes(hq: Serving) -> None:
    holder, lead = await holder_of(hq, 100), await comer(hq, "07-1", 9)
    given = holder.give(ALICE, part(LOT, 60), to="07-1")
    lead.take(given)
    async with hq.line(lead) as one, hq.line(holder) as two:
        await one.say(lead.batch())
        await Till(one).posted(1)
        await two.say(holder.batch())
        assert (await Till(one).posted(2)).posted == 2
