"""The chain goes up and HQ's word comes down, over a real line that is cut, slow, silent or gone."""

import asyncio
import random
import threading
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from ledger.journal_sqlite import DiskFull
from offline_queue.forwarding import WINDOW_BATCHES
from protocol.acknowledgements import open_acknowledgement
from protocol.conversation import BATCH_RECORDS_MAX
from protocol.rejections import Rejection
from protocol.signing import Context, is_signed_by
from terminal.answers import Answer, HqState, SlipView
from terminal.store import TillStore
from tests.terminal.stand_in_hq import StandInHq
from tests.terminal.till_on_line import PATIENT, SOON_S, TillOnLine, Ways, opened_till, soon

HASTY = Ways(patience=replace(PATIENT, answer_s=2.0))
"""An HQ that acknowledges nothing for so long is given up."""
WATCHFUL = Ways(heartbeat_s=1.0)
"""A pong may take half of it."""


async def test_what_is_sold_before_and_on_the_line_is_at_hq_byte_for_byte(till: TillOnLine) -> None:
    await till.sell(3)
    await till.all_arrived()
    await till.sell()
    await till.till.close_day()
    await till.all_arrived()
    status = await till.status()
    assert (status.state, status.waiting, status.stopped) == (HqState.ANSWERED, 0, None)


async def test_the_last_acknowledgement_is_kept_as_it_was_signed(till: TillOnLine, hq: StandInHq) -> None:
    await till.sell(2)
    await till.all_arrived()
    kept = await till.store.do(lambda store: store.hq.acknowledgement())
    assert kept is not None
    assert is_signed_by(hq.key.public_key(), Context.ACKNOWLEDGEMENT, kept)
    assert open_acknowledgement(kept).held_hash == (await till.chain())[-1].hash


async def test_an_acknowledgement_that_proves_nothing_more_is_not_written(till: TillOnLine, hq: StandInHq) -> None:
    """HQ says so again whenever it has posted; each that is written costs a sync of the disk."""
    await till.sell(2)
    await till.all_arrived()
    before = await till.store.do(lambda store: store.hq.acknowledgement())
    hq.distort = lambda said: msgspec.structs.replace(said, posted=said.held, at_ms=said.at_ms + 1)
    await hq.acknowledge()
    hq.answers.clear()
    await till.sell()
    await soon(lambda: till.hq_status.waiting == 1)
    assert await till.store.do(lambda store: store.hq.acknowledgement()) == before
    hq.answers.set()
    await till.all_arrived()
    assert await till.store.do(lambda store: store.hq.acknowledgement()) != before


async def test_a_till_that_never_reached_hq_sells_and_says_so(till: TillOnLine, hq: StandInHq) -> None:
    await hq.close()
    await till.stop()
    await till.start()
    await till.sell(5)
    await soon(lambda: till.hq_status.waiting == 6)
    assert till.hq_status.state in (HqState.NEVER, HqState.NOT_REACHED)
    await hq.open()
    await till.all_arrived()


async def test_the_page_hears_when_the_line_comes_and_goes_and_when_hq_has_all(till: TillOnLine, hq: StandInHq) -> None:
    await till.state(HqState.ANSWERED)
    await till.all_arrived()
    await hq.close()
    await till.state(HqState.NOT_REACHED)
    first = till.hq_status.last_contact
    assert first is not None
    await till.sell(3)
    await soon(lambda: till.hq_status.waiting == 3)
    await hq.open()
    await till.all_arrived()
    await soon(lambda: till.told()[-1].waiting == 0)
    told = [one.state for one in till.told()]
    assert told[-3:] == [HqState.NOT_REACHED, HqState.ANSWERED, HqState.ANSWERED]
    assert till.hq_status.last_contact is not None
    assert till.hq_status.last_contact >= first


