"""A sale that is paid with points and money: each is drawn once, and both are spent or both go home."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from checkout.sold import Paid, PaidWith
from ledger.ids import Place
from ledger.slices import Asset, Purse, total
from loyalty.evaluation import Item
from protocol.acknowledgements import VERSION, Acknowledgement
from protocol.bodies import Recall
from protocol.conversation import Draw, NoDraw, NotDrawn
from protocol.records import RecordKind
from terminal.answers import Answer, Outcome, Problem
from terminal.modes import Mode, ModeName
from terminal.store import TillStore
from tests.chains.company import ALICE, POINTS_TOO
from tests.chains.till import IDENTITY, Till, asked
from tests.terminal.draws import BRIEFLY_S, STEADY, A, came, is_done, kinds, proved, silence, waits
from tests.terminal.moves import REAL_TIME, TRANSFER
from tests.terminal.stand_in_hq import StandInHq
from tests.terminal.till_on_line import TillOnLine, opened_till, soon

BOTH = {PaidWith.STORED_VALUE: 1_000, PaidWith.POINTS: 500}
"""Money of 10.00, and 35 points for 5.00."""
WITH_POINTS = replace(STEADY, programme=POINTS_TOO)


def drawn(hq: StandInHq) -> list[tuple[str, int, int]]:
    return [(one.asset.value, one.units, one.least) for one in hq.draws]


async def lies_here(till: TillOnLine) -> tuple[int, int]:
    slices = await till.store.do(lambda store: store.slices(A))
    return total(slices, *Asset.MONEY.purses), total(slices, Purse.POINTS)


def recall_money_before_points(hq: StandInHq) -> None:
    async def recall_first(draw: Draw) -> None:
        if draw.asset is Asset.POINTS:
            await hq.give(Recall(A, Asset.MONEY, 0))
        await hq.answer_draw(draw)

    hq.on_draw = recall_first


async def test_points_and_money_are_each_drawn_once_and_the_sale_is_done(tmp_path: Path, hq: StandInHq) -> None:
    hq.funds.add(A, 5_000)
    hq.funds.add(A, 100, purse=Purse.POINTS)
    async with opened_till(tmp_path, hq, WITH_POINTS) as till:
        await till.all_arrived()
        answer = await till.buy(BOTH, "sale-0001")
        assert isinstance(answer, Answer)
        assert is_done(answer)
        assert (answer.principal, answer.points_out, answer.points_in) == (1_000, 35, 3)
        assert drawn(hq) == [("money", 1_000, 1_000), ("points", 35, 35)]
        assert hq.draws[0].operation_id == "sale-0001" != hq.draws[1].operation_id
        assert await lies_here(till) == (0, 3)
        assert (await kinds(till))[-3:] == [RecordKind.APPLIED, RecordKind.APPLIED, RecordKind.TRANSACTION]
        await proved(till)


async def test_only_the_points_are_drawn_where_the_money_lies_here(tmp_path: Path, hq: StandInHq) -> None:
    hq.funds.add(A, 100, purse=Purse.POINTS)
    async with opened_till(tmp_path, hq, WITH_POINTS) as till:
        await till.all_arrived()
        await till.load(1_000)
        assert is_done(await till.buy(BOTH, "sale-0001"))
        assert [(one.operation_id, one.asset, one.units) for one in hq.draws] == [("sale-0001", Asset.POINTS, 35)]
        await proved(till)


async def test_when_the_points_do_not_come_the_money_goes_home(tmp_path: Path, hq: StandInHq) -> None:
    hq.funds.add(A, 5_000)
    async with opened_till(tmp_path, hq, WITH_POINTS) as till:
        await till.all_arrived()
        answer = await till.buy(BOTH)
        assert isinstance(answer, Answer)
        assert (answer.outcome, answer.decline) == (Outcome.DECLINED, "not_enough_points")
        assert await lies_here(till) == (0, 0)
        assert (await kinds(till))[-2:] == [RecordKind.DECLINED, RecordKind.GIVEN]
        await till.all_arrived()
        assert (hq.funds.units(A), len(hq.gifts())) == (5_000, 1)
        await proved(till)


async def test_what_was_drawn_stays_where_a_witness_contradicts_the_book_before_the_rest_comes(
    tmp_path: Path, hq: StandInHq
) -> None:
    """To send it home would add a record to the old copy."""
    hq.funds.add(A, 5_000)
    async with opened_till(tmp_path, hq, WITH_POINTS) as till:
        await till.all_arrived()

        async def contradict(draw: Draw) -> None:
            if draw.asset is Asset.MONEY:
                await hq.answer_draw(draw)
                return
            said = Acknowledgement(VERSION, 1, IDENTITY.place, IDENTITY.epoch, 999, bytes(32), 0, 0, bytes(32), 1)
            await till.store.do(TillStore.compare_copy, said, Place("07-1"), till.till.moment())
            await hq.say(NotDrawn(draw.operation_id, NoDraw.NOT_ENOUGH, (), 1))

        hq.on_draw = contradict
        assert await till.buy(BOTH) is Problem.BOOK_BEHIND
        assert (await kinds(till))[-1] is RecordKind.APPLIED
        await proved(till)


async def test_when_the_money_does_not_come_no_points_are_drawn(tmp_path: Path, hq: StandInHq) -> None:
    hq.funds.add(A, 100, purse=Purse.POINTS)
    async with opened_till(tmp_path, hq, WITH_POINTS) as till:
        await till.all_arrived()
        answer = await till.buy(BOTH)
        assert isinstance(answer, Answer)
        assert answer.outcome is Outcome.DECLINED
        assert drawn(hq) == [("money", 1_000, 1_000)]


async def test_when_hq_falls_silent_between_the_two_the_first_goes_home(tmp_path: Path, hq: StandInHq) -> None:
    hq.funds.add(A, 5_000)
    hq.funds.add(A, 100, purse=Purse.POINTS)

    async with opened_till(tmp_path, hq, WITH_POINTS) as till:

        async def only_money(draw: Draw) -> None:
            waits(till, BRIEFLY_S)
            await (hq.answer_draw(draw) if draw.asset is Asset.MONEY else silence(draw))

        hq.on_draw = only_money
        await till.all_arrived()
        answer = await till.buy(BOTH)
        assert isinstance(answer, Answer)
        assert answer.decline == "not_enough_points"
        assert await lies_here(till) == (0, 0)
        await came(hq, 2)
        late = hq.draws[1]
        await hq.answer_draw(late)
        await soon(lambda: len(hq.gifts()) == 2)
        assert await lies_here(till) == (0, 0)
        await proved(till)


async def test_in_real_time_both_are_drawn_whole_and_what_lies_here_stays(tmp_path: Path, hq: StandInHq) -> None:
    """HQ has no points: those that lie here pay, and the money is HQ's."""
    hq.funds.add(A, 5_000)
    async with opened_till(tmp_path, hq, replace(WITH_POINTS, mode=ModeName.REAL_TIME)) as till:
        await till.all_arrived()
        await till.load(20_000)
        assert is_done(await till.buy({PaidWith.CASH: 15_000}))
        assert not hq.draws
        assert await lies_here(till) == (20_000, 45)
        assert is_done(await till.buy(BOTH))
        assert drawn(hq) == [("money", 1_000, 0), ("points", 35, 0)]
        assert await lies_here(till) == (20_000, 13)
        await proved(till)


