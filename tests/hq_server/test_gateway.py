"""The conversation on real sockets: what a till hears, when, and in which order."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from ledger.ids import ChainId
from protocol.acknowledgements import open_acknowledgement
from protocol.bodies import Directive, Enrol, Revoke
from protocol.conversation import Acknowledged, Ordered, Records, Rejected, Resume
from protocol.records import SignedRecord
from protocol.signing import Signed
from tests.hq_server.forger import ALICE, traded
from tests.hq_server.serving import ANEW, GOING, LATER, REPLACED, Closed, Serving, serving


async def test_a_till_comes_in_hears_what_hq_holds_and_what_it_orders(hq: Serving) -> None:
    keeper = traded()
    async with hq.call() as caller:
        await caller.log_in(keeper)
        said = await caller.acknowledgement()
        assert (said.keeper, said.epoch, said.held, said.posted, said.directive) == ("07-2", 1, 0, 0, 1)
        await caller.say(ANEW)
        ordered = await caller.hear()
        assert isinstance(ordered, Ordered)
        (given,) = ordered.records
        assert given.open().body_as(Directive) == Directive("07-2", 1, 1, Enrol(keeper.raw_key))


async def test_a_batch_is_held_then_posted_and_both_are_acknowledged(hq: Serving) -> None:
    keeper = traded()
    async with hq.line(keeper) as caller:
        await caller.say(keeper.batch())
        held = await caller.acknowledgement()
        assert (held.held, held.held_hash) == (6, keeper.chain[-1].hash)
        assert (await caller.until_posted(6)).held == 6
    balances = await hq.get(f"/v1/members/{ALICE}/balances")
    assert balances["places"] == [{"place": "07-2", "principal": 15, "bonus": 0, "points": 0}]


async def test_a_till_that_comes_back_hears_where_it_stood(hq: Serving) -> None:
    keeper = traded()
    async with hq.line(keeper) as caller:
        await caller.say(keeper.batch(1, 4))
        await caller.until_posted(4)
    async with hq.call() as caller:
        await caller.log_in(keeper)
        said = await caller.acknowledgement()
        assert (said.held, said.posted) == (4, 4)


async def test_acknowledgements_never_go_back_while_batches_are_under_way(hq: Serving) -> None:
    keeper = traded()
    for _ in range(300):
        keeper.load(ALICE, 1)
    async with hq.line(keeper) as caller:
        for first in range(1, 301, 6):
            await caller.say(keeper.batch(first, first + 5))
        heads = [(0, 0)]
        while heads[-1] != (300, 300):
            said = await caller.acknowledgement()
            heads.append((said.held, said.posted))
    assert heads == sorted(heads)
    assert all(posted <= held for held, posted in heads)


async def test_an_older_acknowledgement_never_comes_after_a_newer_one(
    hq: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first word after the login dawdles on its way; to the till, hearing it late, HQ would have lost records."""
    keeper, acknowledge, said_later = traded(), hq.parts.desk.acknowledge, asyncio.Event()
    dawdles = [True]

    async def dawdling(chain: ChainId) -> Signed:
        word = await acknowledge(chain)
        if dawdles:
            dawdles.pop()
            with suppress(TimeoutError):
                await asyncio.wait_for(said_later.wait(), 0.2)
        else:
            said_later.set()
        return word

    monkeypatch.setattr(hq.parts.desk, "acknowledge", dawdling)
    async with hq.call() as caller:
        await caller.log_in(keeper)
        await caller.say(Resume(1, 1, 0, None))
        await caller.say(keeper.batch())
        words = [await caller.hear() for _ in range(3)]
    held = [open_acknowledgement(word.acknowledgement).held for word in words if isinstance(word, Acknowledged)]
    assert held in ([0, 6], [0, 6, 6])


async def test_after_a_gap_hq_says_where_to_begin(hq: Serving) -> None:
    keeper = traded()
    async with hq.line(keeper) as caller:
        await caller.say(keeper.batch(1, 2))
        await caller.until_posted(2)
        await caller.say(keeper.batch(5))
        assert await caller.rejection() == Rejected("gap", "07-2/1/5")
        assert (await caller.acknowledgement()).held == 2
        await caller.say(keeper.batch(3))
        assert (await caller.until_posted(6)).held == 6


async def test_records_may_come_over_another_keepers_line(hq: Serving) -> None:
    """A lead brings copies of its tills' chains: they prove themselves, and nobody is told of it here."""
    keeper, lead = traded(), traded(place="07-1", seed=8)
    await hq.enrol(lead)
    before = (await hq.view(keeper)).heard_at_ms
    async with hq.line(lead) as caller:
        await caller.say(keeper.batch())
        await caller.say(traded(place="99-9").batch())
        await caller.say(lead.batch())
        assert (await caller.until_posted(6)).keeper == "07-1"
        assert (await hq.view(keeper)).held == 6
        assert (await hq.view(keeper)).heard_at_ms == before, "it was not heard itself"


