"""The driver of network printers, in the middle of a slip and against peers that no printer should be."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from drivers.printer.conversation import Conversation, PrinterTimeouts
from drivers.printer.network import NetworkPrinter
from drivers.printer.outcome import NotStarted, Outcome, Printed, PrinterReason, Unknown
from drivers.printer.status import Paper
from drivers.profiles import GENERIC_PRINTER, PRINTERS, PrinterProfile, StatusDialect
from hardware_mocks.escpos_machine import DrawerPulse
from hardware_mocks.patience import wait_until
from hardware_mocks.receipt_printer import VirtualReceiptPrinter

QUERIES = 4 * 3  # bytes of the four questions that go before a slip
IMPATIENT = PrinterTimeouts(connect_s=5, reply_s=0.4, look_s=0.4, slip_s=1.5, close_s=0.3, turn_s=1)
"""For printers that are not to answer."""
PATIENT = replace(IMPATIENT, reply_s=5, look_s=5, slip_s=10)
ENDS_S_MAX = 15
WATCHFUL = PrinterTimeouts(look_s=0.3)
Peer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def slip(text: str) -> bytes:
    return b"\x1b@" + b"".join(f"{text} line {line}\n".encode("gb18030") for line in range(20)) + GENERIC_PRINTER.cut


SLIP = slip("original")


async def print_slip(printer: NetworkPrinter, blob: bytes = SLIP) -> Outcome:
    async with printer.open() as ready:
        return ready if isinstance(ready, NotStarted) else await ready.send(blob)


def driver_of(device: VirtualReceiptPrinter, timeouts: PrinterTimeouts | None = None) -> NetworkPrinter:
    return NetworkPrinter("front", device.host, device.port, profile=GENERIC_PRINTER, timeouts=timeouts)


@pytest.fixture
def device() -> Iterator[VirtualReceiptPrinter]:
    with VirtualReceiptPrinter() as device:
        yield device


@asynccontextmanager
async def printer_of(peer: Peer, profile: PrinterProfile = GENERIC_PRINTER) -> AsyncIterator[NetworkPrinter]:
    """A driver at a peer that behaves as scripted."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await peer(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield NetworkPrinter("front", "127.0.0.1", port, profile=profile, timeouts=IMPATIENT)
    finally:
        server.close()


async def answer_queries(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: bytes = b"\x12") -> None:
    for _ in range(4):
        await reader.readexactly(3)
        writer.write(answer)


