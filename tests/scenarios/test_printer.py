"""A printer that fails in every way we know: one original at most, the cashier is asked, and a second run says so."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from checkout.requests import Tender
from drivers.events import CardSwiped, Tracks
from hardware_mocks.demo_store import DemoStore
from hardware_mocks.magstripe_reader import VirtualMagstripeReader
from hardware_mocks.patience import wait_until
from hardware_mocks.receipt_printer import VirtualReceiptPrinter
from hardware_mocks.till_process import TillProcess
from terminal.answers import Answer, SlipStatus
from terminal.bodies import LoadBody
from terminal.slip_desk import PRINT_LATE_MS_MAX
from terminal.wiring import Parts, build
from terminal.world import World
from tests.scenarios.cashier import Cashier
from tests.scenarios.paper import Paper

Act = Callable[[VirtualReceiptPrinter], object]

IN_MID_SLIP = 300
"""Bytes: the questions about the printer's state and the first lines; a slip has about 900."""


def load(cashier: Cashier) -> str:
    """A load that is done whatever the printer does; the number of its slip."""
    cashier.swipe(1)
    number: str = cashier.load(500_00)["receipt_number"]
    return number


@pytest.mark.parametrize(
    ("fail", "mend", "reason"),
    [
        (VirtualReceiptPrinter.paper_out, VirtualReceiptPrinter.new_roll, "paper_out"),
        pytest.param(
            VirtualReceiptPrinter.open_cover,
            VirtualReceiptPrinter.close_cover,
            "cover_open",
            marks=pytest.mark.thorough,
        ),
        pytest.param(
            VirtualReceiptPrinter.stick_cutter, VirtualReceiptPrinter.free_cutter, "cutter", marks=pytest.mark.thorough
        ),
        (VirtualReceiptPrinter.cut_power, VirtualReceiptPrinter.restore_power, "not_reachable"),
    ],
    ids=["paper out", "cover open", "cutter stuck", "off"],
)
def test_a_slip_of_which_no_byte_left_is_the_original_when_the_printer_is_mended(
    fail: Act, mend: Act, reason: str, cashier: Cashier
) -> None:
    fail(cashier.printer)
    number = load(cashier)
    wait_until(lambda: cashier.device("printer")["reasons"] == [reason])
    assert cashier.device("printer")["state"] == "lost"
    assert cashier.slips_waiting() == [{"receipt_number": number, "state": "created", "run": 1, "reasons": []}]
    assert cashier.say_of_slip(number, came_out=False)["code"] == "slip_not_waiting"
    mend(cashier.printer)
    assert cashier.wait_for_slip(number, "printed")["run"] == 1
    assert cashier.paper.originals() == {number: 1}
    assert cashier.paper.copies(number) == 0
    wait_until(lambda: cashier.device("printer")["state"] == "ready")


BREAKS_OFF: dict[str, tuple[Act, Act, str]] = {
    "paper out": (lambda it: it.paper_out(after_bytes=IN_MID_SLIP), VirtualReceiptPrinter.new_roll, "paper_out"),
    "cover open": (lambda it: it.open_cover(after_bytes=IN_MID_SLIP), VirtualReceiptPrinter.close_cover, "cover_open"),
    "line broken": (
        lambda it: it.reset_connection_after(IN_MID_SLIP),
        VirtualReceiptPrinter.tear_off,
        "line_broke",
    ),
}
ALWAYS = {("paper out", False), ("cover open", True), ("line broken", False)}
"""Each way that a slip breaks off, and each answer of the cashier's; --thorough takes every pair."""


@pytest.mark.parametrize(
    ("fail", "mend", "reason", "came_out"),
    [
        pytest.param(
            *BREAKS_OFF[way],
            came_out,
            id=f"{'came out' if came_out else 'did not'}-{way}",
            marks=[] if (way, came_out) in ALWAYS else pytest.mark.thorough,
        )
        for came_out in (True, False)
        for way in BREAKS_OFF
    ],
)
def test_a_slip_that_broke_off_is_asked_about_and_no_means_a_copy(
    fail: Act, mend: Act, reason: str, cashier: Cashier, *, came_out: bool
) -> None:
    fail(cashier.printer)
    number = load(cashier)
    asked = cashier.wait_for_slip(number, "unknown")
    assert asked["reasons"] == [reason]
    waiting = cashier.slips_waiting()
    assert [(slip["receipt_number"], slip["state"]) for slip in waiting] == [(number, "unknown")]
    mend(cashier.printer)
    cashier.say_of_slip(number, came_out=came_out)
    ended = cashier.wait_for_slip(number, "settled" if came_out else "printed")
    assert ended["run"] == (1 if came_out else 2)
    assert cashier.paper.originals()[number] <= 1
    assert cashier.paper.copies(number) == (not came_out)
    assert cashier.slips_waiting() == []


def test_a_printer_switched_off_in_mid_slip_leaves_a_question_and_half_a_slip(
    cashier: Cashier,
) -> None:
    cashier.printer.hang_after(IN_MID_SLIP)
    number = load(cashier)
    cashier.wait_for_slip(number, "started")
    cashier.printer.cut_power()
    assert cashier.wait_for_slip(number, "unknown")["reasons"] == ["line_broke"]
    cashier.printer.restore_power()
    cashier.say_of_slip(number, came_out=False)
    cashier.wait_for_slip(number, "printed")
    assert cashier.paper.originals()[number] <= 1
    assert cashier.paper.copies(number) == 1