async def test_the_later_line_of_a_till_takes_the_place_of_the_earlier(hq: Serving) -> None:
    keeper = traded()
    async with hq.line(keeper) as earlier, hq.line(keeper) as later:
        assert await earlier.hear() == Closed(REPLACED, "replaced")
        await later.say(keeper.batch())
        assert (await later.acknowledgement()).held == 6
        assert (await hq.view(keeper)).held == 6
        assert (await hq.get("/v1/tills"))["tills"][0]["on_line"]


async def test_a_till_that_sends_records_nobody_can_read_only_hears_so(hq: Serving) -> None:
    """It is not cut off: what stands before the bad record is held, and the rest may come right."""
    keeper = traded()
    async with hq.line(keeper) as caller:
        garbage = SignedRecord(b"garbage", bytes(64))
        await caller.say(Records(keeper.place, 1, (*keeper.chain[:2], garbage)))
        assert await caller.rejection() == Rejected("not_a_record", "")
        assert (await caller.acknowledgement()).held == 2
        await caller.say(keeper.batch(3))
        assert (await caller.until_posted(6)).held == 6


async def test_a_revoked_till_hears_it_at_once_and_is_believed_no_more(hq: Serving) -> None:
    keeper = traded()
    async with hq.line(keeper) as caller:
        await caller.say(keeper.batch(1, 4))
        await caller.until_posted(4)
        await hq.post("/v1/tills/07-2/revocations", {})
        assert (await caller.acknowledgement()).directive == 2
        ordered = await caller.hear()
        assert isinstance(ordered, Ordered)
        assert [one.open().body_as(Directive).order for one in ordered.records] == [Revoke(4)]
        await caller.say(keeper.batch(5))
        assert (await caller.rejection()).code == "fenced"
        assert (await caller.acknowledgement()).held == 4


async def test_a_till_that_was_revoked_while_it_was_away_hears_why(hq: Serving) -> None:
    keeper = traded()
    await hq.post("/v1/tills/07-2/revocations", {})
    async with hq.call() as caller:
        await caller.log_in(keeper)
        assert (await caller.acknowledgement()).directive == 2
        await caller.say(ANEW)
        ordered = await caller.hear()
        assert isinstance(ordered, Ordered)
        orders = [one.open().body_as(Directive).order for one in ordered.records]
        assert orders == [Enrol(keeper.raw_key), Revoke(0)]


async def test_two_copies_of_a_till_convict_each_other(hq: Serving) -> None:
    keeper = traded(3)
    copy = keeper.copy()
    keeper.load(ALICE, 100)
    copy.load(ALICE, 200)
    async with hq.line(keeper) as caller:
        await caller.say(keeper.batch())
        await caller.until_posted(4)
        await caller.say(copy.batch())
        assert await caller.rejection() == Rejected("fork", "07-2/1/4")
    assert (await hq.get("/v1/tills"))["tills"][0]["fences"] == ["forked"]


async def test_hq_that_ends_says_so(tmp_path: Path) -> None:
    keeper = traded()
    async with serving(tmp_path) as hq:
        await hq.enrol(keeper)
        async with hq.line(keeper) as caller:
            await hq.end_lines()
            assert await caller.hear() == Closed(GOING, "hq_ends")


async def test_a_full_disk_ends_the_line_without_a_reproach(hq: Serving) -> None:
    """The till did nothing wrong: a Rejected would make it stop, a lost line makes it come again."""
    keeper = traded()
    book = hq.parts.store._store._connection
    async with hq.line(keeper) as caller:
        book.execute(f"pragma max_page_count = {book.execute('pragma page_count').get}")
        for _ in range(250):
            keeper.load(ALICE, 1)
        await caller.say(keeper.batch(1, 250))
        assert await caller.hear() == Closed(LATER, "disk_full")
    assert (await hq.view(keeper)).held == 0
    book.execute("pragma max_page_count = 1000000")
    async with hq.line(keeper) as caller:
        await caller.say(keeper.batch(1, 250))
        assert (await caller.until_posted(250)).held == 250


async def test_what_arrived_is_posted_though_its_line_is_gone(hq: Serving) -> None:
    keeper = traded()
    async with hq.line(keeper) as caller:
        await caller.say(keeper.batch())
    while (await hq.view(keeper)).posted < 6:
        assert (await hq.view(keeper)).held in (0, 6)