async def say_all_is_well(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers every question that is asked at once, and never says that a slip was printed."""
    while data := await reader.read(1000):
        writer.write(b"\x12" * data.count(b"\x10\x04"))


# ---------------------------------------------------------------- in the middle of a slip


async def test_paper_that_ends_in_mid_slip_makes_one_original_and_one_copy(device: VirtualReceiptPrinter) -> None:
    """The rest of the original comes out when the new roll is in; what is printed after it says that it is a copy."""
    device.paper_out(after_bytes=QUERIES + len(SLIP) // 2)
    assert await print_slip(driver_of(device, WATCHFUL)) == Unknown((PrinterReason.PAPER_OUT,))
    device.new_roll()
    torn, rest = device.wait_for_slips(2)
    assert (torn.cut, rest.cut) == (False, True)
    assert torn.raw + rest.raw == SLIP


async def test_a_cover_that_is_opened_in_mid_slip_is_named(device: VirtualReceiptPrinter) -> None:
    device.open_cover(after_bytes=QUERIES + len(SLIP) // 2)
    assert await print_slip(driver_of(device, WATCHFUL)) == Unknown((PrinterReason.COVER_OPEN,))


async def test_a_printer_that_stops_reading_in_mid_slip_is_unknown_in_bounded_time(
    device: VirtualReceiptPrinter,
) -> None:
    device.hang_after(QUERIES + len(SLIP) // 2)
    async with asyncio.timeout(ENDS_S_MAX):
        assert await print_slip(driver_of(device, IMPATIENT)) == Unknown((PrinterReason.NO_ANSWER,))
    assert device.paper == []


async def test_a_slip_that_no_buffer_holds_does_not_hang_either(device: VirtualReceiptPrinter) -> None:
    device.hang_after(QUERIES)
    async with asyncio.timeout(ENDS_S_MAX):
        blob = b"0123456789\n" * 2_000_000
        assert await print_slip(driver_of(device, IMPATIENT), blob) == Unknown((PrinterReason.NO_ANSWER,))


async def test_power_that_is_cut_in_mid_slip_is_unknown(device: VirtualReceiptPrinter) -> None:
    device.hang_after(QUERIES + len(SLIP) // 2)
    job = asyncio.create_task(print_slip(driver_of(device)))
    await asyncio.to_thread(wait_until, lambda: device.unfinished.blocks)
    await asyncio.to_thread(device.cut_power)
    assert await job == Unknown((PrinterReason.LINE_BROKE,))


async def test_a_slow_printer_is_waited_for_as_long_as_it_says_that_it_is_well(device: VirtualReceiptPrinter) -> None:
    device.hang_after(QUERIES + len(SLIP) // 2)
    job = asyncio.create_task(print_slip(driver_of(device, PATIENT)))
    await asyncio.to_thread(wait_until, lambda: device.unfinished.blocks)
    device.wake()
    assert await job == Printed()


# ---------------------------------------------------------------- answers


async def test_answers_within_the_time_are_waited_for(device: VirtualReceiptPrinter) -> None:
    device.answer_late(0.1)
    assert await print_slip(driver_of(device)) == Printed()


async def test_answers_that_come_too_late_are_never_misread(device: VirtualReceiptPrinter) -> None:
    """Asked about the printer, it says that the drawer is closed: as an answer about paper that bit means near end."""
    device.answer_late(0.7)
    timeouts = replace(PATIENT, reply_s=0.4)
    async with driver_of(device, timeouts).open() as ready:
        assert isinstance(ready, Conversation)
        assert ready.status.reasons == (PrinterReason.NO_ANSWER,)
        assert await ready.send(SLIP) == Printed()
    assert ready.status.paper is Paper.UNKNOWN


async def test_a_model_that_cannot_answer_gets_the_slip_and_proves_nothing() -> None:
    with VirtualReceiptPrinter(PRINTERS["generic-80-mute"]) as device:
        printer = NetworkPrinter("front", device.host, device.port, profile=PRINTERS["generic-80-mute"])
        assert await print_slip(printer) == Unknown((PrinterReason.CANNOT_CONFIRM,))
        assert device.wait_for_slips(1)[0].raw == SLIP
        assert (await printer.status()).online is None


async def test_a_model_that_answers_in_turn_only_can_prove_a_slip(device: VirtualReceiptPrinter) -> None:
    profile = replace(GENERIC_PRINTER, status_dialect=StatusDialect.NONE)
    printer = NetworkPrinter("front", device.host, device.port, profile=profile)
    assert await print_slip(printer) == Printed()


async def test_the_drawer_opens_once(device: VirtualReceiptPrinter) -> None:
    assert await print_slip(driver_of(device), b"\x1bp\x00\x19\xfa" + SLIP) == Printed()
    assert device.events == [DrawerPulse(2, 50, 500)]


# ---------------------------------------------------------------- peers that no printer should be


async def test_a_peer_that_closes_at_once_has_not_started() -> None:
    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        pass

    async with printer_of(peer) as printer:
        assert await print_slip(printer) == NotStarted((PrinterReason.LINE_BROKE,))


async def test_a_peer_that_closes_its_half_in_mid_slip_is_unknown() -> None:
    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answer_queries(reader, writer)
        await reader.readexactly(10)
        writer.write_eof()
        await reader.read()

    async with printer_of(peer) as printer:
        assert await print_slip(printer) == Unknown((PrinterReason.LINE_BROKE,))


@pytest.mark.parametrize("noise", [b"\xff", b"\x93\x80", b"\x11\x13"])
async def test_a_peer_that_answers_nonsense_is_as_good_as_silent(noise: bytes) -> None:
    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(100):
            writer.write(noise)

    async with printer_of(peer) as printer:
        assert await print_slip(printer) == Unknown((PrinterReason.NO_ANSWER,))


async def test_a_peer_that_floods_is_endured() -> None:
    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not reader.at_eof():
            writer.write(b"\xff" * 10_000)
            await writer.drain()

    async with asyncio.timeout(ENDS_S_MAX), printer_of(peer) as printer:
        assert isinstance(await print_slip(printer), Unknown)


async def test_a_status_that_comes_unasked_proves_nothing() -> None:
    """The automatic status on its way when the slip is sent: three of its bytes look like the answer to GS r."""

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answer_queries(reader, writer)
        await reader.readexactly(10)
        writer.write(b"\x10\x00\x00\x00")
        await reader.read()

    async with printer_of(peer) as printer:
        assert isinstance(await print_slip(printer), Unknown)


async def test_an_answer_that_came_before_the_slip_proves_nothing() -> None:
    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answer_queries(reader, writer, b"\x00\x12")
        await say_all_is_well(reader, writer)

    async with printer_of(peer) as printer:
        assert await print_slip(printer) == Unknown((PrinterReason.NO_ANSWER,))


async def test_the_proof_of_an_earlier_slip_is_not_taken_for_that_of_this_one() -> None:
    """Some printers finish a slip when the roll is new, and answer for it to whoever is connected by then."""
    connections = 0

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await answer_queries(reader, writer)
        if connections == 2:
            await reader.readexactly(3)
            writer.write(b"\x00\x00")
        await say_all_is_well(reader, writer)

    async with printer_of(peer) as printer:
        assert await print_slip(printer) == Unknown((PrinterReason.NO_ANSWER,))
        assert await print_slip(printer) == Unknown((PrinterReason.NO_ANSWER,))


async def test_paper_that_is_out_behind_the_slip_casts_doubt_on_it() -> None:
    """Cheap printers answer before the paper has moved."""

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answer_queries(reader, writer)
        await reader.readexactly(len(SLIP) + 3)
        writer.write(b"\x00")
        await answer_queries(reader, writer, b"\x72")

    async with printer_of(peer) as printer:
        outcome = await print_slip(printer)
    assert isinstance(outcome, Unknown)
    assert PrinterReason.PAPER_OUT in outcome.reasons


async def test_silence_behind_the_slip_casts_doubt_on_it() -> None:
    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answer_queries(reader, writer)
        await reader.readexactly(len(SLIP) + 3)
        writer.write(b"\x00")
        await reader.read()

    async with printer_of(peer) as printer:
        assert await print_slip(printer) == Unknown((PrinterReason.NO_ANSWER,))


# ---------------------------------------------------------------- around it


async def test_a_job_that_never_ends_makes_the_next_one_wait_no_longer_than_its_turn(
    device: VirtualReceiptPrinter,
) -> None:
    printer = driver_of(device, PATIENT)
    async with printer.open():
        assert await print_slip(printer) == NotStarted((PrinterReason.BUSY,))
    assert await print_slip(printer) == Printed()


async def test_the_connection_is_closed_on_every_way_out(device: VirtualReceiptPrinter) -> None:
    printer = driver_of(device, IMPATIENT)
    faults: list[Callable[[], None]] = [device.speak, device.go_silent, lambda: device.hang_after(QUERIES + 5)]
    for fault in faults:
        fault()
        await print_slip(printer)
        device.speak()
        device.wake()
        await asyncio.to_thread(wait_until, lambda: not device.connected)
