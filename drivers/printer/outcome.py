"""How a print job ended. A successful write is not a printed slip, so there are three ends and not two."""

from dataclasses import dataclass
from enum import Enum, unique


@unique
class PrinterReason(Enum):
    """Why a slip was not printed or may not have been; the value says what happened, what is safe, what to do."""

    PAPER_OUT = "The printer is out of paper. The sale is saved. Put in a new roll and press Reprint."
    PAPER_NEAR_END = "The paper roll is near its end. Nothing is wrong yet. Have a new roll at hand."
    COVER_OPEN = "The printer's cover is open. The sale is saved. Close the cover and press Reprint."
    OFFLINE = "The printer is off line. The sale is saved. Look at its lamps, then press Reprint."
    CUTTER = "The printer's knife is stuck. The sale is saved. Free it, switch the printer off and on, press Reprint."
    OVERHEATED = "The printer is too hot and pauses. The sale is saved. Wait a minute, then press Reprint."
    BROKEN = "The printer reports a fault of its own. The sale is saved. Switch it off and on; if it stays, call IT."
    NOT_REACHABLE = "The printer cannot be reached. The sale is saved. Check that it is on and its cable is in."
    BUSY = "The printer still has another slip in hand. The sale is saved. Press Reprint in a moment."
    LINE_BROKE = "The line to the printer broke. The sale is saved. See whether the slip came out whole."
    NO_ANSWER = "The printer does not answer. The sale is saved. See whether the slip came out whole."
    CANNOT_CONFIRM = "This printer cannot say whether it printed. The sale is saved. See whether the slip came out."


@dataclass(frozen=True, slots=True)
class Printed:
    """The printer confirmed the slip after its last byte. `warnings` is what it needs soon."""

    warnings: tuple[PrinterReason, ...] = ()


@dataclass(frozen=True, slots=True)
class NotStarted:
    """No byte of the slip was sent: the job may be tried again as the original."""

    reasons: tuple[PrinterReason, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """The slip may have been printed, whole or in part, or may come out later: whatever follows is a copy."""

    reasons: tuple[PrinterReason, ...]


Outcome = Printed | NotStarted | Unknown
