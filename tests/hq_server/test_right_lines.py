"""Rights over real lines: a till that needs one waits while HQ calls it home, and no longer than for value."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest

from hq_server.storage.fetching import RightElsewhere
from hq_server.storage.sqlite import HqStore
from hq_server.teller import Teller
from ledger.ids import ChainId, LotId, Place
from offline_queue.book_thread import BookThread
from offline_queue.news import News
from protocol.bodies import Directive
from protocol.conversation import AnyMessage, NoDraw, NotDrawn, Ordered
from protocol.records import SignedRecord
from protocol.rights import Entrust, GiveRight
from tests.hq_server.forger import ALICE, Keeper
from tests.hq_server.office import STAMP, fetch_of
from tests.hq_server.serving import PATIENCE_S, Serving, Till, serving


@pytest.fixture
async def hq(tmp_path: Path) -> AsyncIterator[Serving]:
    async with serving(tmp_path, recall_wait_s=2.0) as running:
        yield running


class Seller(Keeper):
    """Till 07-2, where Alice has bought something, and which gives away what is left of that when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.open()
        self.load(ALICE, 300)
        self.sale = self.sell(ALICE, LotId("07-2/1/2"), 100)
        self.moves = 0

    async def give_when_told(self, till: Till) -> None:
        while True:
            for directive in await ordered(till):
                self.apply(directive)
                if isinstance(directive.open().body_as(Directive).order, GiveRight):
                    self.give_right(self.sale, moves=self.moves + 1)
            await till.caller.say(self.batch(4))


async def enrolled(hq: Serving, *keepers: Keeper) -> None:
    for keeper in keepers:
        await hq.enrol(keeper)
        if not keeper.chain:
            keeper.open()


async def ordered(till: Till) -> tuple[SignedRecord, ...]:
    message = await till.hear(Ordered)
    assert isinstance(message, Ordered)
    return message.records


async def entrusted(till: Till) -> Entrust:
    (directive,) = await ordered(till)
    order = directive.open().body_as(Directive).order
    assert isinstance(order, Entrust)
    return order


def code_of(message: AnyMessage) -> NoDraw:
    assert isinstance(message, NotDrawn), message
    return message.code


async def test_a_fetch_calls_the_right_home_and_brings_it(hq: Serving) -> None:
    seller, here = Seller(), Keeper("12-1", seed=8)
    await enrolled(hq, seller, here)
    async with hq.line(seller) as one, hq.line(here) as two:
        await one.say(seller.batch())
        await Till(one).posted(3)
        giving = asyncio.create_task(seller.give_when_told(Till(one)))
        await two.say(fetch_of(seller.sale))
        order = await entrusted(Till(two))
        giving.cancel()
        await two.say(fetch_of(seller.sale))
        assert await entrusted(Till(two)) == order, "said once more"
    assert (order.operation_id, order.given) == ("operation-1", seller.chain[-1])


async def test_what_comes_home_before_anybody_listens_is_not_waited_for() -> None:
    seller, answers = Seller(), list[object]()
    sale, here = seller.sale.open(), ChainId(Place("12-1"), 1)
    no = NotDrawn("operation-1", NoDraw.NOT_REACHED, (), 1)
    answers += [RightElsewhere(no, ChainId(sale.keeper, 1), sale.ref, ALICE), False, seller.sale]

    class Store:
        async def do(self, *_: object) -> object:
            return answers.pop(0)

    news = News()
    teller = Teller(cast("BookThread[HqStore]", Store()), news, lambda: STAMP, recall_wait_s=PATIENCE_S)
    with news.about(ChainId(sale.keeper, 1)):
        async with asyncio.timeout(1):
            assert await teller.fetch(here, fetch_of(seller.sale)) == seller.sale


async def test_a_seller_that_is_not_on_line_is_not_waited_for(hq: Serving) -> None:
    seller, here = Seller(), Keeper("12-1", seed=8)
    await enrolled(hq, seller, here)
    async with hq.line(seller) as one:
        await one.say(seller.batch())
        await Till(one).posted(3)
    async with hq.line(here) as two:
        while hq.is_up(seller):  # noqa: ASYNC110 - it is told by no event
            await asyncio.sleep(0)
        async with asyncio.timeout(1.5):
            await two.say(fetch_of(seller.sale))
            assert code_of(await Till(two).hear(NotDrawn)) is NoDraw.NOT_REACHED
            await two.say(fetch_of(here.load(ALICE, 1)))
            assert code_of(await Till(two).hear(NotDrawn)) is NoDraw.UNKNOWN


