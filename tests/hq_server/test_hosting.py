"""What a hosted store's till asks goes to its place's keeper, and the answer back: over real lines, and to no other."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from ledger.ids import ChainId
from offline_queue.gateway.line import PASSED_ON_MAX
from offline_queue.gateway.questions import QUESTIONS_BURST, QUESTIONS_PER_S, UNDER_WAY_MAX
from protocol.conversation import Ask, Look, Rejected, Seen, Told
from protocol.hosting import NotTold
from protocol.records import RecordKind, SignedRecord
from tests.hq_server import people
from tests.hq_server.forger import ALICE, Keeper
from tests.hq_server.hosted_shop import OPERATION, StuckWire, ask, hear, place_of, sell, till, told
from tests.hq_server.serving import PROTOCOL, Caller, Closed, Serving, serving, until

OUT_OF_TURN = Closed(PROTOCOL, "out_of_turn")
NOT_REACHED = Told(till().place, 1, OPERATION, None, NotTold.NOT_REACHED)
TOO_MANY = msgspec.structs.replace(NOT_REACHED, code=NotTold.BUSY)


@pytest.fixture
async def hq(tmp_path: Path) -> AsyncIterator[Serving]:
    """HQ with till 05-1, and the keeper of its place."""
    async with serving(tmp_path) as running:
        await running.enrol(till(), place_of(till()))
        yield running


async def test_an_ask_goes_to_the_places_keeper_and_what_it_tells_comes_back(hq: Serving) -> None:
    agent, host = till(), place_of(till())
    async with hq.line(agent) as asking, hq.line(host) as telling:
        asked = ask(agent, or_cancel=True)
        await asking.say(asked)
        assert await hear(telling) == asked
        answer = told(agent, sell(host))
        await telling.say(answer)
        assert await hear(asking) == answer


async def test_a_keeper_may_tell_that_it_declines_or_that_nothing_is_decided(hq: Serving) -> None:
    agent, host = till(), place_of(till())
    async with hq.line(agent) as asking, hq.line(host) as telling:
        for answer in (told(agent, host.decline(ALICE, 40)), told(agent, None, code="clock_in_doubt")):
            await telling.say(answer)
            assert await hear(asking) == answer


async def test_each_till_hears_what_its_own_place_tells(hq: Serving) -> None:
    one, two = till(), till("05-2", seed=51)
    hosts = [place_of(one), place_of(two, seed=61)]
    await hq.enrol(two, hosts[1])
    async with hq.line(one) as first, hq.line(two) as second, hq.line(hosts[0]) as upper, hq.line(hosts[1]) as other:
        asked = [ask(one), ask(two)]
        await first.say(asked[0])
        await second.say(asked[1])
        assert [await hear(upper), await hear(other)] == asked
        answers = [told(one, sell(hosts[0])), told(two, sell(hosts[1]))]
        await other.say(answers[1])
        await upper.say(answers[0])
        assert [await hear(first), await hear(second)] == answers


async def test_a_place_whose_line_is_down_is_not_reached_and_its_till_hears_so_at_once(hq: Serving) -> None:
    agent, host = till(), place_of(till())
    async with hq.line(agent) as asking:
        await asking.say(ask(agent))
        assert await hear(asking) == NOT_REACHED
        async with hq.line(host):
            pass
        await until(lambda: not hq.is_up(host))
        await asking.say(ask(agent))
        assert await hear(asking) == NOT_REACHED


async def test_a_till_without_a_place_at_hq_hears_so(hq: Serving) -> None:
    agent = till("05-2", seed=51)
    await hq.enrol(agent)
    async with hq.line(agent) as asking:
        await asking.say(ask(agent))
        assert await hear(asking) == told(agent, None, code="not_hosted")
        host = place_of(agent, seed=61)
        await hq.enrol(host)
        await hq.post(f"/v1/tills/{host.place}/revocations", {})
        async with hq.line(host):
            await asking.say(ask(agent))
            assert await hear(asking) == told(agent, None, code="not_hosted"), "nothing is asked of a revoked keeper"


async def test_what_a_fenced_till_asks_is_not_passed_on(hq: Serving) -> None:
    agent, host = till(), place_of(till())
    async with hq.line(agent) as asking, hq.line(host) as telling:
        await hq.post("/v1/tills/05-1/revocations", {})
        await asking.say(ask(agent))
        assert await hear(asking) == told(agent, None, code="fenced")
        assert await nothing_was_passed_on(telling)


async def test_what_a_revoked_keeper_of_a_place_tells_is_not_passed_on(hq: Serving) -> None:
    """HQ takes none of its records: the till would print what never was."""
    agent, host = till(), place_of(till())
    async with hq.line(agent) as asking, hq.line(host) as telling:
        await hq.post("/v1/tills/05-1@hq/revocations", {})
        await telling.say(told(agent, sell(host)))
        await telling.say(Look(ALICE, ALICE))
        await people.hear(telling, Seen)
        assert await nothing_was_passed_on(asking)


async def test_a_new_keeper_of_a_place_is_asked_in_place_of_the_old_one(hq: Serving) -> None:
    agent, old = till(), place_of(till())
    new = Keeper(old.place, epoch=2, seed=62, mode="hosted")
    await hq.enrol(new)
    async with hq.line(agent) as asking, hq.line(old) as before, hq.line(new) as telling:
        asked = ask(agent)
        await asking.say(asked)
        assert await hear(telling) == asked
        await before.say(told(agent, sell(old)))
        assert await nothing_was_passed_on(before)
        assert await nothing_was_passed_on(asking)


async def nothing_was_passed_on(caller: Caller) -> bool:
    """Whether the answer to a question is what is heard next, of all that is not HQ's own."""
    await caller.say(Look(ALICE, ALICE))
    while not isinstance(message := await caller.hear(), Seen):
        if isinstance(message, Ask | Told | Rejected | Closed):
            return False
    return True


