"""HQ asks a store's lead, and its witness, for copies of the records of whoever says nothing itself."""

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from ledger.ids import ChainId
from protocol.bodies import Block, Directive, Enrol, Roster
from protocol.conversation import Acknowledged, Directory, HandOn, Ordered, Records, Wanted
from protocol.records import SignedRecord
from tests.hq_server.forger import ALICE, Keeper, part, traded
from tests.hq_server.lead_shop import ADDRESS, WITNESS, Shop
from tests.hq_server.office import NOTHING_PLACED, Office
from tests.hq_server.people import ask, hear, number
from tests.hq_server.serving import Caller, Serving, serving, until
from tests.hq_server.test_store_modes import enrolled

COPIES_S = 0.2


@pytest.fixture
def shop() -> Shop:
    """07-1 leads, 07-2 has a copy of its chain, and 07-3 is a till like others."""
    shop = Shop(Office(rules=NOTHING_PLACED))
    shop.name(witness=WITNESS)
    return shop


@pytest.fixture
async def hq(tmp_path: Path) -> AsyncIterator[Serving]:
    """HQ with till 07-2 and 07-1, its lead, of whose chains it holds nothing yet."""
    async with serving(tmp_path, copies_s=COPIES_S) as running:
        await running.enrol(traded(), traded(place="07-1", seed=8))
        yield running


async def lead(hq: Serving, witness: str | None = None) -> None:
    named = {"lead": "07-1", "address": ADDRESS}
    if witness is not None:
        named |= {"witness": witness, "witness_address": ADDRESS}
    status, said = await ask(hq, "POST", "/v1/stores/07/leads", named)
    assert status == HTTPStatus.OK, said


async def wanted(caller: Caller, but: type | tuple[()] = ()) -> Wanted:
    """What it is asked for next; `but`: what must not be said before that."""
    async with asyncio.timeout(20):
        while not isinstance(said := await caller.hear(), Wanted):
            assert isinstance(said, Acknowledged | Ordered | Directory | HandOn), said
            assert not isinstance(said, but), said
    return said


async def posted(hq: Serving, keeper: Keeper, number: int) -> None:
    """Until HQ has posted so much of a chain."""
    async with asyncio.timeout(20):
        while (await hq.view(keeper)).posted != number:  # noqa: ASYNC110 - a test looks from outside
            await asyncio.sleep(0.01)


def copied_to(shop: Shop, keeper: Keeper) -> dict[str, int]:
    chain = ChainId(keeper.place, keeper.epoch)
    return {one.keeper: held for one, held in shop.office.store.keeping(lambda keepers: keepers.copied_to(chain))}


def test_a_lead_has_copies_of_all_others_and_its_witness_of_the_lead(shop: Shop) -> None:
    held = len(shop.three.chain)
    shop.office.receive(shop.three)
    assert copied_to(shop, shop.one) == {"07-2": 0, "07-3": held}
    assert copied_to(shop, shop.two) == {"07-1": 0}
    assert copied_to(shop, shop.three) == copied_to(shop, shop.other) == {}


def test_a_store_whose_name_begins_like_another_ones_is_another_store(shop: Shop) -> None:
    for seed, place in enumerate(("071-1", "0-1", "07a-1", "06-1"), start=40):
        enrolled(shop.office, place, seed)
    assert set(copied_to(shop, shop.one)) == {"07-2", "07-3"}


def test_nobody_is_asked_for_copies_of_a_till_whose_key_is_revoked(shop: Shop) -> None:
    shop.revoke(shop.three)
    assert copied_to(shop, shop.one) == {"07-2": 0}
    shop.revoke(shop.one)
    assert copied_to(shop, shop.two) == copied_to(shop, shop.one) == {}


def test_a_machine_that_was_replaced_and_not_revoked_is_asked_about_and_told_nothing(shop: Shop) -> None:
    again = Keeper("07-3", epoch=2, seed=30)
    shop.office.enrol(again)
    chains = shop.office.store.keeping(lambda keepers: keepers.copied_to(ChainId(shop.one.place, 1)))
    assert [tuple(one) for one, _ in chains] == [("07-2", 1), ("07-3", 1), ("07-3", 2)]
    told = shop.office.store.keeping(lambda keepers: keepers.to_hand_on(ChainId(shop.one.place, 1)))
    assert [tuple(one) for one, _ in told] == [("07-2", 1), ("07-3", 2)]
    shop.revoke(shop.three)
    chains = shop.office.store.keeping(lambda keepers: keepers.copied_to(ChainId(shop.one.place, 1)))
    assert [tuple(one) for one, _ in chains] == [("07-2", 1), ("07-3", 2)], "nothing more is taken from a revoked key"


async def test_a_lead_is_asked_until_it_has_no_more_and_what_it_brings_is_posted(hq: Serving) -> None:
    till = traded()
    await lead(hq)
    async with hq.line(traded(place="07-1", seed=8)) as caller:
        assert await wanted(caller) == Wanted(till.place, 1, 0)
        await caller.say(till.batch(1, 3))
        assert await wanted(caller) == Wanted(till.place, 1, 3)
        await caller.say(till.batch(4, 6))
        assert await wanted(caller) == Wanted(till.place, 1, 6)
        await caller.say(Records(till.place, 1, ()))
        assert await wanted(caller) == Wanted(till.place, 1, 6), "a while later: perhaps there is news"
        view = await hq.view(till)
        assert (view.held, view.posted) == (6, 6)


