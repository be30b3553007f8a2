"""The four ways of running a store: every difference between them is chosen here, once."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple, Protocol


class ModeName(StrEnum):
    """The presets. Written into every record and shown on page and slip."""

    REAL_TIME = "real_time"
    TRANSFER = "transfer"
    HOSTED = "hosted"
    PROXY_RUN = "proxy_run"


class Portion(NamedTuple):
    """What of a sale HQ is asked for: up to `units`; with less than `least` it could not be done."""

    units: int
    least: int


class LineUse(Protocol):
    """What a mode decides for a line."""

    @property
    def calls_hq(self) -> bool:
        """Whether there is a line to HQ at all; otherwise files go to it and back on a medium."""

    @property
    def keeps_line(self) -> bool:
        """Whether the line to HQ has to be up at all times; otherwise the till may exchange by schedule."""


class Mode(LineUse, Protocol):
    """What a mode decides for a till."""

    @property
    def lead_first(self) -> bool:
        """Whether the store's lead is asked for value before HQ is."""

    @property
    def is_hosted(self) -> bool:
        """Whether this till's place at HQ decides what is asked here, as long as HQ is reached."""

    def portion(self, units: int, missing: int) -> Portion | None:
        """What to draw for a sale of `units`, of which `missing` do not lie here; None: nothing."""


class TransferMode:
    """Value lies in the store beforehand, and HQ is asked for what is missing there."""

    calls_hq = True
    keeps_line = False
    lead_first = True
    is_hosted = False

    def portion(self, units: int, missing: int) -> Portion | None:  # noqa: ARG002 - the other mode needs it
        """What is missing."""
        return Portion(missing, missing) if missing else None


class RealTimeMode:
    """Every sale is HQ's to fund, so that what lies at the till stays for when the line is down."""

    calls_hq = True
    keeps_line = True
    lead_first = False
    is_hosted = False

    def portion(self, units: int, missing: int) -> Portion | None:
        """All of it; what is missing at least, as the rest lies here."""
        return Portion(units, missing)


class ProxyRunMode(TransferMode):
    """A store without a line: value comes by medium beforehand, and is drawn from the store's lead alone."""

    calls_hq = False


class HostedMode(RealTimeMode):
    """A till's place at HQ sells for it, and draws what each sale needs."""

    is_hosted = True


class KeptUp:
    """How the line to a neighbour on the LAN is used: it costs nothing."""

    calls_hq = True
    keeps_line = True


ONLY_MISSING = TransferMode()
"""What the next one is asked for, once the first has given or not."""
MODES: dict[str, Mode] = {
    ModeName.REAL_TIME: RealTimeMode(),
    ModeName.TRANSFER: ONLY_MISSING,
    ModeName.PROXY_RUN: ProxyRunMode(),
    ModeName.HOSTED: HostedMode(),
}
