"""What a till makes of an HQ that lies, contradicts itself or gives orders, and of somebody in the middle."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from offline_queue.forwarding import WINDOW_BATCHES
from protocol.acknowledgements import Acknowledgement
from protocol.bodies import DIRECTIVE_BYTES_MAX, Enrol, Revoke
from protocol.conversation import Acknowledged, AnyMessage, Challenge, Ordered, Records, Rejected, Welcome
from protocol.records import RecordKind, SignedRecord
from protocol.rejections import Rejection
from protocol.signing import Signed
from terminal.answers import Answer, DayClose, HqState, Problem, Status
from tests.chains.till import IDENTITY
from tests.terminal.stand_in_hq import Distort, StandInHq
from tests.terminal.till_on_line import PATIENT, SOON_S, TillOnLine, Ways, opened_till, soon

OURS = Enrol(IDENTITY.public_key)
FOR_GOOD = Ways(patience=replace(PATIENT, halt_s=SOON_S * 3))
"""A chain that was rejected is not offered again by itself."""


async def line_is_given_up(till: TillOnLine, hq: StandInHq, tell: Callable[[], object]) -> None:
    """What HQ says now makes the till hang up, and it comes back."""
    logins = len(hq.logins)
    result = tell()
    assert asyncio.iscoroutine(result)
    await result
    await soon(lambda: len(hq.logins) > logins)
    await till.state(HqState.ANSWERED)


async def test_somebody_else_at_hq_s_address_is_told_nothing(till: TillOnLine, hq: StandInHq) -> None:
    await till.all_arrived()
    taken = len(hq.batches)
    hq.key = Ed25519PrivateKey.generate()
    await hq.cut()
    await till.sell(3)
    await till.stopped("stranger")
    await till.state(HqState.NOT_REACHED)
    assert len(hq.batches) == taken
    hq.key = hq.true_key
    await till.all_arrived()
    assert till.hq_status.stopped is None


@pytest.mark.parametrize(("code", "shown"), [("unknown_keeper", "unknown_keeper"), ("bad weather" * 9, "rejected")])
async def test_a_till_that_is_not_let_in_shows_why_and_sells_on(
    code: str, shown: str, till: TillOnLine, hq: StandInHq
) -> None:
    await till.all_arrived()
    hq.turns_away = code
    await hq.cut()
    await till.sell(3)
    await till.stopped(shown)
    await soon(lambda: till.hq_status.waiting == 3)
    hq.turns_away = None
    await till.all_arrived()
    assert till.hq_status.stopped is None


STOPPING = [code for code in Rejection if code is not Rejection.GAP]
SHOWN = {Rejection.TOO_LARGE: "rejected", Rejection.NOT_A_RECORD: "rejected"}


@pytest.mark.parametrize("code", STOPPING)
async def test_a_rejected_chain_is_shown_and_not_offered_again_at_once(
    code: Rejection, tmp_path: Path, hq: StandInHq
) -> None:
    """Whoever mends it starts the till again; it would take longer than this test."""
    async with opened_till(tmp_path, hq, FOR_GOOD) as till:
        await till.all_arrived()
        hq.rejects, before = code, len(hq.batches)
        await till.sell(3)
        await till.stopped(SHOWN.get(code, code))
        await till.sell(10)
        await till.state(HqState.ANSWERED)
        assert len(hq.batches) - before <= WINDOW_BATCHES, "one window at most"
        assert len(hq.logins) == 1
        hq.rejects = None
        await till.stop()
        await till.start()
        await till.all_arrived()
        assert till.hq_status.stopped is None


async def test_a_rejected_chain_is_offered_again_after_a_while(till: TillOnLine, hq: StandInHq) -> None:
    await till.all_arrived()
    hq.rejects = Rejection.FENCED
    await till.sell(3)
    await till.stopped("fenced")
    hq.rejects = None
    await till.all_arrived()
    assert (till.hq_status.stopped, len(hq.logins)) == (None, 1)


def forged(hq: StandInHq) -> Signed:
    true, other = hq.acknowledgement(), Ed25519PrivateKey.generate()
    return Signed(true.content, other.sign(true.content))


LIES: dict[str, Callable[[StandInHq], AnyMessage]] = {
    "an acknowledgement that HQ has not signed": lambda hq: Acknowledged(forged(hq)),
    "one with half a signature": lambda hq: Acknowledged(Signed(hq.acknowledgement().content, b"\0" * 32)),
    "HQ's signature under other words": lambda hq: Acknowledged(Signed(b"\x90", hq.key.sign(b"\x90"))),
    "a directive that HQ has not signed": lambda hq: Ordered((SignedRecord(hq.order(OURS).content, bytes(64)),)),
    "a directive larger than a record that holds it": lambda hq: Ordered((_large(hq),)),
    "a directive after one that did not come": lambda hq: Ordered((hq.order(OURS, number=3),)),
    "a directive to another till": lambda hq: Ordered((hq.order(OURS, to="07-9"),)),
    "a directive to an earlier till of this name": lambda hq: Ordered((hq.order(OURS, to_epoch=7),)),
    "a directive from another keeper's chain": lambda hq: Ordered((hq.order(OURS, keeper="07-9"),)),
    "another record of HQ's": lambda hq: Ordered((hq.order(OURS, kind="opened"),)),
    "a challenge": lambda _hq: Challenge(bytes(32)),
    "a welcome": lambda _hq: Welcome(bytes(64)),
    "records": lambda hq: Records(hq.keeper, hq.epoch, ()),
}


def _large(hq: StandInHq) -> SignedRecord:
    return hq.order(msgspec.defstruct("Long", ["words"])("x" * DIRECTIVE_BYTES_MAX))


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
async def test_what_hq_can_not_have_said_ends_the_line_and_changes_nothing(
    lie: Callable[[StandInHq], AnyMessage], till: TillOnLine, hq: StandInHq
) -> None:
    await till.sell(2)
    await till.all_arrived()
    chain = await till.chain()
    await line_is_given_up(till, hq, lambda: hq.say(lie(hq)))
    assert await till.chain() == chain
    await till.sell()
    await till.all_arrived()
    assert till.hq_status.stopped is None


@pytest.mark.parametrize("frame", [b"", b"\xc1", b"\x93\xa4", b"x" * 2_000_000], ids=len)
async def test_noise_ends_the_line(frame: bytes, till: TillOnLine, hq: StandInHq) -> None:
    await till.all_arrived()
    assert hq.line is not None
    await line_is_given_up(till, hq, lambda: hq.line and hq.line.send_bytes(frame))


async def test_text_ends_the_line(till: TillOnLine, hq: StandInHq) -> None:
    await till.all_arrived()
    await line_is_given_up(till, hq, lambda: hq.line and hq.line.send_str("hello"))


def with_(**changes: object) -> Distort:
    return lambda true: msgspec.structs.replace(true, **changes)


KNOWS_BETTER: dict[str, Distort] = {
    "other_chain": lambda true: msgspec.structs.replace(true, held_hash=bytes(31) + b"\1"),
    "ahead": lambda true: msgspec.structs.replace(true, held=true.held + 1000, held_hash=bytes(32)),
}


@pytest.mark.parametrize("why", KNOWS_BETTER)
async def test_an_hq_that_holds_what_is_not_here_stops_the_till_for_good(
    why: str, till: TillOnLine, hq: StandInHq
) -> None:
    """It was restored from a copy: what its lost records spent lies here once more."""
    await till.sell(2)
    await till.all_arrived()
    hq.distort, chain = KNOWS_BETTER[why], await till.chain()
    await hq.acknowledge()
    await till.stopped(why)
    await soon(lambda: [one.data.book for one in till.events if isinstance(one.data, Status)][-1:] == ["behind"])
    hq.distort = with_()
    await hq.acknowledge()
    for _ in range(2):
        assert await till.load() is Problem.BOOK_BEHIND
        assert await till.charge() is Problem.BOOK_BEHIND
        assert await till.till.close_day() is Problem.BOOK_BEHIND
        await hq.say(Ordered((hq.order(OURS),)))
        await till.stop()
        await till.start()
    assert await till.chain() == chain


async def test_an_hq_of_an_older_epoch_gets_nothing_more_until_it_agrees(till: TillOnLine, hq: StandInHq) -> None:
    hq.hq_epoch = 5
    await till.sell(2)
    await hq.cut()
    await till.all_arrived()
    await soon(lambda: _knows_epoch(till, 5))
    hq.distort, sent = with_(hq_epoch=4), len(hq.batches)
    await hq.acknowledge()
    await till.stopped("older_hq")
    await till.sell(5)
    await hq.cut()
    await till.state(HqState.NOT_REACHED)
    await till.state(HqState.ANSWERED)
    assert (len(hq.batches), till.hq_status.stopped) == (sent, "older_hq")
    hq.distort = with_()
    await hq.acknowledge()
    await till.all_arrived()
    assert till.hq_status.stopped is None


def _knows_epoch(till: TillOnLine, epoch: int) -> bool:
    return bool(till.book.hq.known().hq_epoch == epoch)


@pytest.mark.parametrize("change", [with_(keeper="07-9"), with_(epoch=9)], ids=["another till", "another epoch"])
async def test_what_hq_says_of_another_chain_ends_the_line(
    change: Callable[[Acknowledgement], Acknowledgement], till: TillOnLine, hq: StandInHq
) -> None:
    await till.all_arrived()
    hq.distort = change
    word = hq.acknowledgement()
    hq.distort = with_()
    await line_is_given_up(till, hq, lambda: hq.say(Acknowledged(word)))


async def test_a_higher_hq_epoch_is_taken_on_and_stays_after_a_restart(till: TillOnLine, hq: StandInHq) -> None:
    await till.all_arrived()
    hq.hq_epoch = 2
    await hq.acknowledge()
    await soon(lambda: _knows_epoch(till, 2))
    await hq.close()
    await till.state(HqState.NOT_REACHED)
    await till.stop()
    hq.hq_epoch = 1
    await hq.open()
    await till.start()
    await till.stopped("older_hq")


async def test_a_directive_brings_its_hq_epoch_with_it(till: TillOnLine, hq: StandInHq) -> None:
    await till.all_arrived()
    await hq.say(Ordered((hq.order(OURS, hq_epoch=2),)))
    await till.stopped("older_hq")
    assert _knows_epoch(till, 2)


async def test_a_directive_is_carried_out_once_and_is_in_the_chain_as_hq_signed_it(
    till: TillOnLine, hq: StandInHq
) -> None:
    enrolled = await hq.give(OURS)
    await soon(lambda: hq.held and hq.held[-1].open().kind is RecordKind.APPLIED)
    for _ in range(3):
        await hq.say(Ordered((enrolled,)))
    await hq.cut()
    await till.sell()
    await till.all_arrived()
    assert await till.applied() == [enrolled]


async def test_a_revoked_till_trades_no_more_and_still_looks_and_prints(till: TillOnLine, hq: StandInHq) -> None:
    sold = await till.load()
    assert isinstance(sold, Answer)
    await hq.give(OURS)
    revoked = await hq.give(Revoke(len(hq.held)))
    await till.stopped("revoked")
    before = await till.chain()
    assert await till.load() == Problem.TILL_REVOKED
    assert await till.charge() == Problem.TILL_REVOKED
    assert await till.chain() == before
    assert (await till.applied())[-1] == revoked
    assert await till.till.inquiries.operation(sold.operation_id) == sold
    slip = await till.till.slips.copy(sold.receipt_number or "")
    assert not isinstance(slip, Problem)
    assert await till.till.reception.presentation(await till.key_in()) is not None
    first, second = await till.till.close_day(), await till.till.close_day()
    assert isinstance(first, DayClose)
    assert isinstance(second, DayClose)
    assert first.closed < second.closed


async def test_a_till_stays_revoked_after_a_restart_without_hq(till: TillOnLine, hq: StandInHq) -> None:
    await hq.give(OURS)
    await hq.give(Revoke(0))
    await till.stopped("revoked")
    await hq.close()
    await till.stop()
    await till.start()
    assert await till.load() == Problem.TILL_REVOKED
    await till.stopped("revoked")


async def test_a_till_that_hq_takes_in_again_trades_again(till: TillOnLine, hq: StandInHq) -> None:
    for order in (OURS, Revoke(0), OURS):
        await hq.give(order)
    await soon(lambda: len(hq.held) == 4)
    await till.sell()
    await till.all_arrived()
    assert till.hq_status.stopped is None


async def test_somebody_in_the_middle_can_not_revoke_a_till(till: TillOnLine, hq: StandInHq) -> None:
    """What is rejected stays here; only HQ's signature ends the trade."""
    await till.all_arrived()
    await hq.say(Rejected(Rejection.FENCED, ""))
    await till.stopped("fenced")
    await till.sell(2)
    hq.key = Ed25519PrivateKey.generate()
    forgery = hq.order(Revoke(0))
    hq.key = hq.true_key
    await line_is_given_up(till, hq, lambda: hq.say(Ordered((forgery,))))
    await till.sell()
    await till.all_arrived()