async def test_a_slip_says_whether_hq_was_on_the_line(till: TillOnLine, hq: StandInHq) -> None:
    await till.state(HqState.ANSWERED)
    sold = await till.load()
    await hq.close()
    await till.state(HqState.NOT_REACHED)
    later = await till.load()
    assert isinstance(sold, Answer)
    assert isinstance(later, Answer)
    slips = [await till.till.slips.view(one.receipt_number or "") for one in (sold, later)]
    texts = [slip.text["en"] for slip in slips if isinstance(slip, SlipView)]
    assert "HQ answered" in texts[0]
    assert "HQ not reached since" in texts[1]


async def test_when_hq_was_last_heard_is_known_after_the_night(tmp_path: Path, hq: StandInHq) -> None:
    """It was a pong, after the last acknowledgement."""
    async with opened_till(tmp_path, hq, WATCHFUL) as till:
        await till.all_arrived()
        acknowledged_ms = till.standing.heard_at_ms
        await soon(lambda: till.standing.heard_at_ms != acknowledged_ms)
        await hq.close()
        await till.state(HqState.NOT_REACHED)
        before, heard_at_ms = till.hq_status.last_contact, till.standing.heard_at_ms
        await till.sell(2)
        await till.stop()
        await till.start()
        assert (till.hq_status.state, till.hq_status.last_contact) == (HqState.NOT_REACHED, before)
        assert (till.hq_status.waiting, till.standing.heard_at_ms) == (2, heard_at_ms)


async def test_a_long_queue_goes_in_batches(till: TillOnLine, hq: StandInHq) -> None:
    await hq.close()
    await till.grow(1300)
    await hq.open()
    await till.all_arrived()
    sizes = [len(batch.records) for batch in hq.batches]
    assert sum(sizes) == 1301
    assert sizes == [BATCH_RECORDS_MAX] * 5 + [51]


async def test_an_hq_that_takes_all_and_acknowledges_nothing_is_not_flooded(tmp_path: Path, hq: StandInHq) -> None:
    async with opened_till(tmp_path, hq, HASTY) as till:
        await till.all_arrived()
        await hq.close()
        await till.grow(2000)
        hq.sheds, sent = 10**6, len(hq.batches)
        await hq.open()
        await soon(lambda: len(hq.batches) == sent + WINDOW_BATCHES)
        hq.turns_away = "busy"  # there is no second line
        await till.state(HqState.NOT_REACHED)
        assert len(hq.batches) == sent + WINDOW_BATCHES
        hq.sheds, hq.turns_away = 0, None
        await till.all_arrived()


async def test_what_hq_lost_of_a_flood_it_gets_again(till: TillOnLine, hq: StandInHq) -> None:
    await hq.close()
    await till.grow(900)
    hq.sheds = 1
    await hq.open()
    await till.all_arrived()
    assert len(hq.batches) <= 12


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.thorough) for seed in (1, 2))])
async def test_a_line_that_is_cut_again_and_again_loses_nothing(seed: int, till: TillOnLine, hq: StandInHq) -> None:
    chance = random.Random(seed)
    for _ in range(15):
        await till.sell(chance.randrange(1, 8))
        hq.hangs_up_after = chance.choice([1, 1, 2, None])
        await hq.cut()
        await asyncio.sleep(chance.uniform(0, 0.05))
    hq.hangs_up_after = None
    await hq.cut()
    await till.all_arrived()


async def test_what_hq_says_twice_is_no_matter(till: TillOnLine, hq: StandInHq) -> None:
    await till.sell(3)
    await till.all_arrived()
    for _ in range(20):
        await hq.acknowledge()
    await till.sell()
    await till.all_arrived()
    assert len(hq.batches) <= 5


async def test_an_hq_that_was_restored_from_a_copy_gets_all_again(till: TillOnLine, hq: StandInHq) -> None:
    await till.grow(30)
    await till.all_arrived()
    await hq.close()
    del hq.held[7:]
    await hq.open()
    await till.all_arrived()
    kept = await till.store.do(lambda store: store.hq.acknowledgement("furthest"))
    assert kept is not None
    assert open_acknowledgement(kept).held == 31


