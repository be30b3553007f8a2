"""What a hosted store's till says is left on the card: HQ's word and what lies here, in the commit of what was told."""

from __future__ import annotations

from ledger.ids import HEADQUARTERS, Place
from protocol.conversation import Seen
from protocol.members import Share
from terminal.answers import Answer, Balance, Problem
from tests.chains.company import ALICE, BOB
from tests.terminal.hosted_pair import Pair, declined, done, receipt

X = "operation-x"
EVERYWHERE = (
    Share(HEADQUARTERS, 300_00, 7, 3),
    Share(Place("07-2@hq"), 200_00, 60_55, 0),
    Share(Place("12-1"), 99_00, 0, 9),
)


async def test_what_hq_never_spoke_of_nobody_knows(funded: Pair) -> None:
    assert done(await funded.pay(100_00)).balance is None
    assert declined_with(await funded.pay(900_00)) is None


async def test_what_moves_leaves_what_lay_within_reach_less_so_much(funded: Pair) -> None:
    await _says(funded, EVERYWHERE)
    assert done(await funded.pay(100_00)).balance == Balance(400_00, 60_62, 3)
    assert done(await funded.load(50_00)).balance == Balance(450_00, 60_62, 3)
    assert declined_with(await funded.pay(900_00)) == Balance(450_00, 60_62, 3)
    sold = receipt(await funded.pay(450_00))
    assert done(await funded.refund(sold, 450_00)).balance == Balance(450_00, 60_62, 3)


async def test_what_lies_at_the_till_itself_is_as_it_is_there_and_not_as_hq_said(funded: Pair) -> None:
    await funded.run_as("transfer")
    done(await funded.load(20_00))
    await funded.run_as("hosted")
    await _says(funded, (*EVERYWHERE, Share(Place("07-2"), 11_00, 0, 0)))
    assert done(await funded.pay(100_00)).balance == Balance(420_00, 60_62, 3)


async def test_hq_may_have_spoken_of_it_before_the_answer_came(funded: Pair) -> None:
    funded.keep_back_answers()
    assert await funded.pay(100_00, X) is Problem.OUTCOME_UNKNOWN
    await funded.rest()
    sequence = funded.place.book.head().ref.sequence
    await _says(funded, (Share(HEADQUARTERS, 0, 0, 0), Share(Place("07-2@hq"), 400_00, 60_55, 0)), knows=(1, sequence))
    funded.answers.let_go()
    await funded.rest()
    assert done(await funded.inquire(X)).balance == Balance(400_00, 60_55, 0)


async def test_hq_may_know_less_than_the_till_has_been_told(funded: Pair) -> None:
    """It has not posted yet what its own place has just said to have done."""
    await _says(funded, EVERYWHERE, knows=(1, 2))
    done(await funded.pay(100_00))
    await _says(funded, EVERYWHERE, knows=(1, 2))
    assert done(await funded.pay(50_00)).balance == Balance(350_00, 60_62, 3)


async def test_the_same_is_left_whoever_asks_again_and_however_late(funded: Pair) -> None:
    await _says(funded, EVERYWHERE)
    left = done(await funded.pay(100_00, X, "POS-1")).balance
    declined_with(await funded.pay(900_00, "operation-y"))
    done(await funded.pay(30_00))
    await funded.restart_shop()
    assert left == Balance(400_00, 60_62, 3)
    assert done(await funded.inquire(X)).balance == left
    assert done(await funded.pay(100_00, "operation-z", "POS-1")).balance == left
    assert declined_with(await funded.inquire("operation-y")) == left


async def test_more_may_have_gone_than_hq_had_said_and_then_nothing_is_left(funded: Pair) -> None:
    await _says(funded, (Share(HEADQUARTERS, 10_00, 0, 0),))
    assert done(await funded.pay(100_00)).balance == Balance(0, 0, 0)


async def test_one_member_is_not_another(funded: Pair) -> None:
    await _says(funded, EVERYWHERE, BOB.account)
    assert done(await funded.pay(100_00)).balance is None


def declined_with(answer: Answer | Problem) -> Balance | None:
    """What a declined request left."""
    declined(answer)
    assert isinstance(answer, Answer)
    return answer.balance


async def _says(
    pair: Pair, shares: tuple[Share, ...], account: str = ALICE.account, knows: tuple[int, int] = (0, 0)
) -> None:
    """HQ tells the till in the shop what lies where, now."""
    now_ms = pair.shop.till.moment().now_ms
    seen = Seen(account, shares, None, now_ms, knows)
    await pair.shop.store.do(lambda store: store.members_told.seen(seen, now_ms))