DISOBEYED: dict[str, Callable[[StandInHq], SignedRecord]] = {
    "order_changed": lambda hq: hq.order(Revoke(7), number=1),
    "order_unknown": lambda hq: hq.order(msgspec.defstruct("Dance", ["turns"], tag="dance")(3)),
    "other_key": lambda hq: hq.order(Enrol(bytes(32))),
    "older_hq": lambda hq: hq.order(Revoke(7), hq_epoch=0),
}


@pytest.mark.parametrize("why", DISOBEYED)
async def test_a_directive_that_can_not_be_carried_out_is_shown_and_sales_go_on_and_up(
    why: str, till: TillOnLine, hq: StandInHq
) -> None:
    enrolled = await hq.give(OURS)
    await soon(lambda: hq.held and hq.held[-1].open().kind is RecordKind.APPLIED)
    await hq.say(Ordered((DISOBEYED[why](hq), hq.order(Revoke(0), number=2))))
    await till.stopped(why)
    await till.sell(3)
    await till.all_arrived()
    assert await till.applied() == [enrolled]
    assert till.hq_status.stopped == why


async def test_a_new_hq_epoch_numbers_its_directives_anew(till: TillOnLine, hq: StandInHq) -> None:
    first = await hq.give(OURS)
    await soon(lambda: len(hq.held) == 2)
    hq.hq_epoch = 2
    hq.directives.clear()
    second = await hq.give(OURS)
    await soon(lambda: len(hq.held) == 3)
    assert await till.applied() == [first, second]