async def test_one_batch_is_asked_for_at_a_time_and_no_record_twice(hq: Serving) -> None:
    """Whoever asked for all chains again at each batch that came would drown itself, the lead and their line."""
    tills = {f"07-{number}": traded(place=f"07-{number}", seed=20 + number) for number in range(3, 9)}
    await hq.enrol(*tills.values())
    await lead(hq)
    asked: list[Wanted] = []
    async with hq.line(traded(place="07-1", seed=8)) as caller:
        async with asyncio.timeout(20):
            while len(asked) < 1 + 4 * len(tills):
                one = await wanted(caller)
                asked.append(one)
                copies = tills[one.keeper].chain[one.after : one.after + 2] if one.keeper in tills else []
                await caller.say(Records(one.keeper, one.epoch, tuple(copies)))
    told = [(keeper, after) for keeper in tills for after in (0, 2, 4, 6)]
    assert [(one.keeper, one.after) for one in asked] == [("07-2", 0), *told]


async def test_a_lead_that_brings_what_it_brought_before_is_asked_no_sooner(hq: Serving) -> None:
    till = traded()
    await lead(hq)
    async with hq.line(traded(place="07-1", seed=8)) as caller:
        assert await wanted(caller) == Wanted(till.place, 1, 0)
        for _ in range(3):
            await caller.say(till.batch(1, 2))
        assert await wanted(caller) == Wanted(till.place, 1, 2)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(COPIES_S / 2):
                await wanted(caller)


async def test_nobody_is_asked_about_a_till_whose_own_line_is_up(hq: Serving) -> None:
    till = traded()
    await lead(hq)
    async with hq.line(traded(place="07-1", seed=8)) as caller:
        async with hq.line(till) as its_own:
            await until(lambda: hq.is_up(till))
            while True:  # what was asked before its line came up
                try:
                    async with asyncio.timeout(3 * COPIES_S):
                        await wanted(caller)
                except TimeoutError:
                    break
            await its_own.say(till.batch())
            await posted(hq, till, 6)
        assert await wanted(caller) == Wanted(till.place, 1, 6)


async def test_what_hq_orders_of_a_silent_till_is_handed_on_until_it_says_that_it_has_done_it(hq: Serving) -> None:
    till = traded()
    await lead(hq)
    async with hq.line(traded(place="07-1", seed=8)) as caller:
        handed = await hear(caller, HandOn)
        orders = [one.open().body_as(Directive).order for one in handed.records]
        assert (handed.keeper, handed.epoch, [type(one) for one in orders]) == (till.place, 1, [Enrol, Roster])
        till.apply(handed.records[0])
        await caller.say(till.batch())
        await posted(hq, till, len(till.chain))
        assert (await hear(caller, HandOn)).records[0] == handed.records[1], "the first one is done"
        await ask(hq, "POST", "/v1/blocks", {"number": number(1)})
        later = await hear(caller, HandOn)
        for _ in range(3):
            await wanted(caller, but=HandOn)  # rounds go by, and what was said once is not said again
        assert isinstance(later.records[-1].open().body_as(Directive).order, Block)


async def test_whoever_hears_hq_itself_is_told_nothing_by_others(hq: Serving) -> None:
    await lead(hq)
    async with hq.line(traded()) as its_own, hq.line(traded(place="07-1", seed=8)) as caller:
        assert hq.is_up(traded())
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5 * COPIES_S):
                await hear(caller, HandOn)
        assert its_own is not caller


async def test_copies_that_hq_has_or_that_leave_a_gap_or_are_none_end_no_line(hq: Serving) -> None:
    till = traded()
    await lead(hq)
    async with hq.line(traded(place="07-1", seed=8)) as caller:
        for bad in (
            till.batch(4, 6),
            Records(till.place, 1, (SignedRecord(b"garbage", bytes(64)),)),
            Records(till.place, 9, tuple(till.chain[:1])),
            till.batch(1, 2),
            till.batch(1, 2),
        ):
            await caller.say(bad)
        await caller.say(traded(place="07-1", seed=8).batch())
        await posted(hq, traded(place="07-1", seed=8), 6)
        assert (await hq.view(till)).held == 2
        assert hq.is_up(traded(place="07-1", seed=8))


async def test_bad_copies_are_logged_once_of_each_kind_and_hide_nothing_of_the_callers_own(hq: Serving) -> None:
    till, mine = traded(), traded(place="07-1", seed=8)
    broken = SignedRecord(b"garbage", bytes(64))
    with capture_logs() as logs:
        async with hq.line(mine) as caller:
            for epoch in range(2, 12):
                await caller.say(Records(till.place, epoch, (broken,)))
                await caller.say(Records(till.place, 1, (broken,)))
            await caller.say(Records(mine.place, 1, (broken,)))
            await caller.say(mine.batch())
            await posted(hq, mine, 6)
    told = [(one["keeper"], one["code"]) for one in logs if one["event"] == "batch rejected"]
    assert told == [("07-2", "unknown_keeper"), ("07-2", "not_a_record"), ("07-1", "not_a_record")]


async def test_what_a_dead_lead_has_lent_comes_by_its_witness_and_its_takers_records_wait_no_more(hq: Serving) -> None:
    dead, till = traded(place="07-1", seed=8), traded()
    given = dead.give(ALICE, part("07-1/1/2", 100), to="07-2")
    till.take(given)
    await lead(hq, witness="07-2")
    async with hq.line(till) as caller:
        await caller.say(till.batch())
        await posted(hq, till, len(till.chain) - 1)
        assert (await hq.view(till)).waits == 1
        while await wanted(caller) != Wanted(dead.place, 1, 0):
            pass
        await caller.say(dead.batch())
        await posted(hq, dead, len(dead.chain))
        await posted(hq, till, len(till.chain))
