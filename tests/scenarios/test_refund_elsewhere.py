"""A purchase comes back to another store's till: the right to undo it moves there, with the real programs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hardware_mocks.demo_chain import DemoChain, at_once
from tests.scenarios.whole_chain import everybody_on_line, prove_whole

SELLER, OTHER, THIRD = "07-1", "12-1", "12-2"
SOMEBODY = 8
"""Of whom no story is told."""


@pytest.fixture(scope="module")
def whole_chain(module_path: Path) -> Iterator[DemoChain]:
    """In the end it is audited; there is something to audit whichever story is told here alone."""
    with DemoChain(module_path, places=(SELLER, OTHER, THIRD)) as chain:
        chain.till(THIRD).swipe(SOMEBODY)
        chain.till(THIRD).load(100_00)
        yield chain
        prove_whole(chain)


@pytest.fixture
def chain(whole_chain: DemoChain) -> DemoChain:
    return everybody_on_line(whole_chain)


def sold(chain: DemoChain, member: int, units: int) -> str:
    """The slip of a sale to a member who has 500.00 and its bonus."""
    seller = chain.till(SELLER)
    seller.swipe(member)
    seller.load(500_00)
    slip = str(seller.sell(member, units)["receipt_number"])
    chain.wait_until_quiet()
    return slip


def test_what_was_bought_at_one_store_comes_back_at_two_others_and_at_the_first(chain: DemoChain) -> None:
    slip = sold(chain, 1, 300_00)
    places = (OTHER, SELLER, THIRD, OTHER)
    answers = [chain.till(place).refund(slip, 75_00) for place in places]
    assert [(one["outcome"], one["original"], one["principal"]) for one in answers] == [("done", slip, 75_00)] * 4
    chain.wait_until_quiet()
    assert chain.money(1) == 560_55
    for place in places:
        assert chain.till(place).refund(slip, 1_00)["decline"] in {"more_than_left", "original_unknown"}


def test_of_two_tills_that_give_back_all_of_it_at_once_one_does(chain: DemoChain) -> None:
    slip = sold(chain, 2, 300_00)
    tills = [chain.till(place) for place in (OTHER, THIRD, SELLER)]
    answers = at_once(*(lambda till=till: till.refund(slip, 300_00) for till in tills))
    assert sorted(one["outcome"] for one in answers) == ["declined", "declined", "done"]
    chain.wait_until_quiet()
    assert chain.money(2) == 560_55


def test_while_the_selling_till_is_cut_off_nothing_is_given_back_elsewhere_and_then_it_is(chain: DemoChain) -> None:
    slip = sold(chain, 3, 300_00)
    chain.till(SELLER).cut()
    chain.wait_until(lambda: not chain.head(SELLER)["on_line"])
    refused = chain.till(OTHER).refund(slip, 100_00)
    assert (refused["outcome"], refused["decline"]) == ("declined", "right_elsewhere")
    assert chain.till(SELLER).refund(slip, 50_00)["outcome"] == "done"
    chain.till(SELLER).mend()
    chain.wait_until(lambda: chain.head(SELLER)["on_line"])
    chain.wait_until_quiet()
    assert chain.till(OTHER).refund(slip, 250_01)["decline"] == "not_chargeable"
    assert chain.till(OTHER).refund(slip, 251_00)["decline"] == "more_than_left"
    assert chain.till(OTHER).refund(slip, 250_00)["outcome"] == "done"
    chain.wait_until_quiet()
    assert chain.money(3) == 560_55


def test_who_has_the_right_gives_back_without_a_line_and_nobody_else_does(chain: DemoChain) -> None:
    slip = sold(chain, 4, 300_00)
    assert chain.till(OTHER).refund(slip, 100_00)["outcome"] == "done"
    chain.till(OTHER).cut()
    chain.wait_until(lambda: not chain.head(OTHER)["on_line"])
    assert chain.till(SELLER).refund(slip, 100_00)["decline"] == "right_elsewhere"
    assert chain.till(OTHER).refund(slip, 200_00)["outcome"] == "done"
    chain.till(OTHER).mend()
    chain.wait_until_quiet()
    assert chain.money(4) == 560_55


def test_a_kill_between_the_right_and_the_answer_gives_back_once(chain: DemoChain) -> None:
    slip = sold(chain, 5, 300_00)
    other = chain.till(OTHER)
    chain.till(SELLER).cable.holds_up = True
    refused = other.refund(slip, 300_00)
    assert refused["decline"] == "right_elsewhere"
    other.kill()
    chain.till(SELLER).mend()
    chain.wait_until(lambda: chain.head(SELLER)["on_line"])
    other.start()
    chain.wait_until_quiet()
    assert other.was_it_done(str(refused["operation_id"]))["outcome"] == "declined"
    assert chain.till(OTHER).refund(slip, 300_00)["outcome"] == "done"
    assert chain.till(SELLER).refund(slip, 1_00)["decline"] in {"more_than_left", "original_unknown"}
    chain.wait_until_quiet()
    assert chain.money(5) == 560_55


def test_goods_are_taken_back_where_nobody_is_reached_and_the_refund_follows_once(chain: DemoChain) -> None:
    slip, other = sold(chain, 6, 300_00), chain.till(OTHER)
    chain.till(SELLER).cut()
    chain.wait_until(lambda: not chain.head(SELLER)["on_line"])
    assert other.refund(slip, 100_00)["can_promise"] is True
    promised = other.refund(slip, 100_00, promise=True)
    assert (promised["outcome"], promised["kind"], promised["original"]) == ("promised", "promise", slip)
    assert chain.till(THIRD).refund(slip, 250_00, promise=True)["outcome"] == "promised", "more than is left together"
    back = other.refund(slip, 20_00, promise=True)
    assert other.void(back["receipt_number"])["outcome"] == "done", "the customer keeps that"
    chain.wait_until(lambda: other.hq["waiting"] == 0)
    chain.wait_until(lambda: chain.head(OTHER)["posted"] == chain.head(OTHER)["held"])
    chain.wait_until(lambda: sorted(one["units"] for one in chain.hq.get("/v1/promises")["lines"]) == [100_00, 250_00])
    lines = chain.hq.get("/v1/promises")["lines"]
    assert [(one["original"], one["stands"], one["holder"]) for one in lines] == [(slip, "with_holder", SELLER)] * 2
    chain.till(SELLER).mend()
    chain.wait_until(lambda: chain.hq.get("/v1/promises")["total"] == 0)
    chain.wait_until_quiet()
    assert chain.money(6) == 560_55, "100.00 and what was left of the other"
    assert other.void(promised["receipt_number"])["decline"] == "already_undone"
    assert other.was_it_done(promised["operation_id"])["outcome"] == "promised"


def test_a_sale_that_was_not_reported_yet_is_promised_and_kept_when_both_have_called(chain: DemoChain) -> None:
    seller, other = chain.till(SELLER), chain.till(OTHER)
    seller.swipe(7)
    seller.load(500_00)
    chain.wait_until_quiet()
    seller.cut()
    chain.wait_until(lambda: not chain.head(SELLER)["on_line"])
    slip = str(seller.sell(7, 300_00)["receipt_number"])
    other.cut()
    promised = other.refund(slip, 300_00, promise=True)
    assert promised["outcome"] == "promised"
    other.kill()
    other.mend()
    other.start()
    chain.wait_until(lambda: [one["stands"] for one in chain.hq.get("/v1/promises")["lines"]] == ["not_reported"])
    assert chain.till(THIRD).refund(slip, 1_00)["decline"] == "right_elsewhere", "HQ can't know that there is none"
    seller.mend()
    chain.wait_until(lambda: chain.hq.get("/v1/promises")["total"] == 0)
    chain.wait_until_quiet()
    assert chain.money(7) == 560_55


def test_a_slip_that_nobody_has_printed_is_unknown(chain: DemoChain) -> None:
    assert chain.till(OTHER).refund("07-1-000999", 1_00)["decline"] == "original_unknown"
