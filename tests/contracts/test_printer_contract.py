"""What drivers.ports.Printer promises, asked of every driver that claims it."""

import asyncio
from collections.abc import Callable, Iterator

import pytest

from drivers.ports import Printer
from drivers.printer.conversation import PrinterTimeouts
from drivers.printer.network import NetworkPrinter
from drivers.printer.outcome import NotStarted, Outcome, Printed, PrinterReason, Unknown
from drivers.printer.status import Paper
from drivers.profiles import GENERIC_PRINTER
from hardware_mocks.patience import wait_until
from hardware_mocks.receipt_printer import VirtualReceiptPrinter

DRIVERS: dict[str, Callable[[VirtualReceiptPrinter], Printer]] = {
    "network": lambda device: NetworkPrinter(
        "front", device.host, device.port, profile=GENERIC_PRINTER, timeouts=PrinterTimeouts(look_s=0.5)
    )
}


def slip(text: str) -> bytes:
    return b"\x1b@" + text.encode("gb18030") + b"\n" + GENERIC_PRINTER.cut


SLIP = slip("存根 No. 1")


async def print_slip(printer: Printer, blob: bytes) -> Outcome:
    async with printer.open() as ready:
        return ready if isinstance(ready, NotStarted) else await ready.send(blob)


@pytest.fixture
def device() -> Iterator[VirtualReceiptPrinter]:
    with VirtualReceiptPrinter() as device:
        yield device


@pytest.fixture(params=DRIVERS)
def printer(request: pytest.FixtureRequest, device: VirtualReceiptPrinter) -> Printer:
    return DRIVERS[request.param](device)


async def test_a_slip_comes_out_once_byte_for_byte(printer: Printer, device: VirtualReceiptPrinter) -> None:
    assert await print_slip(printer, SLIP) == Printed()
    assert [slip.raw for slip in device.paper] == [SLIP]
    assert device.paper[0].lines == ["存根 No. 1"]


async def test_opening_alone_prints_nothing(printer: Printer, device: VirtualReceiptPrinter) -> None:
    async with printer.open() as ready:
        assert not isinstance(ready, NotStarted)
        assert ready.status.paper is Paper.OK
    assert await print_slip(printer, SLIP) == Printed()
    assert [slip.raw for slip in device.paper] == [SLIP]


async def test_a_printer_that_is_off_has_not_started(printer: Printer, device: VirtualReceiptPrinter) -> None:
    device.cut_power()
    assert await print_slip(printer, SLIP) == NotStarted((PrinterReason.NOT_REACHABLE,))
    assert (await printer.status()).reasons == (PrinterReason.NOT_REACHABLE,)
    device.restore_power()
    assert await print_slip(printer, SLIP) == Printed()
    assert [slip.raw for slip in device.paper] == [SLIP]


@pytest.mark.parametrize(
    ("break_it", "mend_it", "reason"),
    [
        (VirtualReceiptPrinter.paper_out, VirtualReceiptPrinter.new_roll, PrinterReason.PAPER_OUT),
        (VirtualReceiptPrinter.open_cover, VirtualReceiptPrinter.close_cover, PrinterReason.COVER_OPEN),
        (VirtualReceiptPrinter.stick_cutter, VirtualReceiptPrinter.free_cutter, PrinterReason.CUTTER),
        (VirtualReceiptPrinter.overheat, VirtualReceiptPrinter.cool_down, PrinterReason.OVERHEATED),
    ],
)
async def test_what_is_wrong_before_the_slip_is_named_and_nothing_is_sent(
    printer: Printer,
    device: VirtualReceiptPrinter,
    break_it: Callable[[VirtualReceiptPrinter], None],
    mend_it: Callable[[VirtualReceiptPrinter], None],
    reason: PrinterReason,
) -> None:
    """So the job is tried again as the original, and the paper shows one."""
    break_it(device)
    assert await print_slip(printer, SLIP) == NotStarted((reason,))
    mend_it(device)
    assert device.paper == []
    assert await print_slip(printer, SLIP) == Printed()
    assert [slip.raw for slip in device.paper] == [SLIP]


async def test_a_roll_near_its_end_prints_with_a_warning(printer: Printer, device: VirtualReceiptPrinter) -> None:
    device.paper_low()
    assert await print_slip(printer, SLIP) == Printed((PrinterReason.PAPER_NEAR_END,))


async def test_a_printer_that_never_answers_gets_the_slip_and_proves_nothing(
    printer: Printer, device: VirtualReceiptPrinter
) -> None:
    device.go_silent()
    async with asyncio.timeout(10):
        assert await print_slip(printer, SLIP) == Unknown((PrinterReason.NO_ANSWER,))
    assert [slip.raw for slip in device.paper] == [SLIP]


async def test_a_line_that_breaks_in_mid_slip_is_unknown(printer: Printer, device: VirtualReceiptPrinter) -> None:
    device.reset_connection_after(4 * 3 + len(SLIP) // 2)
    assert await print_slip(printer, SLIP) == Unknown((PrinterReason.LINE_BROKE,))


async def test_an_error_of_the_caller_leaves_the_printer_usable(printer: Printer) -> None:
    with pytest.raises(ZeroDivisionError):
        async with printer.open():
            raise ZeroDivisionError
    assert await print_slip(printer, SLIP) == Printed()


async def test_a_cancelled_job_leaves_the_printer_usable(printer: Printer, device: VirtualReceiptPrinter) -> None:
    device.hang_after(4 * 3 + 5)
    job = asyncio.create_task(print_slip(printer, SLIP))
    await asyncio.to_thread(wait_until, lambda: device.unfinished.raw)
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    device.cut_power()
    device.restore_power()
    assert await print_slip(printer, SLIP) == Printed()


async def test_slips_and_questions_take_turns(printer: Printer, device: VirtualReceiptPrinter) -> None:
    slips = [slip(f"No. {number}") for number in range(5)]
    async with asyncio.TaskGroup() as group:
        jobs = [group.create_task(print_slip(printer, blob)) for blob in slips]
        question = group.create_task(printer.status())
    assert [job.result() for job in jobs] == [Printed()] * 5
    assert question.result().online
    assert sorted(slip.raw for slip in device.paper) == sorted(slips)
