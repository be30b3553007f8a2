"""A till's line to its store's lead, on real sockets: value comes over the LAN, and what hangs there hangs no sale."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from ledger.ids import Place
from protocol.acknowledgements import VERSION, Acknowledgement
from protocol.bodies import Lead, Neighbour, Roster
from protocol.members import Share
from protocol.records import RecordKind
from terminal.answers import Answer, BookState, Outcome, Problem, Status
from terminal.store import TillStore
from tests.chains.company import ALICE
from tests.chains.till import IDENTITY
from tests.terminal.draws import BRIEFLY_S, REAL_TIME, is_done
from tests.terminal.lan import LEAD, TILLS, lan, nobody_asks, slow_commit, slow_disk
from tests.terminal.till_on_line import AT_ONCE_S, soon

A = ALICE.account


async def test_what_lies_with_the_lead_is_spent_at_the_other_till(tmp_path: Path) -> None:
    async with lan(tmp_path) as shop:
        await shop.lead.load(400_00)
        assert is_done(await shop.till.pay(150_00))
        assert await shop.has() == (250_00, 0)
        assert not shop.till.hq.draws, "the lead had it"
        await shop.lead.all_arrived()
        await shop.till.all_arrived()


async def test_what_the_lead_lacks_hq_gives(tmp_path: Path) -> None:
    async with lan(tmp_path) as shop:
        await shop.lead.load(100_00)
        shop.till.hq.funds.add(A, 500_00)
        assert is_done(await shop.till.pay(150_00))
        assert [(draw.units, draw.least) for draw in shop.till.hq.draws] == [(150_00, 150_00)]
        assert await shop.has() == (100_00, 0)


async def test_hq_hears_of_what_came_too_late_and_went_back(tmp_path: Path) -> None:
    async with lan(tmp_path) as shop:
        await shop.lead.load(400_00)
        shop.waits(BRIEFLY_S)
        with slow_disk(shop.lead):
            assert (await shop.till.pay(150_00)).outcome is Outcome.DECLINED
        await soon(lambda: any(one.open().kind is RecordKind.GIVEN for one in shop.till.hq.held))
        await shop.till.all_arrived()
        await soon(lambda: any(one.open().kind is RecordKind.TAKEN for one in shop.lead.hq.held))
        await shop.lead.all_arrived()
        assert await shop.has() == (400_00, 0)


async def test_hq_hears_of_what_was_lent_though_the_line_was_lost_meanwhile(tmp_path: Path) -> None:
    async with lan(tmp_path) as shop:
        await shop.lead.load(400_00)
        await shop.lead.all_arrived()
        await shop.until_copied()
        with slow_commit(shop.lead) as signed:
            asking = asyncio.create_task(shop.till.pay(150_00))
            await soon(signed.is_set)
            shop.cable.unplug()
            assert (await asking).outcome is Outcome.DECLINED
            await nobody_asks()
        await soon(lambda: any(one.open().kind is RecordKind.GIVEN for one in shop.lead.hq.held))
        await shop.lead.all_arrived()


async def test_the_lead_has_its_copy_of_what_hq_ordered_at_once(tmp_path: Path) -> None:
    """A recall's return, too, lies with the lead before anybody sells."""
    async with lan(tmp_path) as shop:
        await shop.until_copied()
        shop.till.hq.funds.add(A, 50_00)
        await shop.till.hq.grant(A, 50_00)
        await shop.till.all_arrived()
        await shop.until_copied()


async def test_in_real_time_a_card_that_is_empty_everywhere_is_told_so_though_there_is_a_lead(tmp_path: Path) -> None:
    async with lan(tmp_path, REAL_TIME) as shop:
        answer = await shop.till.pay(150_00)
        assert (answer.outcome, answer.decline) == (Outcome.DECLINED, "not_enough")


