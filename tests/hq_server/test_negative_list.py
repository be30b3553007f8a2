"""A lost card, from HQ's API to each till's line and back: who was told, and who has said that it refuses it."""

from http import HTTPStatus

import pytest

from ledger.ids import Place
from protocol.bodies import Applied, Block, Directive, Unblock
from protocol.conversation import Ordered, Records
from protocol.records import RecordKind, SignedRecord
from tests.hq_server.forger import Keeper, traded
from tests.hq_server.people import account_of, ask, calling, hear, number
from tests.hq_server.serving import Caller, Serving

LOST = account_of(1)
MASKED = f"6222****{number(1)[-4:]}"


async def orders_about_cards(caller: Caller, count: int) -> list[tuple[SignedRecord, Block | Unblock]]:
    """The next directives that are about cards, as HQ has signed them."""
    found: list[tuple[SignedRecord, Block | Unblock]] = []
    while len(found) < count:
        for signed in (await hear(caller, Ordered)).records:
            order = signed.open().body_as(Directive).order
            if isinstance(order, Block | Unblock):
                found.append((signed, order))
    return found


async def order_about_cards(caller: Caller) -> tuple[SignedRecord, Block | Unblock]:
    """The next directive that is about cards, which comes alone."""
    (found,) = await orders_about_cards(caller, 1)
    return found


async def carry_out(caller: Caller, keeper: Keeper, directive: SignedRecord) -> None:
    """Send the keeper's chain with its record that it has done so, until that is posted."""
    keeper.write(RecordKind.APPLIED, Applied(directive))
    await caller.say(keeper.batch())


async def shown(hq: Serving) -> list[tuple[str, str | None, int, list[str]]]:
    _, said = await ask(hq, "GET", "/v1/blocks")
    return [(line["card"], line["masked"], line["applied"], line["waits"]) for line in said["lines"]]


async def until_shown(hq: Serving, expected: list[tuple[str, str | None, int, list[str]]]) -> None:
    for _ in range(1000):
        if await shown(hq) == expected:
            return
    assert await shown(hq) == expected


async def test_a_lost_card_is_refused_till_by_till(hq: Serving) -> None:
    here, there = traded(), traded(place="12-1", seed=8)
    await hq.enrol(there)
    async with calling(hq, here) as caller, calling(hq, there) as other:
        status, said = await ask(hq, "POST", "/v1/blocks", {"number": number(1)})
        assert (status, said) == (HTTPStatus.OK, {"card": LOST, "masked": MASKED, "kind": "member"})
        assert await shown(hq) == [(LOST, MASKED, 0, ["07-2/1", "12-1/1"])]
        directive, order = await order_about_cards(caller)
        assert order == Block((LOST,))
        await carry_out(caller, here, directive)
        await until_shown(hq, [(LOST, MASKED, 1, ["12-1/1"])])
        directive, _ = await order_about_cards(other)
        await carry_out(other, there, directive)
        await until_shown(hq, [(LOST, MASKED, 2, [])])


async def test_a_card_that_is_blocked_twice_is_blocked_once(hq: Serving) -> None:
    first = await ask(hq, "POST", "/v1/blocks", {"number": number(1)})
    since = (await ask(hq, "GET", "/v1/blocks"))[1]["lines"][0]["since_ms"]
    assert await ask(hq, "POST", "/v1/blocks", {"number": number(1)}) == first
    _, said = await ask(hq, "GET", "/v1/blocks")
    assert (said["total"], said["lines"][0]["since_ms"]) == (1, since)


async def test_a_found_card_is_good_again(hq: Serving) -> None:
    async with calling(hq, traded()) as caller:
        await ask(hq, "POST", "/v1/blocks", {"number": number(1)})
        await ask(hq, "POST", "/v1/unblocks", {"number": number(1)})
        orders = [order for _, order in await orders_about_cards(caller, 2)]
        assert orders == [Block((LOST,)), Unblock((LOST,))]
    assert await ask(hq, "GET", "/v1/blocks") == (HTTPStatus.OK, {"total": 0, "lines": []})
    assert (await ask(hq, "POST", "/v1/unblocks", {"number": number(1)}))[0] == HTTPStatus.OK


async def test_a_card_blocked_anew_waits_for_the_new_order(hq: Serving) -> None:
    """The till has applied the first block and the unblocking; of the second block it has not heard yet."""
    keeper = traded()
    async with calling(hq, keeper) as caller:
        for path in ("/v1/blocks", "/v1/unblocks"):
            await ask(hq, "POST", path, {"number": number(1)})
            await carry_out(caller, keeper, (await order_about_cards(caller))[0])
        await ask(hq, "POST", "/v1/blocks", {"number": number(1)})
        assert await shown(hq) == [(LOST, MASKED, 0, ["07-2/1"])]


async def test_a_till_that_enrols_later_gets_the_whole_list(hq: Serving) -> None:
    await ask(hq, "POST", "/v1/blocks", {"number": number(1)})
    late = traded(place="12-1", seed=8)
    await hq.enrol(late)
    async with calling(hq, late) as caller:
        directive, order = await order_about_cards(caller)
        assert order == Block((LOST,))
        assert await shown(hq) == [(LOST, MASKED, 0, ["07-2/1", "12-1/1"])]
        await carry_out(caller, late, directive)
        await until_shown(hq, [(LOST, MASKED, 1, ["07-2/1"])])


async def test_a_till_that_is_fenced_or_replaced_is_not_waited_for(hq: Serving) -> None:
    await ask(hq, "POST", "/v1/blocks", {"number": number(1)})
    await hq.enrol(traded(seed=9))
    assert await shown(hq) == [(LOST, MASKED, 0, ["07-2/2"])]
    await ask(hq, "POST", "/v1/tills/07-2/revocations", {})
    assert await shown(hq) == [(LOST, MASKED, 0, [])]


async def test_a_till_that_claims_to_have_done_what_it_was_not_told_is_a_fool_for_itself_only(hq: Serving) -> None:
    keeper = traded()
    await ask(hq, "POST", "/v1/blocks", {"number": number(1)})
    keeper.write(RecordKind.APPLIED, Applied(keeper.chain[0]))
    async with calling(hq, keeper) as caller:
        await caller.say(Records(Place("07-2"), 1, tuple(keeper.chain)))
        while (await hq.view(keeper)).posted < len(keeper.chain):
            pass
    assert await shown(hq) == [(LOST, MASKED, 0, ["07-2/1"])]


@pytest.mark.parametrize("path", ["/v1/blocks", "/v1/unblocks"])
@pytest.mark.parametrize("wrong", ["", "6222", "4111111111111111", number(1)[:-1], "x" * 1000])
@pytest.mark.asyncio(loop_scope="module")
async def test_what_is_no_card_is_not_blocked(steady_hq: Serving, path: str, wrong: str) -> None:
    status, said = await ask(steady_hq, "POST", path, {"number": wrong})
    assert (status, said["code"]) == (HTTPStatus.BAD_REQUEST, "card_wrong")
    assert (await ask(steady_hq, "GET", "/v1/blocks"))[1]["total"] == 0


async def test_tills_beyond_what_is_read_count_as_not_having_heard(
    hq: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = traded()
    async with calling(hq, keeper) as caller:
        await ask(hq, "POST", "/v1/blocks", {"number": number(1)})
        await carry_out(caller, keeper, (await order_about_cards(caller))[0])
        await until_shown(hq, [(LOST, MASKED, 1, [])])
    monkeypatch.setattr("hq_server.storage.negative_list.DIRECTIVES_READ_MAX", 0)
    assert await shown(hq) == [(LOST, MASKED, 0, ["07-2/1"])]