async def test_a_seller_that_is_silent_costs_the_wait_and_what_it_gives_later_lies_at_hq(tmp_path: Path) -> None:
    async with serving(tmp_path, recall_wait_s=0.3) as hq:
        seller, here = Seller(), Keeper("12-1", seed=8)
        await enrolled(hq, seller, here)
        async with hq.line(seller) as one, hq.line(here) as two:
            await one.say(seller.batch())
            await Till(one).posted(3)
            began_s = asyncio.get_running_loop().time()
            await two.say(fetch_of(seller.sale))
            assert code_of(await Till(two).hear(NotDrawn)) is NoDraw.NOT_REACHED
            assert asyncio.get_running_loop().time() - began_s >= 0.3
            seller.give_right(seller.sale)
            await one.say(seller.batch(4))
            await Till(one).posted(4)
            await two.say(fetch_of(seller.sale))
            await entrusted(Till(two))


async def test_of_two_tills_that_fetch_at_once_one_gets_it_and_the_other_when_that_one_gives_it(hq: Serving) -> None:
    seller, first, second = Seller(), Keeper("12-1", seed=8), Keeper("12-2", seed=5)
    await enrolled(hq, seller, first, second)
    async with hq.line(seller) as zero, hq.line(first) as one, hq.line(second) as two:
        await zero.say(seller.batch())
        await Till(zero).posted(3)
        giving = asyncio.create_task(seller.give_when_told(Till(zero)))
        await asyncio.gather(one.say(fetch_of(seller.sale)), two.say(fetch_of(seller.sale)))
        hearing = {asyncio.create_task(ordered(Till(till))): till for till in (one, two)}
        (got,), (waits,) = await asyncio.wait(hearing, return_when=asyncio.FIRST_COMPLETED)
        giving.cancel()
        winner = first if hearing[got] is one else second
        for directive in got.result():
            winner.apply(directive)
        refund = winner.refund(seller.sale, 40)
        told = await ordered(Till(hearing[got]))
        assert [one.open().body_as(Directive).order for one in told] == [GiveRight("07-2/1/3")]
        winner.apply(told[0])
        given = winner.give_right(seller.sale, refund, moves=2)
        await hearing[got].say(winner.batch())
        (directive,) = await waits
    order = directive.open().body_as(Directive).order
    assert isinstance(order, Entrust)
    assert order.given == given


async def test_of_two_tills_that_fetch_at_once_the_other_is_told_no_when_the_first_keeps_it(tmp_path: Path) -> None:
    async with serving(tmp_path, recall_wait_s=0.5) as hq:
        seller, first, second = Seller(), Keeper("12-1", seed=8), Keeper("12-2", seed=5)
        await enrolled(hq, seller, first, second)
        seller.give_right(seller.sale)
        async with hq.line(seller) as zero, hq.line(first) as one, hq.line(second) as two:
            await zero.say(seller.batch())
            await Till(zero).posted(4)
            await asyncio.gather(one.say(fetch_of(seller.sale)), two.say(fetch_of(seller.sale)))
            answers = await asyncio.gather(Till(one).hear(Ordered, NotDrawn), Till(two).hear(Ordered, NotDrawn))
    assert sorted(type(answer).__name__ for answer in answers) == ["NotDrawn", "Ordered"]
    assert [code_of(answer) for answer in answers if isinstance(answer, NotDrawn)] == [NoDraw.NOT_REACHED]


async def test_a_right_is_where_it_was_when_hq_comes_back(tmp_path: Path) -> None:
    seller, here = Seller(), Keeper("12-1", seed=8)
    async with serving(tmp_path) as hq:
        await enrolled(hq, seller, here)
        seller.give_right(seller.sale)
        async with hq.line(seller) as one:
            await one.say(seller.batch())
            await Till(one).posted(4)
    async with serving(tmp_path) as hq, hq.line(here) as two:
        await two.say(fetch_of(seller.sale))
        order = await entrusted(Till(two))
    async with serving(tmp_path) as hq, hq.line(here) as two:
        await two.say(fetch_of(seller.sale))
        assert await entrusted(Till(two)) == order


async def test_the_sixty_fifth_fetch_under_way_is_told_that_hq_is_busy(hq: Serving) -> None:
    seller, here = Seller(), Keeper("12-1", seed=8)
    await enrolled(hq, seller, here)
    async with hq.line(seller) as one, hq.line(here) as two:
        await one.say(seller.batch())
        await Till(one).posted(3)
        for number in range(65):
            await two.say(fetch_of(seller.sale, f"operation-{number}"))
        no = await Till(two).hear(NotDrawn)
        others = [code_of(await Till(two).hear(NotDrawn)) for _ in range(64)]
    assert isinstance(no, NotDrawn)
    assert (no.operation_id, no.code) == ("operation-64", NoDraw.BUSY)
    assert set(others) == {NoDraw.NOT_REACHED}
    orders = await hq.keeping("directives", seller.place, 1)
    assert isinstance(orders, tuple)
    calls = [isinstance(signed.open().body_as(Directive).order, GiveRight) for signed in orders]
    assert calls.count(True) == 1, "it was asked once"