async def test_a_told_whose_till_is_gone_is_dropped(hq: Serving) -> None:
    agent, host = till(), place_of(till())
    async with hq.line(host) as telling:
        answer = told(agent, sell(host))
        await telling.say(answer)
        assert await nothing_was_passed_on(telling)
        async with hq.line(agent) as asking:
            assert await nothing_was_passed_on(asking), "it asks again"
            await telling.say(answer)
            assert await hear(asking) == answer


def forged(agent: Keeper) -> Ask:
    return Ask(SignedRecord(ask(agent).asked.content, till(seed=99).key.sign(b"another")), or_cancel=False)


async def test_an_ask_that_its_till_did_not_sign_is_rejected_as_a_batch_would_be(hq: Serving) -> None:
    agent, host = till(), place_of(till())
    async with hq.line(agent) as asking, hq.line(host) as telling:
        await asking.say(forged(agent))
        assert await hear(asking) == Rejected("chain_broken", "05-1/1/2")
        assert await nothing_was_passed_on(telling)


async def test_an_ask_of_another_till_is_rejected_though_that_one_signed_it(hq: Serving) -> None:
    """05-1 cannot have anything done at the place of 05-2, nor a lead in the name of its neighbours."""
    agent, other = till(), till("05-2", seed=51)
    host = place_of(other, seed=61)
    await hq.enrol(other, host)
    async with hq.line(agent) as asking, hq.line(host) as telling:
        await asking.say(ask(other))
        assert await hear(asking) == Rejected("not_a_record", "05-2/1/2")
        await asking.say(ask(agent, keeper=other.place))
        assert await hear(asking) == Rejected("not_a_record", "05-2/1/2")
        await asking.say(ask(agent, epoch=2))
        assert await hear(asking) == Rejected("not_a_record", "05-1/2/3")
        assert await nothing_was_passed_on(telling)


async def test_an_ask_that_nobody_can_read_is_rejected(hq: Serving) -> None:
    agent = till()
    odd = agent.write(RecordKind.ASKED, msgspec.Raw(msgspec.msgpack.encode({"kind": "sale"})))
    async with hq.line(agent) as asking, hq.line(place_of(agent)) as telling:
        await asking.say(Ask(odd, or_cancel=False))
        assert await hear(asking) == Rejected("not_a_record", "05-1/1/2")
        await asking.say(Ask(SignedRecord(b"garbage", bytes(64)), or_cancel=False))
        assert await hear(asking) == Rejected("not_a_record", "")
        assert await nothing_was_passed_on(telling)


async def test_a_record_of_another_kind_asks_nothing_and_ends_the_line(hq: Serving) -> None:
    agent = till()
    async with hq.line(agent) as asking:
        await asking.say(Ask(agent.load(ALICE, 1), or_cancel=False))
        assert await hear(asking) == OUT_OF_TURN


