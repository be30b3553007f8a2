"""The till of a hosted store and its place at HQ: what it answers, when, and that it is true for ever."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from protocol.conversation import Ask, Told
from terminal.agent import Agent
from terminal.answers import BookState, Problem
from terminal.book_trust import BookTrust
from tests.chains.company import ALICE
from tests.terminal.hosted_pair import AT_ONCE_S, Pair, declined, done, receipt
from tests.terminal.till_on_line import soon

X = "operation-x"


HAS = 500_00 + 60_55


async def test_a_sale_is_done_at_hq_and_the_till_in_the_shop_keeps_nothing_but_its_word(funded: Pair) -> None:
    sold = done(await funded.pay(120_00))
    assert (sold.receipt_number, sold.record.partition("/")[0]) == ("07-2@hq-000002", "07-2@hq")
    assert (funded.shop.has(ALICE), funded.place.has(ALICE)) == (0, HAS - 120_00)
    assert funded.shop.kinds() == ["opened", "asked", "told", "asked", "told"]


async def test_it_is_asked_no_sooner_than_it_is_stored(funded: Pair) -> None:
    """Whoever asks without a record of it would know nothing after a power cut."""
    asked: list[list[str]] = []

    def hear(message: object) -> None:
        assert isinstance(message, Ask)
        asked.append([one.operation_id for one in funded.shop.book.hosted.open()])

    funded.asks.hear, funded.agent._patience_s = hear, AT_ONCE_S
    assert await funded.pay(1_00, X) is Problem.OUTCOME_UNKNOWN
    assert asked == [[X]]


async def test_while_it_is_not_known_nobody_says_anything_of_it_and_it_is_not_asked_for_twice(funded: Pair) -> None:
    funded.keep_back_answers()
    words = await funded.words(100_00, X)
    assert await funded.shop.till.charge(words) is Problem.OUTCOME_UNKNOWN
    asks = len(funded.asks.said)
    assert await funded.shop.till.charge(words) is Problem.OUTCOME_UNKNOWN, "the same words"
    assert await funded.inquire(X) is Problem.OUTCOME_UNKNOWN
    other = msgspec.structs.replace(words, amount=90_00)
    assert await funded.shop.till.charge(other) is Problem.OPERATION_CONFLICT, "other words"
    funded.agent._is_in_doubt = False  # something else was answered
    assert await funded.shop.till.charge(words) is Problem.OUTCOME_UNKNOWN, "HQ could be asked again"
    funded.shop.till.reception.dismiss(words.presentation)
    assert await funded.shop.till.charge(words) is Problem.OUTCOME_UNKNOWN, "its card has left"
    assert len(funded.asks.said) == asks
    funded.answers.let_go()
    await funded.rest()
    again = done(await funded.shop.till.charge(words))
    assert again.replayed
    assert done(await funded.inquire(X)).receipt_number == again.receipt_number
    assert funded.place.has(ALICE) == HAS - 100_00


async def test_a_pos_number_is_not_free_while_it_is_not_known_what_came_of_it(funded: Pair) -> None:
    funded.keep_back_answers()
    assert await funded.pay(100_00, X, "POS-1") is Problem.OUTCOME_UNKNOWN
    asks = len(funded.asks.said)
    assert await funded.pay(100_00, "operation-y", "POS-1") is Problem.OUTCOME_UNKNOWN
    assert await funded.pay(70_00, "operation-z", "POS-1") is Problem.OUTCOME_UNKNOWN
    funded.agent._is_in_doubt = False  # something else was answered
    assert await funded.pay(100_00, "operation-u", "POS-1") is Problem.OUTCOME_UNKNOWN
    funded.asks.is_up = False
    assert await funded.pay(100_00, "operation-v", "POS-1") is Problem.OUTCOME_UNKNOWN, "alone neither"
    assert await funded.load(100_00, "POS-2") is not Problem.OUTCOME_UNKNOWN, "another number is free"
    assert await funded.shop.till.inquiries.by_pos_ref("POS-1") is Problem.OUTCOME_UNKNOWN
    assert len(funded.asks.said) == asks
    funded.answers.let_go()
    await funded.rest()
    found = await funded.shop.till.inquiries.by_pos_ref("POS-1")
    assert isinstance(found, list)
    assert [one.operation_id for one in found] == [X]
    assert done(await funded.pay(100_00, "operation-y", "POS-1")).replayed
    assert await funded.pay(70_00, "operation-z", "POS-1") is Problem.POS_REF_CONFLICT


async def test_a_pos_number_names_one_movement_of_a_kind_over_both_books(pair: Pair) -> None:
    await pair.run_as("transfer")
    own = receipt(await pair.load(300_00, "POS-1"))
    await pair.run_as("hosted")
    assert receipt(await pair.load(300_00, "POS-1")) == own
    assert await pair.load(200_00, "POS-1") is Problem.POS_REF_CONFLICT
    hosted = receipt(await pair.load(300_00, "POS-2"))
    await pair.run_as("transfer")
    assert receipt(await pair.load(300_00, "POS-2")) == hosted
    assert await pair.load(200_00, "POS-2") is Problem.POS_REF_CONFLICT
    assert pair.asks.said.__len__() == 1


async def test_what_is_not_known_is_called_off_when_it_was_not_done_and_then_never_is(funded: Pair) -> None:
    funded.keep_back_asks()
    assert await funded.pay(100_00, X, "POS-1") is Problem.OUTCOME_UNKNOWN
    late, funded.asks.held, funded.asks.holds = funded.asks.held, [], False
    await funded.settle()
    assert declined(await funded.inquire(X)) == "cancelled"
    assert done(await funded.pay(100_00, "operation-y", "POS-1")).receipt_number == "07-2@hq-000002", "it was free"
    book = funded.place.kinds()
    for message in late:
        funded.asks.hear(message)
    await funded.rest()
    assert funded.place.kinds() == book, "what comes so late does nothing"
    assert declined(await funded.inquire(X)) == "cancelled"
    assert funded.place.has(ALICE) == HAS - 100_00


async def test_calling_off_what_was_done_says_that_it_was_done(funded: Pair) -> None:
    funded.keep_back_answers()
    assert await funded.pay(100_00, X) is Problem.OUTCOME_UNKNOWN
    await funded.rest()
    funded.answers.held, funded.answers.holds = [], False  # lost for ever
    await funded.settle()
    assert done(await funded.inquire(X)).receipt_number == "07-2@hq-000002"
    assert funded.place.has(ALICE) == HAS - 100_00


async def test_calling_off_what_is_being_decided_waits_for_what_comes_of_it(
    funded: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here it waits for value that is under way to the place at HQ."""
    go_on = asyncio.Event()
    decide: Any = funded.place.till.deciding.decide

    async def slowly(*words: object) -> object:
        await go_on.wait()
        return await decide(*words)

    monkeypatch.setattr(funded.place.till.deciding, "decide", slowly)
    funded.agent._patience_s = AT_ONCE_S
    assert await funded.pay(100_00, X) is Problem.OUTCOME_UNKNOWN
    await funded.agent.settle()
    await soon(lambda: len(funded.hosted._answering) == 2)
    assert await funded.inquire(X) is Problem.OUTCOME_UNKNOWN
    go_on.set()
    await funded.rest()
    assert done(await funded.inquire(X)).amount == 100_00
    assert "declined" not in funded.place.kinds()


