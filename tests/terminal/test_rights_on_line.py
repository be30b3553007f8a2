"""A refund of another till's sale, over a real line: its right is fetched, in time or not; nothing is undone twice."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from protocol.conversation import AnyMessage, Fetch, NoDraw, NotDrawn
from protocol.records import RecordKind
from protocol.rights import Entrust, GiveRight
from terminal.answers import Answer, HqState, Outcome
from terminal.bodies import RefundBody
from tests.chains.company import ALICE
from tests.chains.headquarters import Headquarters
from tests.chains.till import Till
from tests.terminal.draws import kinds, proved
from tests.terminal.stand_in_hq import StandInHq
from tests.terminal.test_rights import OTHER, OTHER_KEY
from tests.terminal.till_on_line import TillOnLine, soon

X = "operation-x"


class Seller:
    """Till 12-1 has sold to Alice for 100.00; HQ has called the right to undo that home."""

    def __init__(self, folder: Path, hq: StandInHq) -> None:
        till, hand = Till(folder / "seller.db", identity=OTHER, key=OTHER_KEY), Headquarters(OTHER)
        till.load(ALICE, "300.00")
        sold = till.charge(ALICE, "100.00")
        assert sold.receipt_number is not None
        self.slip, self.hq = sold.receipt_number, hq
        assert till.store.hq.apply(hand.give(GiveRight(sold.record)), till.moment()) is None
        self.given = till.chain()[-1]
        self.fetched: list[Fetch] = []
        self.is_entrusted = False
        self.says: NoDraw | None = None
        """What HQ says instead of bringing it."""
        self.is_silent = False
        hq.on_other = self._hear

    async def _hear(self, message: AnyMessage) -> None:
        if isinstance(message, Fetch):
            self.fetched.append(message)
            if self.says is not None:
                await self.hq.say(NotDrawn(message.operation_id, self.says, (), 1))
            elif self.is_entrusted:
                await self.hq.say(NotDrawn(message.operation_id, NoDraw.BUSY, (), 1))
            elif not self.is_silent:
                await self.entrust(message.operation_id)

    async def entrust(self, operation_id: str) -> None:
        self.is_entrusted = True
        await self.hq.give(Entrust(operation_id, OTHER.public_key, self.given))


@pytest.fixture
def seller(tmp_path: Path, hq: StandInHq) -> Seller:
    return Seller(tmp_path, hq)


async def refund(till: TillOnLine, slip: str, amount: int, operation_id: str = X) -> Answer:
    answer = await till.till.refund(RefundBody(operation_id, slip, amount))
    assert isinstance(answer, Answer), answer
    return answer


async def test_the_right_is_fetched_and_the_refund_is_done_with_it(steady: TillOnLine, seller: Seller) -> None:
    answer = await refund(steady, seller.slip, 60_00)
    assert (answer.outcome, answer.original, answer.principal) == (Outcome.DONE, seller.slip, 60_00)
    assert seller.fetched == [Fetch(X, seller.slip)]
    assert await steady.has() == 60_00
    assert (await kinds(steady))[-2:] == [RecordKind.APPLIED, RecordKind.TRANSACTION]
    assert (await refund(steady, seller.slip, 40_00, "operation-y")).outcome is Outcome.DONE
    assert len(seller.fetched) == 1, "the right is here"
    assert (await refund(steady, seller.slip, 60_00)).replayed


async def test_hq_knows_no_such_slip(steady: TillOnLine, seller: Seller) -> None:
    seller.says = NoDraw.UNKNOWN
    assert (await refund(steady, "12-1-000999", 1_00)).decline == "original_unknown"


@pytest.mark.parametrize("says", [NoDraw.NOT_REACHED, NoDraw.BUSY, NoDraw.RECOVERING, NoDraw.FENCED])
async def test_who_has_the_right_cant_be_reached(steady: TillOnLine, seller: Seller, says: NoDraw) -> None:
    seller.says = says
    no = await refund(steady, seller.slip, 1_00)
    assert (no.decline, no.amount) == ("right_elsewhere", 1_00)
    assert no.cashier_message is not None
    seller.says = None
    assert (await refund(steady, seller.slip, 1_00, "operation-y")).outcome is Outcome.DONE


async def test_a_right_that_comes_too_late_stays_for_the_next_time(
    hasty: TillOnLine, seller: Seller, hq: StandInHq
) -> None:
    seller.is_silent = True
    assert (await refund(hasty, seller.slip, 60_00)).decline == "right_elsewhere"
    await seller.entrust(X)
    await soon(lambda: RecordKind.APPLIED in {one.open().kind for one in hq.held})
    assert await hasty.has() == 0
    assert (await refund(hasty, seller.slip, 60_00)).decline == "right_elsewhere", "that one was answered"
    assert (await refund(hasty, seller.slip, 60_00, "operation-y")).outcome is Outcome.DONE
    assert len(seller.fetched) == 1


async def test_without_a_line_nobody_is_asked(steady: TillOnLine, seller: Seller, hq: StandInHq) -> None:
    await hq.close()
    await steady.state(HqState.NOT_REACHED)
    assert (await refund(steady, seller.slip, 1_00)).decline == "right_elsewhere"
    assert (await refund(steady, "no slip", 1_00, "operation-y")).decline == "original_unknown"
    assert not seller.fetched


async def test_what_is_no_right_refunds_nothing_and_is_shown(steady: TillOnLine, seller: Seller) -> None:
    seller.given = (await steady.chain())[0]
    assert (await refund(steady, seller.slip, 1_00)).decline == "right_elsewhere"
    await soon(lambda: steady.till.hq.stopped is not None)
    await proved(steady)


async def test_two_refunds_at_once_fetch_it_once_each_and_give_back_no_more_than_there_is(
    steady: TillOnLine, seller: Seller
) -> None:
    both = [refund(steady, seller.slip, 70_00, name) for name in ("operation-a", "operation-b")]
    answers = await asyncio.gather(*both)
    assert sorted(one.outcome for one in answers) == [Outcome.DECLINED, Outcome.DONE]
    assert await steady.has() == 70_00
    assert {one.decline for one in answers} == {None, "more_than_left"}
    assert steady.till.hq.stopped is None


async def test_the_refund_that_keeps_a_promise_is_printed_when_the_right_comes(
    steady: TillOnLine, seller: Seller
) -> None:
    seller.says = NoDraw.NOT_REACHED
    promised = await steady.till.refund(RefundBody(X, seller.slip, 60_00, promise=True))
    assert isinstance(promised, Answer)
    assert promised.outcome is Outcome.PROMISED
    steady.till.slips.work.clear()
    await seller.entrust("promise-4")
    await soon(steady.till.slips.work.is_set)
    assert await steady.has() == 60_00