def test_a_printer_that_prints_and_says_nothing_is_not_believed(
    cashier: Cashier,
) -> None:
    """Silence is no proof: the slip lies there, and the cashier is asked all the same."""
    wait_until(lambda: cashier.device("printer")["state"] == "ready")
    cashier.printer.go_silent()
    number = load(cashier)
    cashier.printer.wait_for_slips(1)
    assert cashier.wait_for_slip(number, "unknown", timeout_s=30)["reasons"] == ["no_answer"]
    assert cashier.device("printer") == {
        "name": "printer",
        "class": "POSPrinter",
        "state": "unknown",
        "reasons": ["no_answer"],
    }
    assert cashier.say_of_slip(number, came_out=True)["state"] == "settled"
    cashier.printer.speak()
    again = load(cashier)
    assert cashier.wait_for_slip(again, "printed")["run"] == 1
    assert cashier.paper.originals() == {number: 1, again: 1}


@pytest.mark.parametrize("printer_model", ["generic-80-mute"])
def test_a_model_that_cannot_answer_is_asked_about_at_once(cashier: Cashier) -> None:
    number = load(cashier)
    assert cashier.wait_for_slip(number, "unknown")["reasons"] == ["cannot_confirm"]
    cashier.printer.wait_for_slips(1)


def test_a_printer_that_is_off_when_the_till_starts_prints_when_it_is_on(
    settings: Path, store: DemoStore, reader: VirtualMagstripeReader, printer: VirtualReceiptPrinter
) -> None:
    printer.cut_power()
    with TillProcess(settings, store.folder / "till.log") as till:
        cashier = Cashier(till, store, reader, printer)
        wait_until(lambda: cashier.device("printer")["state"] == "lost")
        numbers = [load(cashier), load(cashier)]
        printer.restore_power()
        for number in numbers:
            cashier.wait_for_slip(number, "printed")
    assert cashier.paper.originals() == dict.fromkeys(numbers, 1)


def test_a_slip_that_waited_while_the_till_was_killed_is_still_the_original(
    cashier: Cashier,
) -> None:
    cashier.printer.cut_power()
    number = load(cashier)
    cashier.till.kill()
    cashier.printer.restore_power()
    cashier.till.start()
    assert cashier.wait_for_slip(number, "printed")["run"] == 1
    assert cashier.paper.originals() == {number: 1}
    assert cashier.paper.copies(number) == 0


def test_a_slip_printed_again_says_that_it_is_a_copy_each_time(
    cashier: Cashier,
) -> None:
    number = load(cashier)
    cashier.wait_for_slip(number, "printed")
    for run in (2, 3):
        assert cashier.post(f"/v1/slips/{number}/copies")["copy"]
        assert cashier.wait_for_slip(number, "printed")["run"] == run
        assert cashier.paper.copies(number) == run - 1
    assert cashier.paper.originals() == {number: 1}
    assert cashier.post("/v1/slips/07-1-999999/copies")["code"] == "slip_unknown"


class Clock:
    """The store's clock, which the story sets."""

    def __init__(self) -> None:
        self.now_ms = int(datetime(2026, 11, 22, 4, 0, tzinfo=UTC).timestamp() * 1000)

    def read(self) -> int:
        return self.now_ms


async def load_in_process(parts: Parts, store: DemoStore, operation_id: str) -> str:
    till = parts.till
    await till.on_device(CardSwiped("reader", Tracks(track2=store.track2(1))))
    shown = (await till.status()).presentation
    assert shown is not None
    answer = await till.load(LoadBody(operation_id, shown.presentation, 500_00, Tender.CASH))
    assert isinstance(answer, Answer)
    assert answer.receipt_number is not None
    return answer.receipt_number


async def until_printed(parts: Parts, number: str) -> None:
    async with asyncio.timeout(30):
        async for event in parts.till.events.subscribe(after=0):
            if isinstance(event.data, SlipStatus) and (event.data.receipt_number, event.data.state) == (
                number,
                "printed",
            ):
                return


async def test_a_mended_printer_lets_no_flood_of_old_slips_out(
    settings: Path, store: DemoStore, printer: VirtualReceiptPrinter
) -> None:
    """In this process, because the story needs a clock of its own."""
    clock, paper = Clock(), Paper(printer, store.country)
    parts = build(settings, World(now_ms=clock.read))
    await parts.till.begin()
    old = [await load_in_process(parts, store, f"load-{count:06d}") for count in range(3)]
    clock.now_ms += PRINT_LATE_MS_MAX + 1
    fresh = await load_in_process(parts, store, "load-fresh")
    assert parts.printer is not None
    assert parts.paper is not None
    printing = asyncio.create_task(parts.till.printing(parts.printer, parts.paper).run())
    try:
        await until_printed(parts, fresh)
        assert paper.originals() == {fresh: 1}
        assert [slip.receipt_number for slip in await parts.till.slips.waiting()] == old
        await parts.till.slips.copy(old[1])
        await until_printed(parts, old[1])
        assert paper.originals() == {fresh: 1, old[1]: 1}
        assert paper.copies(old[1]) == 0
    finally:
        printing.cancel()
        with suppress(asyncio.CancelledError):
            await printing
        parts.store.close()
