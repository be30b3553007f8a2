"""A chain in transfer mode: value lies where the member was, goes home beyond its share, and comes where it is needed.

One chain of real programs for all stories, each with members of its own; in the end all of it is audited.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hardware_mocks.demo_chain import DemoChain, at_once, begin
from tests.scenarios.whole_chain import PHONE, everybody_on_line, fresh, prove_whole

PLACEMENT = "[placement.transfer]\nmember_units = 30_000\ntill_units = 100_000_000\ntills = 2\n"
"""NT$300 of a member may lie ready at a till."""


@pytest.fixture(scope="module")
def whole_chain(module_path: Path) -> Iterator[DemoChain]:
    with DemoChain(module_path, hq_settings=PLACEMENT) as chain:
        yield chain
        prove_whole(chain)


@pytest.fixture
def chain(whole_chain: DemoChain) -> DemoChain:
    return everybody_on_line(whole_chain)


def test_what_is_beyond_the_share_goes_home_and_pays_at_another_store(chain: DemoChain) -> None:
    first, second, third = chain.till("07-1"), chain.till("12-1"), chain.till("07-2")
    first.swipe(1)
    assert first.load(500_00)["bonus"] == 60_55
    chain.wait_until(lambda: chain.balances(1) == {"07-1": (300_00, 0), "hq": (200_00, 60_55)})

    drawn = second.sell(1, 260_00)
    assert (drawn["outcome"], drawn["principal"], drawn["bonus"]) == ("done", 200_00, 60_00)
    chain.wait_until(lambda: chain.balances(1) == {"07-1": (300_00, 0), "12-1": (0, 55)})

    second.load(100_00)
    chain.wait_until(lambda: chain.balances(1) == {"07-1": (300_00, 0), "12-1": (100_00, 55)})
    of_two_lots = third.sell(1, 350_00)
    assert (of_two_lots["outcome"], of_two_lots["principal"], of_two_lots["bonus"]) == ("done", 349_45, 55)
    chain.wait_until(lambda: chain.money(1) == 50_55)  # where it lies depends on who was called home first
    chain.wait_until_quiet()
    assert chain.money(1) == 50_55


def test_five_sales_without_hq_and_a_sixth_that_says_what_lies_where(chain: DemoChain) -> None:
    here, there = chain.till("07-1"), chain.till("12-1")
    here.swipe(2)
    here.load(1_000_00)
    chain.wait_until(lambda: chain.balances(2) == {"07-1": (300_00, 0), "hq": (700_00, 150_00)})
    assert there.sell(2, 100_00)["outcome"] == "done"
    chain.wait_until(lambda: chain.balances(2) == {"07-1": (300_00, 0), "12-1": (300_00, 0), "hq": (300_00, 150_00)})
    there.swipe(2)
    seen = fresh(chain, there, 1_050_00)

    chain.hq.kill()
    chain.wait_until(lambda: {here.hq["state"], there.hq["state"]} == {"not_reached"})
    sales = [here.sell(2, 100_00) for _ in range(3)] + [there.sell(2, 100_00) for _ in range(2)]
    assert [sale["outcome"] for sale in sales] == ["done"] * 5
    refused = there.sell(2, 200_00)
    assert (refused["decline"], refused["elsewhere"]) == ("lies_elsewhere", 750_00)
    assert refused["elsewhere_as_of"] == seen["total_as_of"]
    assert "NT$750" in refused["cashier_message"]["en"]
    shares = {one["place"]: (one["principal"], one["bonus"]) for one in there.look()["shares"]}
    assert shares == {"12-1": (100_00, 0), "07-1": (300_00, 0), "hq": (300_00, 150_00)}

    chain.hq.start()
    chain.wait_until_quiet()
    assert there.sell(2, 200_00)["outcome"] == "done"
    chain.wait_until_quiet()
    assert chain.money(2) == 1_150_00 - 800_00


@pytest.mark.parametrize("member", [3, *(pytest.param(one, marks=pytest.mark.thorough) for one in (13, 23))])
def test_one_of_two_tills_gets_the_last_hundred(member: int, chain: DemoChain) -> None:
    """It lies at a third one."""
    tills = chain.till("12-1"), chain.till("12-2")
    chain.till("07-1").key_in(member)
    chain.till("07-1").load(100_00)
    chain.wait_until(lambda: chain.balances(member) == {"07-1": (100_00, 0)})
    for till in tills:
        till.swipe(member)
    answers = at_once(*(lambda till=till: till.charge(100_00) for till in tills))
    assert sorted(answer["outcome"] for answer in answers) == ["declined", "done"]
    chain.wait_until_quiet()
    assert chain.balances(member) == {}


def test_what_lies_at_another_till_is_called_home_for_a_sale(chain: DemoChain) -> None:
    chain.till("07-1").key_in(4)
    chain.till("07-1").load(200_00)
    chain.wait_until(lambda: chain.balances(4) == {"07-1": (200_00, 0)})
    assert chain.till("12-1").sell(4, 150_00)["outcome"] == "done"
    chain.wait_until(lambda: chain.balances(4) == {"12-1": (50_00, 0)})


def test_what_lies_at_a_till_that_is_cut_off_is_named_and_not_spent(chain: DemoChain) -> None:
    here, there = chain.till("07-1"), chain.till("12-1")
    here.key_in(5)
    here.load(200_00)
    chain.wait_until(lambda: chain.balances(5) == {"07-1": (200_00, 0)})
    here.cut()
    chain.wait_until(lambda: not chain.head("07-1")["on_line"])

    refused = there.sell(5, 150_00)
    assert (refused["decline"], refused["elsewhere"]) == ("lies_elsewhere", 200_00)
    assert [one for one in there.look()["shares"] if one["place"] != "12-1"] == [
        {"place": "07-1", "principal": 200_00, "bonus": 0, "points": 0}
    ]
    assert here.sell(5, 30_00)["outcome"] == "done"

    here.mend()
    chain.wait_until(lambda: chain.balances(5) == {"07-1": (170_00, 0)})
    assert there.sell(5, 150_00)["outcome"] == "done"
    chain.wait_until(lambda: chain.balances(5) == {"12-1": (20_00, 0)})


def test_a_till_that_hears_nothing_is_asked_in_vain_and_gives_back_when_it_hears(chain: DemoChain) -> None:
    """HQ takes it for being on line: nobody has noticed that the cable carries nothing."""
    here, there = chain.till("07-1"), chain.till("12-1")
    here.key_in(6)
    here.load(200_00)
    chain.wait_until(lambda: chain.balances(6) == {"07-1": (200_00, 0)})
    here.cable.holds_down = here.cable.holds_up = True
    refused = there.sell(6, 150_00)
    assert (refused["decline"], refused["elsewhere"]) == ("lies_elsewhere", 200_00)

    here.mend()
    chain.wait_until(lambda: "07-1" not in chain.balances(6))
    assert there.sell(6, 150_00)["outcome"] == "done"
    chain.wait_until_quiet()
    assert chain.money(6) == 50_00


def knows(chain: DemoChain) -> bool:
    """Whether every till has reported the last block."""
    return not any(line["waits_total"] for line in chain.hq.get("/v1/blocks")["lines"])


def test_a_card_that_is_blocked_is_refused_everywhere_until_it_is_found(chain: DemoChain) -> None:
    for till in chain.tills.values():
        till.key_in(7)
        till.load(100_00)
    chain.block(7)
    chain.wait_until(lambda: knows(chain))
    for till in chain.tills.values():
        assert till.sell(7, 10_00)["decline"] == "card_blocked"
        assert till.load(100_00)["decline"] == "card_blocked"
        assert till.look()["blocked"]
    chain.unblock(7)
    chain.wait_until(lambda: not any(till.look()["blocked"] for till in chain.tills.values()))
    assert [till.sell(7, 10_00)["outcome"] for till in chain.tills.values()] == ["done"] * len(chain.tills)


def test_a_till_that_has_not_heard_of_a_block_sells_no_more_than_what_lies_there(chain: DemoChain) -> None:
    till = chain.till("12-2")
    till.key_in(8)
    till.load(200_00)
    chain.wait_until(lambda: chain.balances(8) == {"12-2": (200_00, 0)})
    till.cut()
    chain.block(8)
    assert till.sell(8, 150_00)["outcome"] == "done"
    assert till.sell(8, 60_00)["decline"] in ("not_enough_here", "lies_elsewhere")
    till.mend()
    chain.wait_until(lambda: knows(chain))
    assert till.sell(8, 10_00)["decline"] == "card_blocked"
    chain.unblock(8)
    chain.wait_until(lambda: not till.look()["blocked"])
    assert till.sell(8, 10_00)["outcome"] == "done"


def test_members_are_found_by_a_phone_that_two_of_them_share(chain: DemoChain) -> None:
    phone = f"0{PHONE}"
    chain.join(11, "王小明", phone)
    chain.join(12, "王大明", phone)
    till, stranger = chain.till("12-1"), chain.till("12-2")
    found = till.search(phone)
    assert (found["hq_answered"], len(found["members"])) == (True, 2)
    assert {one["name"] for one in found["members"]} == {"王○明"}
    shown = till.choose(found["members"][0]["candidate"])
    assert (shown["entry"], shown["name"]) == ("phone", "王○明")
    assert till.load(100_00)["outcome"] == "done"
    assert till.charge(10_00)["decline"] == "swipe_needed"

    till.cut()
    stranger.cut()
    again = till.search(phone)
    assert (again["hq_answered"], len(again["members"])) == (False, 2)
    assert till.choose(again["members"][1]["candidate"])["entry"] == "phone"
    assert stranger.search("0987-654-321") == {"members": [], "hq_answered": False}


@pytest.mark.thorough
def test_a_third_till_joins_while_the_others_sell_and_what_lies_at_a_revoked_one_is_shown_there(
    chain: DemoChain,
) -> None:
    here, there = chain.till("07-1"), chain.till("12-1")
    here.key_in(14)
    there.key_in(15)
    sales = begin(lambda: [till.load(100_00)["outcome"] for _ in range(20) for till in (here, there)])
    chain.add_tills("07-3")
    new = chain.till("07-3")
    new.key_in(16)
    assert new.load(200_00)["outcome"] == "done"
    assert sales.result() == ["done"] * 40
    chain.wait_until(lambda: chain.balances(16) == {"07-3": (200_00, 0)})
    assert new.sell(14, 50_00)["outcome"] == "done"
    chain.wait_until_quiet()

    chain.revoke("07-3")
    chain.wait_until(lambda: new.hq["stopped"] == "revoked")
    assert new.sell(16, 10_00)["code"] == "till_revoked"
    assert chain.balances(16) == {"07-3": (200_00, 0)}
    refused = there.sell(16, 100_00)
    assert (refused["decline"], refused["elsewhere"]) == ("lies_elsewhere", 200_00)
    assert "07-3" in [one["place"] for one in there.look()["shares"]]
