"""A slip's printing, as a table: at most one run per slip lacks 副本, and what is not known is asked.

created ──started──▶ started ──printed──▶ printed ──reprint──▶ created (next run, a copy)
                        │
                        └──unknown──▶ unknown ──came_out──▶ settled ──reprint──▶ created (next run, a copy)
                                         └──reprint──▶ created (next run, a copy)
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class SlipState(StrEnum):
    """Where the present run of a slip stands."""

    CREATED = "created"
    """No byte of this run has been sent."""
    STARTED = "started"
    """Bytes may be on paper; written before the first byte."""
    PRINTED = "printed"
    """The printer confirmed it, in order, after the slip's last byte."""
    UNKNOWN = "unknown"
    """Nobody knows; the cashier is asked whether it came out."""
    SETTLED = "settled"
    """The cashier said that it came out."""


class SlipStep(StrEnum):
    """What happens to a slip. Each is a signed record, but for `created`, which is its transaction's."""

    STARTED = "started"
    PRINTED = "printed"
    UNKNOWN = "unknown"
    CAME_OUT = "came_out"
    REPRINT = "reprint"


class SlipJob(msgspec.Struct, frozen=True):
    """One slip and its present run."""

    number: int
    run: int = 1
    state: SlipState = SlipState.CREATED
    reasons: tuple[str, ...] = ()

    @property
    def is_copy(self) -> bool:
        """Whether this run's paper says 副本."""
        return self.run > 1

    def after(self, step: SlipStep, reasons: tuple[str, ...] = ()) -> SlipJob | None:
        """The job after this step; None when the step makes no sense now, and nothing changes."""
        state = _TABLE.get((self.state, step))
        if state is None:
            return None
        run = self.run + 1 if step is SlipStep.REPRINT else self.run
        return SlipJob(self.number, run, state, reasons)


_TABLE: dict[tuple[SlipState, SlipStep], SlipState] = {
    (SlipState.CREATED, SlipStep.STARTED): SlipState.STARTED,
    (SlipState.STARTED, SlipStep.PRINTED): SlipState.PRINTED,
    (SlipState.STARTED, SlipStep.UNKNOWN): SlipState.UNKNOWN,
    (SlipState.UNKNOWN, SlipStep.CAME_OUT): SlipState.SETTLED,
    (SlipState.UNKNOWN, SlipStep.REPRINT): SlipState.CREATED,
    (SlipState.PRINTED, SlipStep.REPRINT): SlipState.CREATED,
    (SlipState.SETTLED, SlipStep.REPRINT): SlipState.CREATED,
}
