"""What a printer answers, decoded: bytes in, facts out. Source: Epson, ESC/POS Command Reference, DLE EOT, GS r, GS a.

One byte can be any of three kinds of answer, told apart by the bits that the reference fixes:

    0xx1xx10   real-time status (DLE EOT n), given at once, out of turn
    0xx0xxxx   paper sensor status (GS r 1), given in its turn among the commands
    0xx1xx00   first byte of four of the automatic status, which some printers send unasked
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from drivers.printer.outcome import PrinterReason

REAL_TIME_QUERIES = (1, 4, 2, 3)  # the printer, its paper, why it is off line, which error: the most telling first
AUTOMATIC_STATUS_REST = 3  # bytes that follow the first one

# Mask and value of the bits that the reference fixes in each kind of answer.
REAL_TIME_MARK, AUTOMATIC_MARK, IN_ORDER_MARK = (0x93, 0x12), (0x93, 0x10), (0x90, 0x00)

OFFLINE_BIT = 0x08  # DLE EOT 1
COVER_BIT, PAPER_STOP_BIT, ERROR_BIT = 0x04, 0x20, 0x40  # DLE EOT 2
CUTTER_BIT, BROKEN_BIT, OVERHEATED_BIT = 0x08, 0x20, 0x40  # DLE EOT 3
NEAR_END_BITS, PAPER_OUT_BITS = 0x0C, 0x60  # DLE EOT 4
IN_ORDER_NEAR_END_BITS, IN_ORDER_PAPER_OUT_BITS = 0x03, 0x0C  # GS r 1


class Paper(Enum):
    """What the paper sensors say."""

    OK = auto()
    NEAR_END = auto()
    OUT = auto()
    UNKNOWN = auto()


@dataclass(frozen=True, slots=True)
class PrinterStatus:
    """How the printer is, as far as it said so. None and UNKNOWN mean that it did not: never that all is fine."""

    online: bool | None
    paper: Paper
    cover_open: bool | None
    reasons: tuple[PrinterReason, ...]

    @property
    def hindrances(self) -> tuple[PrinterReason, ...]:
        """What it said that keeps it from printing. Silence hinders nothing: some printers never answer."""
        harmless = {PrinterReason.PAPER_NEAR_END, PrinterReason.NO_ANSWER, PrinterReason.CANNOT_CONFIRM}
        return tuple(reason for reason in self.reasons if reason not in harmless)


def unknown_status(reason: PrinterReason) -> PrinterStatus:
    """Nothing was learnt."""
    return PrinterStatus(online=None, paper=Paper.UNKNOWN, cover_open=None, reasons=(reason,))


def read_status(answers: Mapping[int, int]) -> PrinterStatus:
    """`answers` maps n of DLE EOT n to the byte that came back; a missing one is unknown, and so is a malformed one."""
    sound = {query: answer for query, answer in answers.items() if is_real_time(answer)}
    online, cause, error, paper = (sound.get(query) for query in (1, 2, 3, 4))
    found = [
        (PrinterReason.PAPER_OUT, _has(paper, PAPER_OUT_BITS) or _has(cause, PAPER_STOP_BIT)),
        (PrinterReason.COVER_OPEN, _has(cause, COVER_BIT)),
        (PrinterReason.CUTTER, _has(error, CUTTER_BIT)),
        (PrinterReason.OVERHEATED, _has(error, OVERHEATED_BIT)),
        (PrinterReason.BROKEN, _has(error, BROKEN_BIT)),
    ]
    reasons = [reason for reason, present in found if present]
    if not reasons and (_has(online, OFFLINE_BIT) or _has(cause, ERROR_BIT)):
        reasons.append(PrinterReason.OFFLINE)
    sensed = _paper(paper, NEAR_END_BITS, PAPER_OUT_BITS)
    if sensed is Paper.NEAR_END and not reasons:
        reasons.append(PrinterReason.PAPER_NEAR_END)
    return PrinterStatus(
        online=None if online is None else not _has(online, OFFLINE_BIT),
        paper=Paper.OUT if PrinterReason.PAPER_OUT in reasons else sensed,
        cover_open=None if cause is None else _has(cause, COVER_BIT),
        reasons=tuple(reasons) if sound else (PrinterReason.NO_ANSWER,),
    )


def read_paper(answer: int) -> Paper:
    """The answer to GS r 1."""
    return _paper(answer, IN_ORDER_NEAR_END_BITS, IN_ORDER_PAPER_OUT_BITS) if is_in_order(answer) else Paper.UNKNOWN


def is_real_time(answer: int) -> bool:
    """Whether the byte can be an answer to DLE EOT."""
    return _bears(answer, REAL_TIME_MARK)


def is_in_order(answer: int) -> bool:
    """Whether the byte can be an answer to GS r 1."""
    return _bears(answer, IN_ORDER_MARK)


def is_automatic(answer: int) -> bool:
    """Whether the byte begins an automatic status."""
    return _bears(answer, AUTOMATIC_MARK)


def _bears(answer: int, mark: tuple[int, int]) -> bool:
    mask, value = mark
    return answer & mask == value


def _has(answer: int | None, bits: int) -> bool:
    return answer is not None and bool(answer & bits)


def _paper(answer: int | None, near_end: int, out: int) -> Paper:
    if answer is None:
        return Paper.UNKNOWN
    if answer & out:
        return Paper.OUT
    return Paper.NEAR_END if answer & near_end else Paper.OK


class AnswerDecoder:
    """Sorts the bytes that come back. A byte that no printer sends is dropped: garbage is silence."""

    ANSWERS_KEPT_MAX = 16

    def __init__(self) -> None:
        self.real_time: list[int] = []
        self.in_order: list[int] = []
        self._automatic_rest = 0

    def receive(self, data: bytes) -> None:
        """In any pieces; what it makes of them waits in `real_time` and `in_order`, oldest first."""
        for answer in data:
            if self._automatic_rest and is_in_order(answer):
                self._automatic_rest -= 1
                continue
            self._automatic_rest = AUTOMATIC_STATUS_REST if is_automatic(answer) else 0
            kept = self.real_time if is_real_time(answer) else self.in_order if is_in_order(answer) else []
            kept.append(answer)
            del kept[: -self.ANSWERS_KEPT_MAX]
