"""Programs are killed and cables pulled while value moves between all places: in the end every sum is right."""

import random
import threading
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from hardware_mocks.demo_chain import DemoChain
from hardware_mocks.demo_till import DemoTill, TillManner
from tests.scenarios.whole_chain import prove_whole

PLACEMENT = """
[placement.transfer]
member_units = 10_000
till_units = 100_000_000
tills = 1

[placement.real_time]
member_units = 10_000
till_units = 100_000_000
tills = 1
"""
"""So little that nearly every sale moves value."""
MEMBERS = (1, 2, 3)
LOADED = 1_000_00 + 150_00
PLACES = ("07-1", "12-1")
BLOWS = 6
SALES_BETWEEN = 3


class Customers(threading.Thread):
    """Members who pay at one till as long as the story goes on; `asked` is every operation that they began."""

    def __init__(self, till: DemoTill, seed: int) -> None:
        super().__init__(daemon=True)
        self._till = till
        self._chance = random.Random(seed)
        self.asked: list[tuple[str, int, int]] = []
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.wait(0.01):
            try:
                self._pay()
            except (OSError, TimeoutError, KeyError):
                continue  # the till is away; KeyError: its answer was a problem

    def _pay(self) -> None:
        member, units = self._chance.choice(MEMBERS), self._chance.randrange(1, 60) * 100
        self._till.swipe(member)
        operation = f"{self._till.place}-sale-{len(self.asked):05d}"
        self.asked.append((operation, member, units))
        self._till.charge(units, operation_id=operation)


@pytest.fixture(params=["real_time", pytest.param("transfer", marks=pytest.mark.thorough)])
def chain(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DemoChain]:
    manner = TillManner(mode=request.param, draw_timeout_s=2.0)
    with DemoChain(tmp_path, places=PLACES, manner=manner, hq_settings=PLACEMENT) as chain:
        yield chain


def spent(customers: Customers, till: DemoTill, member: int) -> int:
    """What a member paid at a till, by what the till says of each operation that was begun there."""
    told: list[dict[str, Any]] = [till.was_it_done(operation) for operation, who, _ in customers.asked if who == member]
    return sum(one["amount"] for one in told if one.get("outcome") == "done")


def has_come(customers: Mapping[str, Customers], goal: Mapping[str, int]) -> bool:
    """Whether so many sales were begun at each till."""
    return all(len(customers[place].asked) >= begun for place, begun in goal.items())


def strike(chain: DemoChain, chance: random.Random) -> None:
    """One thing goes wrong, and is mended once the others have sold a little."""
    till = chain.till(chance.choice(PLACES))
    blow = chance.choice([chain.hq.kill, till.kill, till.cut])
    blow()
    threading.Event().wait(chance.uniform(0.05, 0.4))
    chain.mend_all()


@pytest.mark.parametrize("seed", [1])
def test_kills_and_cuts_while_value_moves_lose_nothing_and_double_nothing(seed: int, chain: DemoChain) -> None:
    chance = random.Random(seed)
    for member in MEMBERS:
        chain.till("07-1").key_in(member)
        chain.till("07-1").load(1_000_00)
    customers = {place: Customers(chain.till(place), seed) for place in PLACES}
    for each in customers.values():
        each.start()
    for _ in range(BLOWS):
        goal = {place: len(each.asked) + SALES_BETWEEN for place, each in customers.items()}
        chain.wait_until(partial(has_come, customers, goal))
        strike(chain, chance)
    for each in customers.values():
        each.over.set()
        each.join()
    chain.wait_until_quiet()
    for member in MEMBERS:
        paid = sum(spent(each, chain.till(place), member) for place, each in customers.items())
        assert paid > 0
        assert chain.money(member) == LOADED - paid, f"member {member}"
    prove_whole(chain)
