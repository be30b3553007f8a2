"""The printer of a simulated shop: what it promises a driver's user, and what lies before it whatever goes wrong."""

from __future__ import annotations

import asyncio
from random import Random

import pytest

from drivers.ports import Printer
from drivers.printer.outcome import NotStarted, Outcome, Printed, PrinterReason, Unknown
from simulation.loop import Program, VirtualLoop
from simulation.printer import ShopPrinter

SLIP = b"a slip of a member card\n" * 20
WITHIN_S = 60.0


class Shop:
    """A printer on a loop of its own, and a till's program."""

    def __init__(self) -> None:
        self.loop = VirtualLoop(Random(1))  # type: ignore[abstract]  # sockets and signals are no part of it
        self.printer = ShopPrinter(self.loop, Random(2))
        self.till = Program("till")

    def begin(self) -> asyncio.Task[Outcome]:
        return self.loop.spawn(self.till, _print(self.printer))

    def print(self) -> Outcome:
        task = self.begin()
        assert self.loop.run_until_true(task.done, within_s=WITHIN_S)
        return task.result()

    def pass_time(self) -> None:
        self.loop.run_until_true(lambda: False, within_s=10 * WITHIN_S)

    @property
    def paper(self) -> list[tuple[int, bool]]:
        """Of each run, the bytes that came out, and whether that is all."""
        return [(strip.out, strip.is_whole) for strip in self.printer.strips]


async def _print(printer: Printer) -> Outcome:
    async with printer.open() as ready:
        return ready if isinstance(ready, NotStarted) else await ready.send(SLIP)


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_a_slip_comes_out_once(shop: Shop) -> None:
    assert shop.print() == Printed()
    assert shop.paper == [(len(SLIP), True)]


@pytest.mark.parametrize("reason", [PrinterReason.PAPER_OUT, PrinterReason.COVER_OPEN, PrinterReason.NOT_REACHABLE])
def test_what_is_wrong_before_the_slip_is_said_and_nothing_is_sent(shop: Shop, reason: PrinterReason) -> None:
    match reason:
        case PrinterReason.PAPER_OUT:
            shop.printer.end_roll(0)
        case PrinterReason.COVER_OPEN:
            shop.printer.is_covered = False
        case _:
            shop.printer.lose_power()
    assert shop.print() == NotStarted((reason,))
    assert shop.paper == []
    shop.printer.mend()
    assert shop.print() == Printed()


def test_a_roll_that_ends_in_the_middle_leaves_the_rest_for_the_next_roll(shop: Shop) -> None:
    shop.printer.end_roll(100)
    assert shop.print() == Unknown((PrinterReason.PAPER_OUT,))
    assert shop.paper == [(100, False)]
    shop.printer.mend()
    shop.pass_time()
    assert shop.paper == [(len(SLIP), True)]


def test_power_that_is_lost_in_the_middle_takes_the_rest_with_it(shop: Shop) -> None:
    shop.printer.power_left = 100
    assert shop.print() == Unknown((PrinterReason.LINE_BROKE,))
    shop.printer.mend()
    shop.pass_time()
    assert shop.paper == [(100, False)]
    assert shop.print() == Printed()


def test_one_that_does_not_answer_prints_and_proves_nothing(shop: Shop) -> None:
    shop.printer.answers = False
    assert shop.print() == Unknown((PrinterReason.NO_ANSWER,))
    assert shop.paper == [(len(SLIP), True)]


def test_one_that_is_slow_prints_when_nobody_waits_any_more(shop: Shop) -> None:
    shop.printer.is_slow = True
    assert {type(shop.print()) for _ in range(9)} >= {Unknown}
    shop.pass_time()
    assert all(is_whole for _, is_whole in shop.paper)


def test_a_roll_near_its_end_prints_with_a_warning(shop: Shop) -> None:
    shop.printer.end_roll(len(SLIP) + 1)
    assert shop.print() == Printed((PrinterReason.PAPER_NEAR_END,))


def test_of_a_till_that_goes_off_in_the_middle_a_part_may_lie_there(shop: Shop) -> None:
    shop.begin()
    assert shop.loop.run_until_true(lambda: shop.printer.strips, within_s=WITHIN_S)
    shop.loop.cut(shop.till)
    shop.pass_time()
    ((out, is_whole),) = shop.paper
    assert 0 < out < len(SLIP)
    assert not is_whole
    shop.till = Program("till")
    assert shop.print() == Printed()
