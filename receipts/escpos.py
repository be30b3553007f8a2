"""Slips to the bytes of an ESC/POS printer: one blob for a driver to send. The only module that knows python-escpos."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from receipts.encoding import Codec, encode, lacking
from receipts.layout import QrRow, Row, Run, lay_out
from receipts.slip import Align, Size, Slip

FEED_TO_TEAR_BAR_ROWS = 4
QR_MODULE_DOTS = 4
"""Half a millimetre at 203 dpi: a telephone reads it, and 60 characters are as wide as a thumb."""
QR_CORRECTION_M = 1
"""15 % may be lost to a crease or to grease."""
_AIR = b"\x1bJ\x06"
"""ESC J 6. A plain row has six dots of air in the usual spacing of 30; a row of twice the height has none."""
_CHARACTERS_OF_USA = b"\x1bR\x00"
"""ESC R 0. In other national sets `$` and the backslash (0x5C) print as another sign, such as a yen."""


@dataclass(frozen=True, slots=True)
class PaperSpec:
    """What a slip must know of its printer. `escpos_profile` is python-escpos's name for it, such as `POS-5890`."""

    columns: int
    codec: Codec
    escpos_profile: str
    native_qr: bool
    cut: bool


def render(slip: Slip, paper: PaperSpec) -> bytes:
    """The whole job: reset, rows, feed, and the cut where there is a cutter. Ask unprintable() first.

    A profile that python-escpos doesn't know raises KeyError. The first call costs 0.3 s for the import.
    """
    pen = _Pen(paper)
    for row in lay_out(slip, paper.columns):
        pen.draw(row)
    return pen.finished()


def unprintable(slip: Slip, paper: PaperSpec) -> str:
    """The characters on this slip that the printer lacks, each once; they would print as `□` or `?`."""
    runs = [run for row in lay_out(slip, paper.columns) if isinstance(row, Row) for run in (row.run, row.right) if run]
    return lacking("".join(run.text for run in runs), paper.codec)


class _Pen:
    """Draws rows on python-escpos's paper-less printer; says a style only when it changes."""

    def __init__(self, paper: PaperSpec) -> None:
        self._paper = paper
        self._printer = _printer_class()(profile=paper.escpos_profile)
        self._printer.hw("INIT")
        self._send(_CHARACTERS_OF_USA)
        self._align, self._style = Align.LEFT, (Size.NORMAL, False)

    def draw(self, row: Row | QrRow) -> None:
        match row:
            case QrRow(text):
                self._to(Align.CENTER)
                self._draw_qr(text)
            case Row(run, right=Run() as value):
                self._to(Align.LEFT)
                self._write(run, Run(" " * (self._paper.columns - row.columns)), value)
            case Row(run):
                self._to(row.align)
                self._write(run)

    def _draw_qr(self, text: str) -> None:
        native = self._paper.native_qr
        blank = b"\n" if native else b""  # the quiet zone of ISO/IEC 18004; python-escpos puts it around its pictures
        self._send(blank)
        self._printer.qr(text, ec=QR_CORRECTION_M, size=QR_MODULE_DOTS, native=native)
        self._send(blank)

    def finished(self) -> bytes:
        """The bytes, with the end of the paper past the knife or the tear bar."""
        if self._paper.cut:
            self._printer.cut(feed=False)  # GS V 66: feeds just past the knife, then leaves a corner uncut
        else:
            self._printer.print_and_feed(FEED_TO_TEAR_BAR_ROWS)
        return self._printer.output

    def _to(self, align: Align) -> None:
        if align is not self._align:
            self._printer.set(align=align.value)
            self._align = align

    def _write(self, *runs: Run) -> None:
        for run in runs:
            self._restyle(run)
            self._send(encode(run.text, self._paper.codec))
        is_tall = any(run.size.height > 1 for run in runs)
        self._send(b"\n" + _AIR * is_tall)

    def _restyle(self, run: Run) -> None:
        style = run.size, run.bold
        if run.text and style != self._style:
            # GS ! sizes ASCII and Chinese alike; ESC ! does not everywhere (manual of the Partner RP-100-300II, p. 33).
            self._printer.set(custom_size=True, width=run.size.width, height=run.size.height, bold=run.bold)
            self._style = style

    def _send(self, raw: bytes) -> None:
        self._printer._raw(raw)  # noqa: SLF001 - python-escpos has no other way to send bytes; its text() knows no Big5


class _Printer(Protocol):
    """What we use of python-escpos, which has no types."""

    @property
    def output(self) -> bytes: ...

    def _raw(self, msg: bytes) -> None: ...
    def cut(self, *, feed: bool) -> None: ...
    def hw(self, hw: str) -> None: ...
    def print_and_feed(self, n: int) -> None: ...
    def qr(self, content: str, *, ec: int, size: int, native: bool) -> None: ...
    def set(self, **style: object) -> None: ...


@cache
def _printer_class() -> Callable[..., _Printer]:
    from escpos import capabilities  # noqa: PLC0415 - the import costs 0.3 s; a till starts without it
    from escpos.printer import Dummy  # noqa: PLC0415 - the same

    if "ESCPOS_CAPABILITIES_PICKLE_DIR" not in os.environ:  # the library leaves a fresh folder behind at each start
        shutil.rmtree(capabilities.pickle_dir, ignore_errors=True)
    printer: Callable[..., _Printer] = Dummy
    return printer