async def test_what_a_restart_finds_open_is_settled(funded: Pair) -> None:
    funded.keep_back_answers()
    assert await funded.pay(100_00, X) is Problem.OUTCOME_UNKNOWN
    await funded.restart_shop()
    assert await funded.inquire(X) is Problem.OUTCOME_UNKNOWN
    funded.answers.held, funded.answers.holds = [], False
    await funded.settle()
    assert done(await funded.inquire(X)).amount == 100_00
    asks = len(funded.asks.said)
    await funded.settle()
    assert len(funded.asks.said) == asks, "nothing is asked for what is known"


async def test_what_hq_tells_before_the_till_has_begun_is_kept(funded: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    funded.keep_back_answers()
    assert await funded.pay(100_00, X) is Problem.OUTCOME_UNKNOWN
    await funded.rest()
    await funded.stop_shop()
    with monkeypatch.context() as patch:
        patch.setattr(Agent, "begin", lambda _: asyncio.sleep(0))
        await funded.start_shop()
        funded.answers.let_go()
        await funded.rest()
    await funded.agent.begin()
    assert done(await funded.inquire(X)).amount == 100_00
    assert funded.agent.prefix == "07-2@hq"


async def test_asked_twice_it_is_done_once(funded: Pair) -> None:
    hear = funded.asks.hear
    funded.asks.hear = lambda message: (hear(message), hear(message))
    done(await funded.pay(100_00, X))
    await funded.rest()
    funded.asks.hear(funded.asks.said[-1])
    await funded.rest()
    assert len(funded.answers.said) == 5
    assert funded.place.has(ALICE) == HAS - 100_00
    assert funded.shop.kinds().count("told") == 2


async def test_told_twice_it_is_told_to_watchers_once(funded: Pair) -> None:
    funded.keep_back_answers()
    assert await funded.pay(100_00, X) is Problem.OUTCOME_UNKNOWN
    heard: list[str] = []
    funded.agent.late = lambda answer: heard.append(answer.operation_id)
    await funded.rest()
    funded.answers.held *= 2
    funded.answers.let_go()
    await funded.rest()
    assert heard == [X]


async def test_a_book_that_may_be_old_asks_for_nothing_and_keeps_nothing(funded: Pair) -> None:
    funded.keep_back_answers()
    assert await funded.pay(100_00, X) is Problem.OUTCOME_UNKNOWN
    await funded.rest()
    trust = funded.shop.book.trust
    _close(trust)
    records = funded.shop.kinds()
    funded.answers.let_go()
    await funded.rest()
    assert await funded.pay(1_00) is Problem.BOOK_BEHIND
    assert await funded.inquire(X) is Problem.OUTCOME_UNKNOWN
    assert funded.shop.kinds() == records
    _open(trust)
    await funded.settle()
    assert done(await funded.inquire(X)).amount == 100_00


async def test_a_place_whose_book_may_be_old_decides_and_calls_off_nothing(funded: Pair) -> None:
    _close(funded.place.book.trust)
    records = funded.place.kinds()
    funded.next_day()
    await funded.shop.till.close_day()
    assert await funded.pay(100_00, X) is Problem.HQ_NOT_REACHED
    await funded.settle()
    assert [one.code for one in funded.answers.said[1:] if isinstance(one, Told)] == ["book_behind"] * 2
    assert await funded.inquire(X) is Problem.OUTCOME_UNKNOWN
    assert funded.place.kinds() == records
    _open(funded.place.book.trust)
    await funded.settle()
    assert declined(await funded.inquire(X)) == "cancelled"


async def test_asks_that_are_open_when_the_store_is_run_otherwise_are_settled_all_the_same(funded: Pair) -> None:
    funded.keep_back_answers()
    assert await funded.pay(100_00, X, "POS-1") is Problem.OUTCOME_UNKNOWN
    await funded.run_as("transfer")
    assert await funded.pay(100_00, X, "POS-1") is Problem.OPERATION_CONFLICT, "another presentation"
    assert await funded.load(1_00, "POS-1", X) is Problem.OPERATION_CONFLICT
    assert await funded.pay(100_00, "operation-y", "POS-1") is Problem.OUTCOME_UNKNOWN
    assert done(await funded.load(100_00)).receipt_number == "07-2-000001"
    funded.answers.held, funded.answers.holds = [], False
    await funded.settle()
    assert done(await funded.inquire(X)).receipt_number == "07-2@hq-000002"


def _close(trust: BookTrust) -> None:
    trust._change(BookState.BEHIND)


def _open(trust: BookTrust) -> None:
    trust._change(BookState.SURE)
