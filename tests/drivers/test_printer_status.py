import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.printer.outcome import PrinterReason
from drivers.printer.status import AnswerDecoder, Paper, PrinterStatus, read_paper, read_status

FINE = {1: 0x12, 4: 0x12, 2: 0x12, 3: 0x12}


def test_a_printer_that_answers_all_is_well() -> None:
    assert read_status(FINE) == PrinterStatus(online=True, paper=Paper.OK, cover_open=False, reasons=())


def test_silence_is_unknown_and_never_fine() -> None:
    status = read_status({})
    assert status == PrinterStatus(None, Paper.UNKNOWN, None, (PrinterReason.NO_ANSWER,))
    assert status.hindrances == ()


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ({1: 0x1A, 4: 0x7E, 2: 0x32}, PrinterReason.PAPER_OUT),
        ({2: 0x32}, PrinterReason.PAPER_OUT),
        ({1: 0x1A, 2: 0x16}, PrinterReason.COVER_OPEN),
        ({1: 0x1A, 2: 0x52, 3: 0x1A}, PrinterReason.CUTTER),
        ({1: 0x1A, 2: 0x52, 3: 0x52}, PrinterReason.OVERHEATED),
        ({1: 0x1A, 2: 0x52, 3: 0x32}, PrinterReason.BROKEN),
        ({1: 0x1A}, PrinterReason.OFFLINE),
        ({1: 0x1A, 2: 0x52}, PrinterReason.OFFLINE),
    ],
)
def test_what_keeps_it_from_printing_is_named(answers: dict[int, int], reason: PrinterReason) -> None:
    status = read_status(FINE | answers)
    assert status.reasons == status.hindrances == (reason,)


def test_paper_near_its_end_is_said_and_hinders_nothing() -> None:
    status = read_status(FINE | {4: 0x1E})
    assert (status.online, status.paper) == (True, Paper.NEAR_END)
    assert status.reasons == (PrinterReason.PAPER_NEAR_END,)
    assert status.hindrances == ()


def test_several_troubles_are_all_named() -> None:
    assert read_status({1: 0x1A, 4: 0x7E, 2: 0x36}).reasons == (PrinterReason.PAPER_OUT, PrinterReason.COVER_OPEN)


@pytest.mark.parametrize("malformed", [0x00, 0x02, 0x10, 0x13, 0x92, 0xFF])
def test_an_answer_without_its_fixed_bits_is_no_answer(malformed: int) -> None:
    assert read_status(dict.fromkeys(FINE, malformed)).reasons == (PrinterReason.NO_ANSWER,)
    assert read_status(FINE | {4: malformed}).paper is Paper.UNKNOWN
    assert read_status(FINE | {2: malformed}).cover_open is None


@pytest.mark.parametrize(
    ("answer", "paper"),
    [(0x00, Paper.OK), (0x03, Paper.NEAR_END), (0x0F, Paper.OUT), (0x0C, Paper.OUT), (0x12, Paper.UNKNOWN)],
)
def test_the_answer_in_turn_tells_the_paper(answer: int, paper: Paper) -> None:
    assert read_paper(answer) is paper


@given(st.dictionaries(st.integers(0, 9), st.integers(0, 255)))
def test_no_answer_at_all_makes_it_fail(answers: dict[int, int]) -> None:
    status = read_status(answers)
    assert status.online is not True or 1 in answers


def test_answers_are_sorted_by_their_kind() -> None:
    answers = AnswerDecoder()
    answers.receive(b"\x12\x00\x1a\x03")
    assert (answers.real_time, answers.in_order) == ([0x12, 0x1A], [0x00, 0x03])


def test_an_automatic_status_is_not_taken_for_an_answer() -> None:
    """Its last three bytes look like answers to GS r: taken for one, a slip would count as printed."""
    answers = AnswerDecoder()
    for byte in b"\x14\x00\x0f\x00" + b"\x03":
        answers.receive(bytes([byte]))
    assert (answers.real_time, answers.in_order) == ([], [0x03])


@given(st.binary(max_size=500))
def test_garbage_is_silence_and_takes_no_memory(data: bytes) -> None:
    answers = AnswerDecoder()
    answers.receive(data)
    assert len(answers.real_time) <= AnswerDecoder.ANSWERS_KEPT_MAX
    assert len(answers.in_order) <= AnswerDecoder.ANSWERS_KEPT_MAX
    noise = AnswerDecoder()
    noise.receive(bytes(byte | 0x80 for byte in data))
    assert (noise.real_time, noise.in_order) == ([], [])
