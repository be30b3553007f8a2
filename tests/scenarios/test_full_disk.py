"""A disk that takes no more: nothing is promised that is not written, and what was promised is there afterwards."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hardware_mocks.demo_store import DemoStore
from hardware_mocks.magstripe_reader import VirtualMagstripeReader
from hardware_mocks.patience import wait_until
from hardware_mocks.receipt_printer import VirtualReceiptPrinter
from hardware_mocks.till_process import DidNotStart, Json, TillProcess
from offline_queue.program import DISK_FAILED
from terminal.printing import LOOKS
from tests.scenarios.cashier import Cashier
from tests.scenarios.proof import prove
from tests.scenarios.small_disk import Disk, kinds_of_disk, small_disk
from tests.scenarios.watching import Watch

SALES_MAX = 200
"""Far more than fit into what a full disk leaves in files that were there already."""
LOADED = 9_150_00
IN_MID_SLIP = 300
TRIES_TO_PRINT_S = LOOKS.again_s + 2.0

on_every_disk = pytest.mark.parametrize("disk", kinds_of_disk(), indirect=True)


@pytest.fixture
def disk(request: pytest.FixtureRequest, settings: Path, store: DemoStore) -> Iterator[Disk]:
    assert settings.exists()
    with small_disk(request.param, store.data()) as disk:
        yield disk


@pytest.fixture
def till(disk: Disk, settings: Path, store: DemoStore) -> Iterator[TillProcess]:
    with TillProcess(settings, store.folder / "till.log", disk.prefix) as till:
        yield till


class Sales:
    """Charges of 1.00 each, one after another, until one is not done."""

    def __init__(self, cashier: Cashier) -> None:
        self.done: list[Json] = []
        self.last: Json = None
        """The answer that was no sale; None when the till ended without one."""
        for _ in range(SALES_MAX):
            try:
                self.last = cashier.charge(1_00, operation_id=f"sale-{len(self.done):06d}")
            except OSError:
                return
            if self.last.get("outcome") != "done":
                return
            self.done.append(self.last)
        raise AssertionError("the disk never filled")

    def are_in_the_book(self, cashier: Cashier) -> bool:
        """Each that was answered, and the last one as the till now says; nothing else."""
        for answer in self.done:
            assert cashier.get(f"/v1/operations/{answer['operation_id']}") == answer
        last = cashier.get(f"/v1/operations/sale-{len(self.done):06d}")
        paid = len(self.done) + (last.get("outcome") == "done")
        return bool(cashier.swipe(1)["spendable"] == LOADED - 1_00 * paid)


@on_every_disk
def test_a_full_disk_takes_no_sale_and_keeps_every_one_that_was_answered(
    cashier: Cashier, till: TillProcess, disk: Disk
) -> None:
    """Full: the till says so and goes on showing balances. Failing: it ends, to be started again."""
    cashier.printer.cut_power()  # this story is about sales; slips have their own
    cashier.swipe(1)
    cashier.load(9_000_00)
    disk.fill(till)
    sales = Sales(cashier)
    if sales.last is not None and sales.last["code"] == "disk_full":
        assert (sales.last["status"], sales.last["retryable"]) == (507, True)
        assert set(sales.last["cashier_message"]) == {"zh-TW", "zh-CN", "en"}
        assert sales.are_in_the_book(cashier)
    else:
        assert till.wait() == DISK_FAILED
    disk.free(till)
    if till.ended:
        till.start()
    assert sales.are_in_the_book(cashier)
    assert cashier.charge(2_00)["outcome"] == "done"
    till.stop()
    prove(disk.data)


@on_every_disk
@pytest.mark.thorough
def test_a_slip_that_waits_while_the_disk_is_full_prints_once_there_is_room(
    cashier: Cashier, till: TillProcess, disk: Disk
) -> None:
    """That it begins can't be written, so no byte of it may leave; and it may not end a till that still shows."""
    cashier.printer.cut_power()
    cashier.swipe(1)
    number = cashier.load(9_000_00)["receipt_number"]
    disk.fill(till)
    sales = Sales(cashier)
    if sales.last is not None and sales.last["code"] == "disk_full":
        cashier.printer.restore_power()
        with pytest.raises(TimeoutError):
            wait_until(lambda: till.ended, timeout_s=TRIES_TO_PRINT_S)
    else:
        assert till.wait() == DISK_FAILED
        cashier.printer.restore_power()
    assert cashier.paper.originals() == {}
    disk.free(till)
    if till.ended:
        till.start()
    cashier.wait_for_slip(number, "printed")
    assert cashier.paper.originals()[number] == 1


@on_every_disk
@pytest.mark.thorough
def test_what_became_of_a_slip_while_the_disk_was_full_is_written_when_there_is_room(
    cashier: Cashier, till: TillProcess, disk: Disk
) -> None:
    """It is on paper. A till that goes on must note it; one that ended has to ask."""
    cashier.swipe(1)
    cashier.wait_for_slip(cashier.load(9_000_00)["receipt_number"], "printed")
    cashier.printer.hang_after(IN_MID_SLIP)
    number = cashier.charge(2_00)["receipt_number"]
    cashier.wait_for_slip(number, "started")
    disk.fill(till)
    Sales(cashier)
    cashier.printer.wake()
    wait_until(lambda: cashier.paper.originals()[number] == 1)
    disk.free(till)
    wait_until(lambda: state_of(number, cashier, till) in {"printed", "unknown"})
    assert cashier.slip(number)["run"] == 1
    assert cashier.paper.originals()[number] == 1


def state_of(number: str, cashier: Cashier, till: TillProcess) -> str:
    """Where the printing of a slip stands; nothing while the till is just ending. One that has ended is started."""
    if till.ended:
        till.start()
    try:
        return str(cashier.slip(number)["state"])
    except OSError:
        return ""


def refusal_to_start(till: TillProcess) -> str:
    """What a till says that does not start; nothing when it does."""
    try:
        till.start()
    except DidNotStart as refused:
        return refused.said
    return ""


@on_every_disk
@pytest.mark.thorough
def test_a_till_that_is_started_on_a_full_disk_shows_what_there_is_or_says_why_not(
    cashier: Cashier, till: TillProcess, disk: Disk
) -> None:
    cashier.printer.cut_power()
    cashier.swipe(1)
    cashier.load(9_000_00)
    disk.fill(till)
    sales = Sales(cashier)
    if not till.ended:
        till.kill()
    refusal = refusal_to_start(till)
    if refusal:
        assert refusal.startswith("Error: ")
        assert "full" in refusal
        disk.free(till)
        till.start()
    assert sales.are_in_the_book(cashier)


def test_a_log_that_cannot_be_written_ends_no_till(
    settings: Path, store: DemoStore, reader: VirtualMagstripeReader, printer: VirtualReceiptPrinter
) -> None:
    with TillProcess(settings, Path("/dev/full")) as till, Watch(till) as watch:
        cashier = Cashier(till, store, reader, printer)
        cashier.swipe(1)
        reader.send(b";7\r")
        watch.wait_for("card.refused")
        assert cashier.load(500_00)["outcome"] == "done"
        assert cashier.swipe(1)["spendable"] == 560_55
