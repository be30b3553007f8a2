"""What each command of ESC/POS does. Source: Epson, ESC/POS Command Reference; FS as Chinese makers have it.

What is not in the table but in the grammar does nothing that could be seen on this printer's paper.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

from hardware_mocks.escpos_machine import (
    CODE_PAGES,
    DrawerPulse,
    Machine,
    NotUnderstood,
    PaperAsked,
    PrinterEvent,
    SlipOut,
)
from hardware_mocks.paper import Align, Barcode, Bitmap, Style
from hardware_mocks.typesetter import LINE_SPACING_DOTS

Obey = Callable[[Machine, bytes], Iterable[PrinterEvent]]
NOTHING: tuple[PrinterEvent, ...] = ()

PULSE_UNIT_MS = 2
QR_LEVELS = "LMQH"
QR_BYTES_MAX = {"L": 2953, "M": 2331, "Q": 1663, "H": 1273}  # ISO/IEC 18004, version 40
QR_SYMBOL = 49  # cn of GS ( k
GRAPHICS_HEAD = 10
STRIP_DOTS, TALL_STRIP_DOTS = 8, 24
FUNCTION_A_SYMBOLOGIES = 6
FUNCTION_B_OFFSET = 65


def _only(act: Callable[[Machine, bytes], object]) -> Obey:
    """A command that makes nothing happen outside the printer."""

    def obey(machine: Machine, parameters: bytes) -> Iterable[PrinterEvent]:
        act(machine, parameters)
        return NOTHING

    return obey


def _set_sheet(name: str, value: Callable[[bytes], object]) -> Obey:
    return _only(lambda machine, parameters: setattr(machine.sheet, name, value(parameters)))


def _word(data: bytes, at: int = 0) -> int:
    return int.from_bytes(data[at : at + 2], "little")


def _restyle(change: Callable[[Style, int], Style]) -> Obey:
    """A command that changes how the next characters look."""
    return _only(
        lambda machine, parameters: setattr(machine.sheet, "style", change(machine.sheet.style, parameters[0]))
    )


def _print_mode(style: Style, bits: int) -> Style:
    """ESC !"""
    return replace(
        style,
        small=bool(bits & 0x01),
        bold=bool(bits & 0x08),
        high=2 if bits & 0x10 else 1,
        wide=2 if bits & 0x20 else 1,
        underline=bool(bits & 0x80),
    )


def _chinese_mode(machine: Machine, parameters: bytes) -> None:
    """FS !"""
    bits = parameters[0]
    machine.chinese_size = replace(machine.chinese_size, wide=2 if bits & 0x04 else 1, high=2 if bits & 0x08 else 1)


def _character_size(style: Style, size: int) -> Style:
    """GS !"""
    return replace(style, wide=(size >> 4 & 7) + 1, high=(size & 7) + 1)


def _align(machine: Machine, parameters: bytes) -> None:
    """ESC a takes 0 to 2, as numbers or as digits."""
    value = parameters[0] % ord("0") if parameters[0] >= ord("0") else parameters[0]
    if value <= Align.RIGHT:
        machine.sheet.align = Align(value)


def _line_feed(machine: Machine, _parameters: bytes) -> None:
    if not machine.after_strip:  # a strip of a picture has moved the paper by its own height
        machine.sheet.end_line()
    machine.after_strip = False


def _cut(machine: Machine, _parameters: bytes) -> list[PrinterEvent]:
    return [SlipOut(machine.sheet.finish(cut=True))]


def _pulse(_machine: Machine, parameters: bytes) -> list[PrinterEvent]:
    """ESC p m t1 t2."""
    pin, on, off = parameters
    return [DrawerPulse(5 if pin in b"\x01\x31" else 2, on * PULSE_UNIT_MS, off * PULSE_UNIT_MS)]


def _real_time(machine: Machine, parameters: bytes) -> list[PrinterEvent]:
    """DLE DC4 1 m t: the drawer, in units of 100 ms."""
    function, pin, time = parameters[:3]
    return _pulse(machine, bytes([pin, time * 50, time * 50])) if function in b"\x01" else []


def _raster(machine: Machine, parameters: bytes) -> None:
    """GS v 0 m xL xH yL yH rows."""
    mode, columns, rows = parameters[1], _word(parameters, 2), _word(parameters, 4)
    wide, high = 2 if mode & 1 else 1, 2 if mode & 2 else 1
    _print_bitmap(machine, Bitmap(columns * 8, rows, parameters[6:], machine.sheet.place, wide, high))


def _strip(machine: Machine, parameters: bytes) -> None:
    """ESC * m nL nH columns: each column from the top down, 8 or 24 dots."""
    tall, dense = parameters[0] in b"\x20\x21", parameters[0] in b"\x01\x21"
    width, depth = _word(parameters, 1), 3 if tall else 1
    columns = [int.from_bytes(parameters[at : at + depth], "big") for at in range(3, len(parameters), depth)]
    rows = b"".join(_packed([column >> row & 1 for column in columns]) for row in reversed(range(depth * 8)))
    high = 1 if tall else TALL_STRIP_DOTS // STRIP_DOTS
    _print_bitmap(machine, Bitmap(width, depth * 8, rows, machine.sheet.place, 1 if dense else 2, high))
    machine.after_strip = True


def _print_bitmap(machine: Machine, bitmap: Bitmap) -> None:
    if bitmap.width_dots and bitmap.height_dots:
        size = (bitmap.width_dots + 7) // 8 * bitmap.height_dots
        machine.sheet.add(replace(bitmap, rows=bitmap.rows[:size].ljust(size, b"\0")))


def _packed(dots: list[int]) -> bytes:
    padded = dots + [0] * (-len(dots) % 8)
    return int("0" + "".join(map(str, padded)), 2).to_bytes(len(padded) // 8, "big")


def _barcode(machine: Machine, parameters: bytes) -> None:
    """GS k m data NUL, or GS k m n data."""
    symbology, data = parameters[0], parameters[2:]
    if symbology <= FUNCTION_A_SYMBOLOGIES:
        symbology, data = symbology + FUNCTION_B_OFFSET, parameters[1:-1]
    machine.sheet.add(Barcode(symbology, data, machine.barcode_dots, machine.sheet.place))


def _sized(machine: Machine, parameters: bytes) -> Iterable[PrinterEvent]:
    """GS ( letter pL pH data."""
    letter, data = parameters[:1], parameters[3:]
    if letter == b"k" and data[:1] == bytes([QR_SYMBOL]):
        return _qr(machine, data)
    if letter == b"L":
        return _graphics(machine, data)
    return [NotUnderstood(b"\x1d(" + parameters)]


def _qr(machine: Machine, data: bytes) -> Iterable[PrinterEvent]:
    """GS ( k, functions 65 model, 67 size, 69 level, 80 store, 81 print."""
    function, value = data[1:2], data[2] if data[2:] else 0
    if function == b"C":
        machine.qr = replace(machine.qr, module_dots=max(value, 1))
    elif function == b"E":
        machine.qr = replace(machine.qr, level=QR_LEVELS[value % len(QR_LEVELS)])
    elif function == b"P":
        machine.qr = replace(machine.qr, data=data[3:])
    elif function == b"Q":
        if not 0 < len(machine.qr.data) <= QR_BYTES_MAX[machine.qr.level]:
            return [NotUnderstood(data)]
        machine.sheet.add(replace(machine.qr, place=machine.sheet.place))
    return NOTHING


def _graphics(machine: Machine, data: bytes) -> Iterable[PrinterEvent]:
    """GS ( L, functions 112 store (m fn a bx by c xL xH yL yH rows) and 50 print."""
    if data[1:2] == b"p" and len(data) >= GRAPHICS_HEAD:
        wide, high = max(data[3], 1), max(data[4], 1)
        place = machine.sheet.place
        machine.graphics = Bitmap(_word(data, 6), _word(data, 8), data[GRAPHICS_HEAD:], place, wide, high)
    elif data[1:2] in {b"2", b"\x02"} and machine.graphics:
        _print_bitmap(machine, replace(machine.graphics, place=machine.sheet.place))
    return NOTHING


COMMANDS: dict[bytes, Obey] = {
    b"\n": _only(_line_feed),
    b"\t": _only(lambda machine, _: machine.sheet.tab()),
    b"\x10\x14": _real_time,
    b"\x1b@": _only(lambda machine, _: machine.reset()),
    b"\x1b!": _restyle(_print_mode),
    b"\x1b$": _only(lambda machine, parameters: machine.sheet.move_to(_word(parameters))),
    b"\x1b*": _only(_strip),
    b"\x1b-": _restyle(lambda style, n: replace(style, underline=bool(n % ord("0")))),
    b"\x1b2": _set_sheet("line_spacing_dots", lambda _: LINE_SPACING_DOTS),
    b"\x1b3": _set_sheet("line_spacing_dots", lambda parameters: parameters[0]),
    b"\x1bE": _restyle(lambda style, n: replace(style, bold=bool(n & 1))),
    b"\x1bG": _restyle(lambda style, n: replace(style, bold=bool(n & 1))),
    b"\x1bJ": _only(lambda machine, parameters: machine.sheet.feed(parameters[0])),
    b"\x1bM": _restyle(lambda style, n: replace(style, small=bool(n & 1))),
    b"\x1ba": _only(_align),
    b"\x1bd": _only(lambda machine, parameters: machine.sheet.feed(parameters[0] * machine.sheet.line_spacing_dots)),
    b"\x1bi": _cut,
    b"\x1bm": _cut,
    b"\x1bp": _pulse,
    b"\x1bt": _only(lambda machine, parameters: setattr(machine, "code_page", CODE_PAGES.get(parameters[0], "ascii"))),
    b"\x1c!": _only(_chinese_mode),
    b"\x1c&": _only(lambda machine, _: setattr(machine, "chinese", True)),
    b"\x1c.": _only(lambda machine, _: setattr(machine, "chinese", False)),
    b"\x1d!": _restyle(_character_size),
    b"\x1d(": _sized,
    b"\x1dB": _restyle(lambda style, n: replace(style, inverted=bool(n & 1))),
    b"\x1dL": _set_sheet("left_dots", _word),
    b"\x1dV": _cut,
    b"\x1dW": _set_sheet("area_dots", _word),
    b"\x1dh": _only(lambda machine, parameters: setattr(machine, "barcode_dots", parameters[0])),
    b"\x1dk": _only(_barcode),
    b"\x1dr": lambda _, parameters: [PaperAsked(parameters[0])],
    b"\x1dv": _only(_raster),
}
SILENT = {b"\x00", b"\x07", b"\x0c", b"\r", b"\x18"}  # padding, bell, page mode's own, carriage return, cancel


def obey(machine: Machine, prefix: bytes, parameters: bytes) -> Iterable[PrinterEvent]:
    """Does what the command says."""
    command = COMMANDS.get(prefix)
    if command is not None:
        return command(machine, parameters)
    is_control = len(prefix) == 1 and prefix not in SILENT
    return [NotUnderstood(prefix)] if is_control else NOTHING