async def test_a_restored_hq_does_not_take_the_proof_away_of_what_it_had(till: TillOnLine, hq: StandInHq) -> None:
    await till.grow(30)
    await till.all_arrived()
    await hq.close()
    del hq.held[7:]
    hq.hq_epoch = 2
    hq.rejects = Rejection.FENCED
    await hq.open()
    await till.stopped("fenced")
    last = await till.store.do(lambda store: store.hq.acknowledgement("last"))
    furthest = await till.store.do(lambda store: store.hq.acknowledgement("furthest"))
    assert last is not None
    assert furthest is not None
    assert (open_acknowledgement(last).held, open_acknowledgement(furthest).held) == (7, 31)
    await soon(lambda: till.hq_status.waiting == 24)


@pytest.mark.parametrize("from_where", ["challenge", "login"])
async def test_an_hq_that_is_silent_at_the_door_is_given_up_and_tried_again(
    from_where: str, till: TillOnLine, hq: StandInHq, monkeypatch: pytest.MonkeyPatch
) -> None:
    await till.all_arrived()
    monkeypatch.setattr("offline_queue.link.LOGIN_S_MAX", 0.5)
    hq.mute_from, calls = from_where, hq.calls
    await hq.cut()
    await till.sell(2)
    await soon(lambda: hq.calls >= calls + 2)
    assert till.hq_status.state == HqState.NOT_REACHED
    hq.mute_from = ""
    await till.all_arrived()


async def test_an_idle_line_shows_that_hq_is_there(tmp_path: Path, hq: StandInHq) -> None:
    async with opened_till(tmp_path, hq, WATCHFUL) as till:
        await till.all_arrived()
        before = till.standing.heard_at_ms
        assert before is not None
        await soon(lambda: (till.standing.heard_at_ms or 0) >= before + 1000)
        assert till.hq_status.state == HqState.ANSWERED
        assert len(hq.logins) == 1


async def test_a_line_on_which_nothing_comes_any_more_is_noticed(tmp_path: Path, hq: StandInHq) -> None:
    """The cable is cut somewhere far away: no end of the connection arrives, no pong either."""
    async with opened_till(tmp_path, hq, WATCHFUL) as till:
        await till.all_arrived()
        assert hq.line is not None
        transport = hq.line._req.transport if hq.line._req is not None else None
        assert isinstance(transport, asyncio.ReadTransport)
        transport.pause_reading()
        await till.state(HqState.NOT_REACHED)
        await till.sell()
        await till.all_arrived()


async def test_after_a_restart_it_goes_on_where_hq_stands(tmp_path: Path, hq: StandInHq) -> None:
    for _ in range(4):
        async with opened_till(tmp_path, hq) as till:
            await till.sell(5)
            await till.all_arrived()
    assert sum(len(batch.records) for batch in hq.batches) == len(hq.held) == 21


async def test_a_sale_waits_for_nothing_when_hq_takes_nothing(till: TillOnLine, hq: StandInHq) -> None:
    hq.answers.clear()
    async with asyncio.timeout(SOON_S):
        await till.sell(100)


async def test_what_is_sold_while_the_line_is_lost_waits_for_no_other_sale(till: TillOnLine, hq: StandInHq) -> None:
    """The line ends just when the uplink looks how long the chain has become."""
    await till.all_arrived()
    may_go_on = threading.Event()

    def sell_and_hold(store: TillStore) -> None:
        store.close_day(till.till.moment())
        may_go_on.wait(SOON_S)

    held = asyncio.create_task(till.store.do(sell_and_hold))
    await soon(till.store._thread._work_queue.qsize)
    await hq.cut()
    await soon(lambda: not till.uplink.answers_draws)
    may_go_on.set()
    await held
    await till.all_arrived()


async def test_a_full_disk_ends_no_uplink(till: TillOnLine, monkeypatch: pytest.MonkeyPatch) -> None:
    await till.all_arrived()
    full = True
    real = type(till.book.hq).keep

    def keep(*arguments: object) -> object:
        if full:
            raise DiskFull
        return real(*arguments)  # type: ignore[arg-type]  # the same arguments

    monkeypatch.setattr(type(till.book.hq), "keep", keep)
    await till.sell(2)
    await till.state(HqState.NOT_REACHED)
    full = False
    await till.all_arrived()
