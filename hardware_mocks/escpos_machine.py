"""What an ESC/POS printer holds between two commands, and what a command can make happen beside printing."""

from dataclasses import dataclass, replace

from hardware_mocks.escpos_grammar import MULTIBYTE_LEADS
from hardware_mocks.paper import Bitmap, QrCode, Style
from hardware_mocks.slip import Slip
from hardware_mocks.typesetter import Typesetter

CODE_PAGES = {
    0: "cp437",
    2: "cp850",
    3: "cp860",
    4: "cp863",
    5: "cp865",
    16: "cp1252",
    17: "cp866",
    18: "cp852",
    19: "cp858",
}
UNPRINTABLE = "\ufffd"
BARCODE_DOTS = 162
QR_MODULE_DOTS = 3


@dataclass(frozen=True, slots=True)
class SlipOut:
    """The knife fell, or the sheet came to its bound."""

    slip: Slip


@dataclass(frozen=True, slots=True)
class DrawerPulse:
    """The cash drawer at pin 2 or 5 was told to open."""

    pin: int
    on_ms: int
    off_ms: int


@dataclass(frozen=True, slots=True)
class PaperAsked:
    """GS r n stood here: the answer is due now."""

    query: int


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """Bytes that this printer does not know; it went on behind them."""

    data: bytes


PrinterEvent = SlipOut | DrawerPulse | PaperAsked | NotUnderstood


class Machine:
    """The sheet with the modes around it. Chinese in the raw (high bytes without FS &) if `chinese_at_start`."""

    def __init__(self, width_dots: int, codec: str, *, chinese_at_start: bool) -> None:
        self.codec = codec
        self.sheet = Typesetter(width_dots)
        self._chinese_at_start = chinese_at_start
        self.reset()

    def reset(self) -> None:
        """ESC @, or switching off: modes and the half line are gone, the paper stays."""
        self.sheet.reset()
        self.chinese = self._chinese_at_start
        self.chinese_size = Style()
        self.code_page = CODE_PAGES[0]
        self.barcode_dots = BARCODE_DOTS
        self.qr = QrCode(b"", QR_MODULE_DOTS, "L", self.sheet.place)
        self.graphics: Bitmap | None = None
        self.after_strip = False

    @property
    def text_codec(self) -> str | None:
        """How characters of several bytes are read now."""
        return self.codec if self.chinese else None

    def put(self, data: bytes) -> None:
        """Sets one character."""
        self.after_strip = False
        if len(data) == 1:
            stray = self.chinese and data[0] in MULTIBYTE_LEADS  # the half of a character that this printer lacks
            character = UNPRINTABLE if stray else data.decode(self.code_page, "replace")
            self.sheet.put(character, self.sheet.style, full_width=False)
            return
        style, own = self.sheet.style, self.chinese_size
        style = replace(style, small=False, wide=max(style.wide, own.wide), high=max(style.high, own.high))
        self.sheet.put(data.decode(self.codec, "replace"), style, full_width=True)
