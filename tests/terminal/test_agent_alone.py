"""A hosted store's till that HQ does not answer: what it says, what it still does, and how it finds its way back."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from ledger.ids import HEADQUARTERS
from protocol.conversation import Ask, Told
from protocol.hosting import NotTold
from terminal.answers import Problem
from tests.chains.company import ALICE
from tests.terminal.hosted_pair import ANSWERED, AT_ONCE_S, Pair, declined, done
from tests.terminal.till_on_line import soon

X = "operation-x"


HAS = 500_00 + 60_55


async def test_what_nobody_can_be_asked_for_was_not_done_and_never_will_be(funded: Pair) -> None:
    await funded.place.stop()
    words = await funded.words(100_00, X)
    assert await funded.shop.till.charge(words) is Problem.HQ_NOT_REACHED
    assert await funded.shop.till.charge(words) is Problem.OUTCOME_UNKNOWN, "it is not called off yet"
    await funded.start_place()
    await funded.settle()
    assert declined(await funded.inquire(X)) == "cancelled"


async def test_while_the_place_is_not_to_be_had_the_till_takes_what_needs_nothing_of_it(funded: Pair) -> None:
    """One customer finds out, and the next ones do not wait; of what was asked there is never more than that one."""
    await funded.place.stop()
    assert await funded.load(100_00) is Problem.HQ_NOT_REACHED
    assert not funded.agent.reaches_hq
    assert done(await funded.load(100_00)).receipt_number == "07-2-000001"
    assert declined(await funded.pay(500_00)) == "not_enough_here"
    await funded.settle()
    assert not funded.agent.reaches_hq, "it still is not to be had"
    await funded.start_place()
    await funded.settle()
    assert funded.agent.reaches_hq
    assert done(await funded.pay(100_00)).receipt_number == "07-2@hq-000002"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (NotTold.NOT_REACHED, Problem.HQ_NOT_REACHED),
        (NotTold.NOT_HOSTED, Problem.HQ_NOT_REACHED),
        (NotTold.FENCED, Problem.TILL_REVOKED),
        (NotTold.BUSY, Problem.BUSY),
        ("disk_full", Problem.HQ_NOT_REACHED),
        ("book_behind", Problem.HQ_NOT_REACHED),
        ("till_revoked", Problem.HQ_NOT_REACHED),
        ("of-a-later-version", Problem.HQ_NOT_REACHED),
        ("pos_ref_conflict", Problem.POS_REF_CONFLICT),
        ("operation_conflict", Problem.OPERATION_CONFLICT),
    ],
)
async def test_why_nothing_was_decided_is_said_in_the_words_of_this_till(funded: Pair, code: str, said: str) -> None:
    """What is wrong with the place at HQ is no fault of this till's disk or book."""
    funded.asks.hear = lambda _: funded.answers.hear(Told(*funded.chain, X, None, code))
    assert await funded.pay(100_00, X) is said
    assert await funded.inquire(X) is Problem.OUTCOME_UNKNOWN


async def test_after_a_time_out_nobody_waits_until_something_was_answered(funded: Pair) -> None:
    funded.keep_back_answers()
    assert funded.agent.reach == {HEADQUARTERS, "07-2@hq"}
    assert await funded.pay(100_00, X) is Problem.OUTCOME_UNKNOWN
    assert (funded.agent.reaches_hq, funded.agent.reach) == (False, frozenset())
    assert declined(await funded.pay(1_00)) == "not_enough_here"
    funded.answers.let_go()
    await funded.rest()
    assert funded.agent.reaches_hq
    assert done(await funded.pay(1_00)).receipt_number == "07-2@hq-000003"


async def test_an_answer_that_is_kept_while_whoever_waited_gives_up_ends_the_doubt(
    funded: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is open then, so that nothing more would be asked, and nothing more be answered."""
    tell: Any = funded.shop.book.hosted.tell
    given_up = threading.Event()

    funded.agent._patience_s = AT_ONCE_S

    def keep_slowly(*words: object) -> object:
        given_up.wait()
        return tell(*words)

    monkeypatch.setattr(funded.shop.book.hosted, "tell", keep_slowly)
    paying = asyncio.create_task(funded.pay(100_00, X))
    await soon(paying.done)
    assert paying.result() is Problem.OUTCOME_UNKNOWN
    given_up.set()
    await funded.rest()
    assert done(await funded.inquire(X)).amount == 100_00
    assert funded.agent.reaches_hq


async def test_a_till_alone_earns_and_loads_and_spends_nothing_that_lies_at_hq(funded: Pair) -> None:
    funded.asks.is_up = False
    assert declined(await funded.pay(1_00)) == "not_enough_here"
    assert done(await funded.load(100_00)).receipt_number == "07-2-000001"
    assert funded.asks.said.__len__() == 1
    assert funded.place.has(ALICE) == HAS


async def test_the_line_may_end_between_the_record_and_the_asking(
    funded: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lose(_: object) -> bool:
        return False

    with monkeypatch.context() as patch:
        patch.setattr(funded.asks, "pass_on", lose)
        assert await funded.pay(1_00, X) is Problem.OUTCOME_UNKNOWN
    assert funded.agent.reaches_hq, "it was not slow, it was gone"
    await funded.settle()
    assert declined(await funded.inquire(X)) == "cancelled"


async def test_the_loop_settles_without_being_asked(funded: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("terminal.agent.SETTLE_S", 0.001)
    running = asyncio.create_task(funded.agent.run())
    try:
        funded.keep_back_asks()
        assert await funded.pay(1_00, X) is Problem.OUTCOME_UNKNOWN
        funded.asks.is_up = False
        await asyncio.sleep(0.01)
        funded.asks.held, funded.asks.holds, funded.asks.is_up = [], False, True
        await soon(lambda: not funded.shop.book.operations.is_open(X))
        await soon(lambda: not funded.agent._unsettled.is_set())
        asks = len(funded.asks.said)
        await asyncio.sleep(0.01)
        assert len(funded.asks.said) == asks, "there is nothing to ask"
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_whoever_waits_is_not_called_off(funded: Pair) -> None:
    funded.answers.holds = True
    paying = asyncio.create_task(funded.pay(100_00, X))
    await soon(lambda: funded.answers.held)
    await funded.agent.settle()
    assert [message.or_cancel for message in funded.asks.said if isinstance(message, Ask)] == [False, False]
    funded.answers.let_go()
    assert done(await paying).amount == 100_00


async def test_a_card_before_the_cashier_may_spend_what_lies_where_hq_sells(funded: Pair) -> None:
    assert ANSWERED is funded.shop.till.hq
    assert funded.shop.till.hello().receipt_prefix == "07-2@hq"
    await funded.run_as("transfer")
    assert funded.shop.till.hello().receipt_prefix == "07-2"
    assert funded.shop.till.reception.reach() == frozenset()
