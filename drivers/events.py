"""What devices say: frozen values, safe to log whole."""

from dataclasses import dataclass
from enum import Enum, unique


@unique
class SwipeFault(Enum):
    """Why a swipe could not be read; the value says what happened and what to do. No fault moves money."""

    NO_START_SENTINEL = "The reader sent no card data: its speed or parity may be set wrong. Swipe again, then call IT."
    NO_END_SENTINEL = "The swipe was cut short. Swipe the card again, in one even stroke."
    NO_TERMINATOR = "The reader did not finish the line. Swipe again; if it stays so, call IT: its terminator is off."
    TOO_LONG = "The reader sent more than a card can hold. Swipe again."
    BAD_CHARACTER = "The card data was garbled on its way. Swipe again; clean the reader if it stays so."
    WRONG_ORDER = "Two swipes ran into each other. Swipe one card, and wait for the answer."
    WRONG_LRC = "The card data does not match its check character. Swipe again; the card may be damaged."
    EMPTY = "The card gave no data: blank, damaged, or swiped the wrong way round. Turn it and swipe again."


@dataclass(frozen=True, slots=True)
class Tracks:
    """What stands on the stripe, sentinels and check characters removed; None where a track is blank or not read.

    It never shows itself: track data must not reach a log, an error or a traceback.
    """

    track1: str | None = None
    track2: str | None = None
    track3: str | None = None

    def __repr__(self) -> str:
        present = [name for name in ("track1", "track2", "track3") if getattr(self, name) is not None]
        return f"Tracks({', '.join(f'{name}=<hidden>' for name in present)})"


@dataclass(frozen=True, slots=True)
class CardSwiped:
    """A whole, checked swipe at the reader of that name."""

    reader: str
    tracks: Tracks


@dataclass(frozen=True, slots=True)
class SwipeUnreadable:
    """Somebody swiped, or something made noise on the line, and it is no card."""

    reader: str
    fault: SwipeFault


@dataclass(frozen=True, slots=True)
class DeviceLost:
    """The device went away, or was not there at the start. Said once, until it is back."""

    device: str
    reason: str


@dataclass(frozen=True, slots=True)
class DeviceBack:
    """The device is there again. Said once, only after a DeviceLost."""

    device: str


DeviceEvent = CardSwiped | SwipeUnreadable | DeviceLost | DeviceBack
