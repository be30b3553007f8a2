"""Slips of a hosted store's till: its own and those of its place at HQ, printed in their order, each original once."""

from __future__ import annotations

from pathlib import Path

from protocol.bodies import PrintBody
from protocol.records import RecordKind
from terminal.answers import Problem, SlipView
from terminal.slip_job import SlipStep
from tests.chains.company import ALICE
from tests.chains.proof import prove
from tests.terminal.hosted_pair import Pair, done, opened, receipt

X = "operation-x"


async def test_slips_wait_in_the_order_in_which_they_were_made_whoever_made_them(pair: Pair) -> None:
    names = await _mixed(pair)
    assert names == ["07-2@hq-000001", "07-2-000001", "07-2@hq-000002", "07-2-000002"]
    assert await _waiting(pair) == names
    for name in names:
        assert await _print_next(pair) == name
    assert await _waiting(pair) == []
    assert await pair.shop.till.slips.next_to_print() is None


async def test_the_place_at_hq_prints_nothing(pair: Pair) -> None:
    done(await pair.load(100_00))
    assert await pair.place.till.slips.waiting() == ()
    assert await pair.place.till.slips.next_to_print() is None


async def test_one_slip_goes_ahead_of_others_and_takes_none_of_them_along(pair: Pair) -> None:
    names = await _mixed(pair)
    number = await _number(pair, names[2])
    assert await pair.shop.till.slips.step(number, SlipStep.STARTED) is not None
    assert await pair.shop.till.slips.step(number, SlipStep.PRINTED) is not None
    assert await _waiting(pair) == [names[0], names[1], names[3]]


async def test_each_step_names_its_slip(pair: Pair) -> None:
    names = await _mixed(pair)
    for _ in names:
        await _print_next(pair)
    records = [signed.open() for signed in pair.shop.book.records()]
    printed = [one.body_as(PrintBody) for one in records if one.kind is RecordKind.PRINT]
    assert [(one.receipt_number, one.step) for one in printed] == [
        (name, step) for name in names for step in ("started", "printed")
    ]


async def test_whether_a_slip_of_hqs_came_out_is_asked_and_what_follows_is_a_copy(pair: Pair) -> None:
    name = receipt(await pair.load(100_00))
    slips, number = pair.shop.till.slips, await _number(pair, name)
    assert await slips.answer(name, came_out=True) is Problem.SLIP_NOT_WAITING
    await slips.step(number, SlipStep.STARTED)
    await pair.restart_shop()
    slips = pair.shop.till.slips
    assert (await _view(pair, name)).state == "unknown"
    answer = await slips.answer(name, came_out=False)
    assert isinstance(answer, SlipView)
    assert (answer.run, answer.copy, answer.receipt_number) == (2, True, name)
    assert await _print_next(pair) == name
    assert isinstance(await slips.copy(name), SlipView)
    assert (await _view(pair, name)).run == 3


async def test_a_slip_says_the_same_as_the_record_at_hq(pair: Pair) -> None:
    sold = done(await pair.load(100_00))
    assert sold.receipt_number is not None
    view = await _view(pair, sold.receipt_number)
    assert all(sold.receipt_number in text for text in view.text.values())
    at_hq = await pair.place.store.do(lambda store: store.slip(1))
    here = await pair.shop.store.do(lambda store: store.slip(1 << 40))
    assert at_hq is not None
    assert here is not None
    same = ("facts", "receipt_number", "record", "check_code", "business_date", "mode")
    assert [getattr(here[0], name) for name in same] == [getattr(at_hq[0], name) for name in same]
    assert await pair.shop.till.slips.view("07-2@hq-000009") is Problem.SLIP_UNKNOWN


async def test_what_is_told_late_and_again_prints_one_original(pair: Pair) -> None:
    pair.keep_back_answers()
    assert await pair.load(100_00, operation_id=X) is Problem.OUTCOME_UNKNOWN
    await pair.rest()
    assert await _waiting(pair) == []
    pair.answers.held *= 2
    pair.answers.let_go()
    await pair.rest()
    assert await _waiting(pair) == ["07-2@hq-000001"]
    assert await _print_next(pair) == "07-2@hq-000001"
    pair.answers.hear(pair.last_told())
    await pair.rest()
    assert await _waiting(pair) == []


async def test_a_till_that_replaces_another_prints_no_original_of_what_that_one_has_printed(tmp_path: Path) -> None:
    """A POS that asks again by its number gets the first answer; whether its slip came out, nobody here knows."""
    first = Pair(tmp_path)
    async with opened(first):
        done(await first.load(500_00))
        sold = receipt(await first.pay(100_00, pos_ref="POS-1"))
        for _ in range(2):
            await _print_next(first)
    second = Pair(tmp_path, epoch=2)
    async with opened(second):
        assert receipt(await second.pay(100_00, pos_ref="POS-1")) == sold
        assert second.place.has(ALICE) == 460_55
        assert await second.shop.till.slips.next_to_print() is None
        assert (await _view(second, sold)).state == "unknown"
        assert isinstance(await second.shop.till.slips.answer(sold, came_out=True), SlipView)
        assert await second.pay(70_00, X, pos_ref="POS-1") is Problem.POS_REF_CONFLICT
        prove(second.shop.book)


async def test_a_till_that_replaces_another_undoes_what_that_one_has_sold(tmp_path: Path) -> None:
    first = Pair(tmp_path)
    async with opened(first):
        done(await first.load(500_00))
        one, other = receipt(await first.pay(100_00)), receipt(await first.pay(50_00))
    second = Pair(tmp_path, epoch=2)
    async with opened(second):
        assert done(await second.void(one)).amount == 100_00, "all of it, as HQ knows it"
        assert done(await second.refund(other, 20_00)).amount == 20_00
        assert second.place.has(ALICE) == 560_55 - 30_00


async def test_what_conflicts_at_hq_with_an_earlier_till_comes_to_an_end(tmp_path: Path) -> None:
    first = Pair(tmp_path)
    async with opened(first):
        done(await first.load(500_00, "POS-1"))
    second = Pair(tmp_path, epoch=2)
    async with opened(second):
        assert await second.load(300_00, "POS-1", X) is Problem.POS_REF_CONFLICT
        assert second.agent.reaches_hq, "HQ has answered"
        await second.settle()
        answer = await second.inquire(X)
        assert not isinstance(answer, Problem)
        assert answer.decline == "cancelled"
        assert second.shop.book.hosted.open() == []


async def _mixed(pair: Pair) -> list[str]:
    """Slips of both kinds, by turns."""
    names = []
    for mode in ("hosted", "transfer") * 2:
        await pair.run_as(mode)
        names.append(receipt(await pair.load(100_00)))
    return names


async def _waiting(pair: Pair) -> list[str]:
    return [one.receipt_number for one in await pair.shop.till.slips.waiting()]


async def _print_next(pair: Pair) -> str:
    slips = pair.shop.till.slips
    job = await slips.next_to_print()
    assert job is not None
    for step in (SlipStep.STARTED, SlipStep.PRINTED):
        assert await slips.step(job.number, step) is not None
    return await pair.shop.store.do(lambda store: store.slips.name(job.number))


async def _number(pair: Pair, name: str) -> int:
    number = await pair.shop.store.do(lambda store: store.slips.number(name))
    assert number is not None
    return number


async def _view(pair: Pair, name: str) -> SlipView:
    view = await pair.shop.till.slips.view(name)
    assert isinstance(view, SlipView)
    return view
