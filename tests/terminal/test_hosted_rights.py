"""A hosted store's till and slips of others: its place at HQ fetches the right, its own slips stay with it."""

from __future__ import annotations

from tests.terminal.hosted_pair import Pair, declined, done, receipt

ELSEWHERE = "12-1-000031"


async def test_another_s_slip_is_the_place_at_hqs_to_ask_for(funded: Pair) -> None:
    assert declined(await funded.refund(ELSEWHERE, 10_00)) == "original_unknown"
    assert funded.place.kinds()[-1] == "declined"
    assert funded.shop.kinds()[-2:] == ["asked", "told"]


async def test_its_own_slip_is_undone_in_the_shop(funded: Pair) -> None:
    funded.asks.is_up = False
    own = receipt(await funded.load(50_00))
    funded.asks.is_up = True
    asked = len(funded.asks.said)
    assert receipt(await funded.void(own)).startswith("07-2-")
    assert len(funded.asks.said) == asked


async def test_without_a_line_nobody_is_asked_and_nothing_is_given_back(funded: Pair) -> None:
    sold = receipt(await funded.pay(100_00))
    funded.asks.is_up = False
    asked = len(funded.asks.said)
    assert declined(await funded.refund(ELSEWHERE, 10_00)) == "original_unknown"
    assert len(funded.asks.said) == asked
    funded.asks.is_up = True
    assert done(await funded.refund(sold, 10_00)).principal == 10_00