async def test_a_lead_that_has_nothing_makes_nobody_forget_what_hq_said(tmp_path: Path) -> None:
    async with lan(tmp_path, replace(REAL_TIME, draw_timeout_s=BRIEFLY_S)) as shop:
        await shop.till.load(5_00)
        await shop.till.hq.close()
        await shop.till.state("not_reached")
        at_ms = shop.till.till.moment().now_ms
        await shop.till.store.do(lambda store: store.members.remember(A, (Share(Place("07-9"), 200_00, 0, 0),), at_ms))
        assert is_done(await shop.till.pay(1_00))
        answer = await shop.till.pay(9_00)
        assert isinstance(answer, Answer)
        assert (answer.decline, answer.elsewhere) == ("lies_elsewhere", 200_00)


async def test_in_real_time_the_lead_pays_while_hq_is_down(tmp_path: Path) -> None:
    async with lan(tmp_path, replace(REAL_TIME, draw_timeout_s=BRIEFLY_S)) as shop:
        await shop.lead.load(400_00)
        await shop.till.load(50_00)
        await shop.till.hq.close()
        await shop.till.state("not_reached")
        assert is_done(await shop.till.pay(150_00))
        assert await shop.has() == (250_00, 50_00)


async def test_a_roster_that_names_the_same_lead_cuts_no_draw_short(tmp_path: Path) -> None:
    """Another till of the store was enrolled, and both ends hear of it while a customer waits."""
    newcomer = Neighbour(Place("07-3"), 1, bytes(32))
    async with lan(tmp_path) as shop:
        await shop.lead.load(400_00)
        shop.waits(1000)
        with slow_disk(shop.lead):
            asking = asyncio.create_task(shop.till.pay(150_00))
            await soon(lambda: shop.till.till.lead_drawing.is_awaited)
            lead = Lead(LEAD.place, shop.cable.url)
            await shop.till.hq.give(Roster(lead, (*TILLS, newcomer)))
            await shop.till.all_arrived()
        assert is_done(await asking)
        await shop.name_lead(tills=(*TILLS, newcomer))
        assert is_done(await shop.till.pay(250_00))


async def test_a_lead_that_says_nothing_makes_one_sale_wait_and_no_other(tmp_path: Path) -> None:
    async with lan(tmp_path) as shop:
        await shop.lead.load(400_00)
        await shop.till.load(50_00)
        shop.waits(BRIEFLY_S)
        with slow_disk(shop.lead):
            assert (await shop.till.pay(150_00)).outcome is Outcome.DECLINED
            assert not shop.till.till.lead_drawing.is_worth_it
            shop.waits(1000)
            async with asyncio.timeout(AT_ONCE_S):
                assert (await shop.till.pay(150_00)).outcome is Outcome.DECLINED
                assert is_done(await shop.till.pay(10_00))
            await shop.till.all_arrived()
        await soon(lambda: shop.till.till.lead_drawing.is_worth_it)
        assert is_done(await shop.till.pay(150_00))


async def test_the_page_hears_of_a_book_that_the_lead_contradicts(tmp_path: Path) -> None:
    """Nobody sells, and HQ may not be called for hours."""
    async with lan(tmp_path) as shop:
        await shop.until_copied()
        till, told = shop.till, shop.till.events
        said = Acknowledgement(VERSION, 1, IDENTITY.place, IDENTITY.epoch, 999, bytes(32), 0, 0, bytes(32), 1)
        sold = await till.load()
        await till.store.do(TillStore.compare_copy, said, LEAD.place, till.till.moment())
        await till.till.on_lead(till.till._lead)
        await soon(lambda: [one.data.book for one in told if isinstance(one.data, Status)][-1:] == [BookState.BEHIND])
        assert isinstance(sold, Answer)
        assert sold.receipt_number is not None
        slips = till.till.slips
        for said_of_slip in (slips.copy(sold.receipt_number), slips.answer(sold.receipt_number, came_out=True)):
            assert await said_of_slip is Problem.BOOK_BEHIND, "and not that this slip waits for nobody"
