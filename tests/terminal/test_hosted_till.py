"""A till's place at HQ: whose asks it hears, how much at once, on which day, and what it says when it can't."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import apsw
import msgspec
import pytest

from ledger.ids import Place
from protocol.conversation import Ask
from protocol.hosting import AskedBody
from protocol.records import Record, RecordKind, SignedRecord, encode_body, seal
from terminal.answers import DayClose, Problem
from terminal.hosted_till import UNDER_WAY_MAX
from terminal.hosting_book import CLOCKS_MS
from tests.chains.company import ALICE
from tests.terminal.hosted_pair import AGENT_KEY, AT_ONCE_S, Pair, declined, done, opened, receipt
from tests.terminal.till_on_line import soon

X = "operation-x"
HAS = 500_00 + 60_55


async def test_what_another_till_asks_for_is_not_done(funded: Pair) -> None:
    ask = await _ask_of(funded)
    answers = len(funded.answers.said)
    await _hear(funded, _changed(ask, keeper=Place("07-3")))
    await _hear(funded, _changed(ask, keeper=Place("07-2@hq")))
    assert (funded.place.has(ALICE), len(funded.answers.said)) == (HAS, answers)


async def test_what_cant_be_read_is_not_answered(funded: Pair) -> None:
    ask = await _ask_of(funded)
    answers = len(funded.answers.said)
    await _hear(funded, msgspec.structs.replace(ask, asked=SignedRecord(b"\xc1", ask.asked.signature)))
    await _hear(funded, _changed(ask, body=encode_body(msgspec.defstruct("None_", [])())))
    assert len(funded.answers.said) == answers


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "gift_card"},
        {"kind": "load"},
        {"kind": "refund"},
        {"card_kind": "unknown"},
        {"entry": "by_eye"},
        {"sold": None},
        {"kind": "load", "tender": "shells"},
    ],
)
async def test_what_is_not_understood_is_declined_and_stays_so(funded: Pair, change: dict[str, object]) -> None:
    ask = await _ask_of(funded)
    body = msgspec.structs.replace(_open(ask).body_as(AskedBody), **change)
    strange = _changed(ask, body=encode_body(body))
    await _hear(funded, strange)
    told = funded.last_told().told
    assert told is not None
    assert told.open().kind is RecordKind.DECLINED
    records = funded.place.kinds()
    await _hear(funded, strange)
    await _hear(funded, msgspec.structs.replace(strange, or_cancel=True))
    assert (funded.last_told().told, funded.place.kinds()) == (told, records)
    assert funded.place.has(ALICE) == HAS


async def test_parts_that_are_no_payment_move_nothing(funded: Pair) -> None:
    """The door of the shop's till is not this one's."""
    ask = await _ask_of(funded)
    body = _open(ask).body_as(AskedBody)
    assert body.sold is not None
    part = body.sold.paid[0]
    for units in ((-50_00, 150_00), (0, 100_00), (99_99,)):
        paid = tuple(msgspec.structs.replace(part, units=one) for one in units)
        sold = msgspec.structs.replace(body.sold, paid=paid)
        named = msgspec.structs.replace(body, sold=sold, operation_id=f"operation-{units[0]}")
        await _hear(funded, _changed(ask, body=encode_body(named)))
        told = funded.last_told().told
        assert told is not None
        assert told.open().kind is RecordKind.DECLINED
    assert funded.place.has(ALICE) == HAS


async def test_it_does_so_much_at_once_and_hears_nothing_more(funded: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    ask, go_on = await _ask_of(funded), asyncio.Event()
    do: Any = funded.place.till.do

    async def slowly(*words: object) -> object:
        await go_on.wait()
        return await do(*words)

    monkeypatch.setattr(funded.place.till, "do", slowly)
    answers = len(funded.answers.said)
    for _ in range(UNDER_WAY_MAX + 6):
        funded.hosted.hear(ask)
    go_on.set()
    await funded.rest()
    assert len(funded.answers.said) - answers == UNDER_WAY_MAX
    assert funded.place.has(ALICE) == HAS - 100_00
    await _hear(funded, ask)
    assert len(funded.answers.said) - answers == UNDER_WAY_MAX + 1, "it hears again"


async def test_it_follows_the_tills_day_and_closes_none_twice(funded: Pair) -> None:
    await _close_days(funded, 1)
    done(await funded.pay(1_00))
    assert funded.place.dates()[-2:] == ["2026-11-23", "2026-11-23"]
    done(await funded.pay(1_00))
    assert funded.place.kinds().count("day_closed") == 1
    await _close_days(funded, 3)
    sold = done(await funded.pay(1_00))
    assert sold.business_date == "2026-11-26"
    assert funded.place.kinds().count("day_closed") == 2, "days without an ask have nothing to close"


async def test_it_never_goes_back(funded: Pair) -> None:
    """The till in the shop has not closed yesterday: it trades on after midnight, or its place has begun today."""
    moment = funded.place.till.moment()
    assert await funded.place.store.do(lambda store: store.hosting.follow("2026-11-24", moment))
    sold = done(await funded.pay(1_00))
    assert sold.business_date == "2026-11-24"
    await _close_days(funded, 1)
    assert done(await funded.pay(1_00)).business_date == "2026-11-24"
    await _close_days(funded, 2)
    assert done(await funded.pay(1_00)).business_date == "2026-11-25"


async def test_it_finds_the_day_again_after_years(funded: Pair) -> None:
    """The store was run another way for so long."""
    await funded.run_as("transfer")
    await _close_days(funded, 800)
    await funded.run_as("hosted")
    assert done(await funded.load(100_00)).business_date == "2029-01-30"


@pytest.mark.parametrize("day", ["2026-11-22", "2026-11-31", "2026-12", "2026-W48-2", "2026-11-23 ", "9999-12-31", ""])
async def test_it_follows_to_no_day_that_is_none_or_too_far(funded: Pair, day: str) -> None:
    await _hear(funded, _changed(await _ask_of(funded), business_date=day))
    assert set(funded.place.dates()) == {"2026-11-22"}
    assert done(await funded.pay(1_00)).business_date == "2026-11-22"


async def test_watchers_are_told_of_a_day_when_there_is_a_new_one(
    funded: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it costs to say how a till stands is not for each customer to bear."""
    looks: list[int] = []
    look: Any = funded.place.till.look_at_book

    async def counted() -> None:
        looks.append(1)
        await look()

    monkeypatch.setattr(funded.place.till, "look_at_book", counted)
    done(await funded.pay(1_00))
    assert len(looks) == 0
    await _close_days(funded, 1)
    done(await funded.pay(1_00))
    assert len(looks) == 1
    assert funded.place.till.hello().business_date == "2026-11-23"