async def test_only_the_keeper_of_its_own_place_tells_a_till_anything(hq: Serving) -> None:
    agent, host = till(), place_of(till())
    other = till("05-2", seed=51)
    stranger = place_of(other, seed=61)
    await hq.enrol(other, stranger)
    async with hq.line(agent) as asking:
        record = sell(host)
        for liar in (stranger, other):
            async with hq.line(liar) as telling:
                await telling.say(told(agent, record))
                assert await hear(telling) == OUT_OF_TURN
        assert await nothing_was_passed_on(asking)
        await asking.say(told(agent, record))
        assert await hear(asking) == OUT_OF_TURN


async def test_what_a_place_tells_is_its_own_signed_word_or_none(hq: Serving) -> None:
    agent, host, other = till(), place_of(till()), place_of(till("05-2"), seed=61)
    genuine = sell(host)
    changed = SignedRecord(genuine.content, bytes(64))
    async with hq.line(agent) as asking, hq.line(host) as telling:
        for record, code in ((sell(other), "not_a_record"), (changed, "chain_broken")):
            await telling.say(told(agent, record))
            rejected = await hear(telling)
            assert isinstance(rejected, Rejected)
            assert rejected.code == code
        assert await nothing_was_passed_on(asking)
        await telling.say(told(agent, host.chain[0]))
        assert await hear(telling) == OUT_OF_TURN, "that a book was opened is no answer"


async def test_a_place_that_takes_nothing_holds_up_nobody(hq: Serving) -> None:
    agent, host = till(), place_of(till())
    other, its_host = till("05-2", seed=51), place_of(till("05-2"), seed=61)
    await hq.enrol(other, its_host)
    stuck = StuckWire(host)
    speaking = asyncio.create_task(hq.door.speak(stuck))
    await until(lambda: hq.is_up(host))
    async with hq.line(agent) as asking, hq.line(other) as second, hq.line(its_host) as telling:
        await asking.say(ask(agent))
        await until(lambda: stuck.asks)
        for _ in range(PASSED_ON_MAX):
            await asking.say(ask(agent))
            assert await nothing_was_passed_on(asking), "it waits; one at a time, or HQ would be busy"
        await asking.say(ask(agent))
        assert await hear(asking) == NOT_REACHED, "that one is too many; the others wait"
        assert await nothing_was_passed_on(asking)
        asked = ask(other)
        await second.say(asked)
        assert await hear(telling) == asked
    speaking.cancel()
    await asyncio.gather(speaking, return_exceptions=True)
    assert len(stuck.asks) == 1


async def test_a_till_that_floods_hq_with_asks_waits_for_itself_alone(hq: Serving) -> None:
    agent, more = till(), 30
    other, its_host = till("05-2", seed=51), place_of(till("05-2"), seed=61)
    await hq.enrol(other, its_host)
    now_s = asyncio.get_running_loop().time
    async with hq.line(agent) as asking, hq.line(other) as second, hq.line(its_host) as telling:
        began_s = now_s()
        for _ in range(QUESTIONS_BURST + more):
            await asking.say(ask(agent))
        asked = ask(other)
        await second.say(asked)
        assert await hear(telling) == asked
        for _ in range(QUESTIONS_BURST + more):
            assert await hear(asking) in {NOT_REACHED, TOO_MANY}
        assert now_s() - began_s >= 0.9 * more / QUESTIONS_PER_S


async def test_of_too_many_asks_under_way_the_last_hears_that_hq_is_busy(
    hq: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on = asyncio.Event()
    hosted_by = hq.parts.desk.reception.hosted_by

    async def slowly(agent: ChainId) -> ChainId | NotTold:
        await goes_on.wait()
        return await hosted_by(agent)

    monkeypatch.setattr(hq.parts.desk.reception, "hosted_by", slowly)
    agent = till()
    async with hq.line(agent) as asking:
        for _ in range(UNDER_WAY_MAX + 1):
            await asking.say(ask(agent))
        assert await hear(asking) == TOO_MANY
        goes_on.set()
        for _ in range(UNDER_WAY_MAX):
            assert await hear(asking) == NOT_REACHED


async def test_who_knows_no_members_as_a_stores_lead_is_asked_and_told_nothing(
    hq: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hq.parts.desk, "reception", None)
    agent, host = till(), place_of(till())
    for keeper, message in ((agent, ask(agent)), (host, told(agent, sell(host)))):
        async with hq.line(keeper) as caller:
            await caller.say(message)
            assert await hear(caller) == OUT_OF_TURN
