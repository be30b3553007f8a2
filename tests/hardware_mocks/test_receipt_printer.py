import socket
import threading
from collections.abc import Iterator

import pytest

from drivers.profiles import PRINTERS
from hardware_mocks.patience import wait_until
from hardware_mocks.printer_mechanics import RECEIVE_BUFFER_MAX
from hardware_mocks.receipt_printer import VirtualReceiptPrinter

CUT = b"\x1dV\x00"
ASK = b"\x10\x04"
ASK_IN_TURN = b"\x1dr\x01"


@pytest.fixture
def printer() -> Iterator[VirtualReceiptPrinter]:
    with VirtualReceiptPrinter() as printer:
        yield printer


def connected(printer: VirtualReceiptPrinter) -> socket.socket:
    return socket.create_connection((printer.host, printer.port), timeout=5)


@pytest.fixture
def line(printer: VirtualReceiptPrinter) -> Iterator[socket.socket]:
    with connected(printer) as line:
        wait_until(lambda: printer.connected)
        yield line


def answers(line: socket.socket, *queries: int) -> list[int]:
    said = []
    for query in queries:
        line.sendall(ASK + bytes([query]))
        said += list(line.recv(10))
    return said


def is_silent(line: socket.socket) -> bool:
    line.settimeout(0.1)
    try:
        return not line.recv(1)
    except TimeoutError:
        return True


def test_what_is_sent_comes_out_as_paper(printer: VirtualReceiptPrinter, line: socket.socket) -> None:
    line.sendall("存根\n".encode("gb18030") + CUT)
    [slip] = printer.wait_for_slips(1)
    assert (slip.lines, slip.cut) == (["存根"], True)


def test_questions_are_answered_at_once_even_inside_a_job(printer: VirtualReceiptPrinter, line: socket.socket) -> None:
    line.sendall(b"one" + ASK + b"\x01two\n")
    assert line.recv(10) == b"\x12"
    wait_until(lambda: printer.unfinished.lines == ["onetwo"])


def test_its_sensors_are_in_its_answers(printer: VirtualReceiptPrinter, line: socket.socket) -> None:
    assert answers(line, 1, 2, 3, 4) == [0x12, 0x12, 0x12, 0x12]
    printer.paper_low()
    assert answers(line, 1, 2, 3, 4) == [0x12, 0x12, 0x12, 0x1E]
    printer.paper_out()
    assert answers(line, 1, 2, 3, 4) == [0x1A, 0x32, 0x12, 0x7E]
    printer.new_roll()
    printer.open_cover()
    assert answers(line, 1, 2, 3, 4) == [0x1A, 0x16, 0x12, 0x12]
    printer.close_cover()
    printer.stick_cutter()
    assert answers(line, 1, 2, 3, 4) == [0x1A, 0x52, 0x1A, 0x12]


def test_what_comes_without_paper_waits_and_so_does_the_answer_behind_it(
    printer: VirtualReceiptPrinter, line: socket.socket
) -> None:
    printer.paper_out()
    line.sendall(b"late\n" + CUT + ASK_IN_TURN + ASK + b"\x04")
    assert line.recv(10) == b"\x7e"
    assert printer.paper == []
    assert printer.waiting == b"late\n" + CUT + ASK_IN_TURN + ASK + b"\x04"
    printer.new_roll()
    assert line.recv(10) == b"\x00"
    assert [slip.lines for slip in printer.paper] == [["late"]]
    assert printer.waiting == b""


def test_paper_that_ends_in_mid_slip_makes_two_pieces(printer: VirtualReceiptPrinter, line: socket.socket) -> None:
    printer.paper_out(after_bytes=4)
    line.sendall(b"one\ntwo\n" + CUT)
    wait_until(lambda: printer.waiting)
    assert printer.unfinished.lines == ["one"]
    printer.new_roll()
    assert [(slip.lines, slip.cut) for slip in printer.paper] == [(["one"], False), (["two"], True)]


def test_a_printer_that_cannot_print_takes_only_what_its_buffer_holds(
    printer: VirtualReceiptPrinter, line: socket.socket
) -> None:
    printer.open_cover()
    sender = threading.Thread(target=line.sendall, args=(b"0123456789 0123456789 0123456789\n" * 6_000 + CUT,))
    sender.start()
    wait_until(lambda: len(printer.waiting) >= RECEIVE_BUFFER_MAX)
    assert len(printer.waiting) < 2 * RECEIVE_BUFFER_MAX
    printer.close_cover()
    wait_until(lambda: any(slip.cut for slip in printer.paper))
    sender.join()


def test_a_silent_printer_prints_and_says_nothing(printer: VirtualReceiptPrinter, line: socket.socket) -> None:
    printer.go_silent()
    line.sendall(b"x\n" + CUT + ASK_IN_TURN + ASK + b"\x01")
    printer.wait_for_slips(1)
    assert is_silent(line)
    printer.speak()
    line.settimeout(5)
    assert answers(line, 1) == [0x12]


def test_a_hung_printer_stays_connected_and_reads_no_further(
    printer: VirtualReceiptPrinter, line: socket.socket
) -> None:
    printer.hang_after(4)
    line.sendall(b"one\ntwo\n")
    wait_until(lambda: printer.unfinished.lines == ["one"])
    assert is_silent(line)
    assert printer.unfinished.lines == ["one"]
    printer.wake()
    wait_until(lambda: printer.unfinished.lines == ["one", "two"])


def test_a_reset_comes_after_the_byte_that_was_named(printer: VirtualReceiptPrinter, line: socket.socket) -> None:
    printer.reset_connection_after(4)
    line.sendall(b"one\ntwo\n")
    with pytest.raises(ConnectionResetError):
        line.recv(1)
    assert printer.unfinished.lines == ["one"]
    with connected(printer) as again:
        assert answers(again, 1) == [0x12]


def test_power_that_is_cut_loses_what_is_not_on_paper(printer: VirtualReceiptPrinter, line: socket.socket) -> None:
    line.sendall(b"\x1d!\x11one\nhalf")
    wait_until(lambda: printer.unfinished.raw.endswith(b"half"))
    port = printer.port
    printer.cut_power()
    with pytest.raises(ConnectionResetError):
        line.recv(1)
    with pytest.raises(ConnectionRefusedError):
        connected(printer)
    printer.restore_power()
    assert printer.port == port
    with connected(printer) as again:
        again.sendall(b"two\n" + CUT)
        [slip] = printer.wait_for_slips(1)
    assert slip.lines == ["one", "two"]


def test_a_model_without_a_knife_gives_its_slip_at_the_end_of_the_job() -> None:
    with VirtualReceiptPrinter(PRINTERS["generic-58-gb18030"]) as printer:
        with connected(printer) as line:
            line.sendall(b"x\n" + PRINTERS["generic-58-gb18030"].cut)
        [slip] = printer.wait_for_slips(1)
    assert (slip.lines, slip.cut, slip.width_dots) == (["x"], False, 384)


def test_no_thread_stays_behind() -> None:
    before = set(threading.enumerate())
    with VirtualReceiptPrinter() as printer, connected(printer):
        wait_until(lambda: printer.connected)
    assert set(threading.enumerate()) <= before