async def test_a_void_is_for_the_day_of_the_place_that_sold(funded: Pair) -> None:
    sold = receipt(await funded.pay(100_00))
    await _close_days(funded, 1)
    assert declined(await funded.void(sold)) == "day_is_over"
    assert done(await funded.refund(sold, 100_00)).amount == 100_00


async def test_a_full_disk_at_hq_decides_nothing_and_says_so(funded: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(funded.place.book._outbox, "append", _full)
        assert await funded.pay(100_00, X) is Problem.HQ_NOT_REACHED
        await funded.settle()
        assert await funded.inquire(X) is Problem.OUTCOME_UNKNOWN
        assert funded.last_told().code == "disk_full"
    await funded.settle()
    assert declined(await funded.inquire(X)) == "cancelled"
    assert funded.place.has(ALICE) == HAS


async def test_a_full_disk_at_hq_closes_no_day_and_takes_no_ask_of_the_next(
    funded: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _close_days(funded, 1)
    with monkeypatch.context() as patch:
        patch.setattr(funded.place.book._outbox, "append", _full)
        assert await funded.pay(100_00, X) is Problem.HQ_NOT_REACHED
    assert set(funded.place.dates()) == {"2026-11-22"}
    await funded.settle()
    assert funded.place.dates()[-1] == "2026-11-23"


async def test_a_full_disk_in_the_shop_asks_for_nothing(funded: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    asks = len(funded.asks.said)
    with monkeypatch.context() as patch:
        patch.setattr(funded.shop.book._outbox, "append", _full)
        with pytest.raises(Exception, match=r"^$") as fault:
            await funded.pay(100_00, X)
        assert type(fault.value).__name__ == "DiskFull"
    assert len(funded.asks.said) == asks
    assert await funded.inquire(X) is Problem.UNKNOWN_OPERATION


async def test_a_full_disk_in_the_shop_says_nothing_of_what_was_done(
    funded: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    funded.answers.holds, funded.agent._patience_s = True, AT_ONCE_S
    assert await funded.pay(100_00, X) is Problem.OUTCOME_UNKNOWN
    await funded.rest()
    with monkeypatch.context() as patch:
        patch.setattr(funded.shop.book._outbox, "append", _full)
        funded.answers.let_go()
        await soon(lambda: funded.faults)
    assert [type(fault).__name__ for fault in funded.faults] == ["DiskFull"]
    funded.faults.clear()
    assert await funded.inquire(X) is Problem.OUTCOME_UNKNOWN
    await funded.settle()
    assert done(await funded.inquire(X)).amount == 100_00
    assert funded.shop.kinds().count("told") == 2


async def test_a_mistake_in_one_ask_is_no_answer_and_does_not_end_the_others(
    funded: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(*_: object) -> None:
        raise ValueError("a mistake of ours")

    funded.agent._patience_s = AT_ONCE_S
    with monkeypatch.context() as patch:
        patch.setattr(funded.place.book, "perform", wrong)
        patch.setattr("terminal.hosted_till.request_of", wrong)
        assert await funded.pay(100_00, X) is Problem.OUTCOME_UNKNOWN
    await funded.settle()
    assert declined(await funded.inquire(X)) == "cancelled"


def _full(*_: object) -> None:
    raise apsw.FullError


async def _close_days(pair: Pair, days: int) -> None:
    """The till in the shop opens the day that so many days later is."""
    pair.next_day(days)
    assert isinstance(await pair.shop.till.close_day(), DayClose)


async def _ask_of(pair: Pair) -> Ask:
    """A sale of 100.00 that is asked and never comes to HQ."""
    pair.keep_back_asks()
    assert await pair.pay(100_00, X) is Problem.OUTCOME_UNKNOWN
    (ask,), pair.asks.held, pair.asks.holds = pair.asks.held, [], False
    assert isinstance(ask, Ask)
    pair.agent._is_in_doubt = False
    pair.agent._patience_s = 20.0
    return ask


def _open(ask: Ask) -> Record:
    return ask.asked.open()


def _changed(ask: Ask, **changes: object) -> Ask:
    return Ask(seal(msgspec.structs.replace(_open(ask), **changes), AGENT_KEY.sign), or_cancel=False)


async def _hear(pair: Pair, ask: Ask) -> None:
    pair.hosted.hear(ask)
    await pair.rest()


async def test_what_may_have_been_asked_of_an_earlier_keeper_of_the_place_is_not_called_off(tmp_path: Path) -> None:
    pair = Pair(tmp_path)
    pair.place.identity = msgspec.structs.replace(pair.place.identity, epoch=2)
    async with opened(pair):
        pair.keep_back_asks()
        assert await pair.pay(100_00, X) is Problem.OUTCOME_UNKNOWN
        pair.asks.held.clear()
        pair.asks.holds = False
        records = pair.place.kinds()
        for _ in range(2):
            await pair.settle()
            assert await pair.inquire(X) is Problem.OUTCOME_UNKNOWN
        assert (pair.place.kinds(), pair.last_told().code, pair.agent.reaches_hq) == (records, "outcome_unknown", True)
        pair.shop.now_ms += CLOCKS_MS
        pair.keep_back_asks()
        assert await pair.pay(100_00, "operation-y") is Problem.OUTCOME_UNKNOWN
        pair.asks.held.clear()
        pair.asks.holds = False
        await pair.settle()
        assert declined(await pair.inquire("operation-y")) == "cancelled"