async def test_a_card_that_is_blocked_at_hq_is_refused_though_its_points_were_asked_for(
    tmp_path: Path, hq: StandInHq
) -> None:
    async def blocked(draw: Draw) -> None:
        await hq.say(NotDrawn(draw.operation_id, NoDraw.BLOCKED, (), 1))

    hq.on_draw = blocked
    async with opened_till(tmp_path, hq, WITH_POINTS) as till:
        await till.all_arrived()
        answer = await till.buy({PaidWith.POINTS: 500})
        assert isinstance(answer, Answer)
        assert answer.decline == "card_blocked"


async def test_what_was_recalled_between_two_draws_does_not_go_home_twice(tmp_path: Path, hq: StandInHq) -> None:
    hq.funds.add(A, 5_000)

    recall_money_before_points(hq)
    async with opened_till(tmp_path, hq, WITH_POINTS) as till:
        await till.all_arrived()
        answer = await till.buy(BOTH)
        assert isinstance(answer, Answer)
        assert answer.outcome is Outcome.DECLINED
        await till.all_arrived()
        assert [part.units for one in hq.gifts() for part in one.transfer.parts] == [1_000]
        await proved(till)


async def test_what_was_recalled_between_two_draws_is_drawn_once_more(tmp_path: Path, hq: StandInHq) -> None:
    hq.funds.add(A, 5_000)
    hq.funds.add(A, 100, purse=Purse.POINTS)

    recall_money_before_points(hq)
    async with opened_till(tmp_path, hq, WITH_POINTS) as till:
        await till.all_arrived()
        assert is_done(await till.buy(BOTH))
        assert drawn(hq) == [("money", 1_000, 1_000), ("points", 35, 35), ("money", 1_000, 1_000)]
        await till.all_arrived()
        assert (hq.funds.units(A, Asset.MONEY), await lies_here(till)) == (4_000, (0, 3))
        await proved(till)


async def test_an_asset_is_drawn_twice_at_most(tmp_path: Path, hq: StandInHq) -> None:
    """An HQ that gives less than it was asked for keeps nobody waiting."""
    hq.funds.add(A, 5_000)

    async def one_cent(draw: Draw) -> None:
        await hq.answer_draw(msgspec.structs.replace(draw, units=1, least=1))

    hq.on_draw = one_cent
    async with opened_till(tmp_path, hq, WITH_POINTS) as till:
        await till.all_arrived()
        answer = await till.pay(1_000)
        assert isinstance(answer, Answer)
        assert answer.outcome is Outcome.DECLINED
        assert drawn(hq) == [("money", 1_000, 1_000), ("money", 999, 999)]
        await proved(till)


@pytest.mark.parametrize("mode", [TRANSFER, REAL_TIME])
def test_a_sale_that_would_be_declined_with_both_draws_neither(tmp_path: Path, mode: Mode) -> None:
    """Both are short here, and more than one sale may take is asked of the card."""
    till = Till(tmp_path / "till.db", programme=POINTS_TOO)
    paid = (Paid(PaidWith.POINTS, 500), Paid(PaidWith.STORED_VALUE, POINTS_TOO.charge_max_units + 1))
    request = till.sale_of(ALICE, (Item("tea", sum(part.units for part in paid)),), *paid)
    answer = till.store.perform_or_want(asked(request, till.moment()), mode)
    assert isinstance(answer, Answer)
    assert answer.decline == "not_enough_points"
    till.store.close()
