"""Exchanges: when a till whose line is not kept up calls HQ, and when it hangs up again.

resting ──an occasion──▶ due ──the line comes up──▶ talking ──nothing is left to say for linger_s──▶ resting
                          ▲                            │
                          └──────── the line is lost ──┘
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from math import inf
from typing import Annotated

import msgspec
import structlog

from offline_queue.forwarding import Forwarding
from terminal.modes import LineUse

TimeOfDay = Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z")]

log = structlog.get_logger()


class ExchangeRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When to call HQ by oneself: at these times of the store's day, and as soon as so many records wait.

    `linger_s`: so long nobody has anything to say before the till hangs up.
    """

    times: tuple[TimeOfDay, ...] = ()
    after_records: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 500
    linger_s: Annotated[float, msgspec.Meta(gt=0, le=600)] = 5.0


class Occasion(StrEnum):
    """Why HQ is called; for the log."""

    START = "start"
    SCHEDULE = "schedule"
    KEY = "key"
    DAY_CLOSE = "day_close"
    RECORDS = "records"
    DRAW = "draw"
    MODE = "mode"
    """The store is run in another way."""


class Exchanges:
    """Whether the line is wanted. `mode` is the one in force now; without rules the line is always kept up.

    In a mode that does not call HQ nothing is an occasion, and a line that is up ends when all is said on it.
    """

    def __init__(self, rules: ExchangeRules | None, mode: Callable[[], LineUse]) -> None:
        self._rules = rules
        self._mode = mode
        self._is_due = True  # whoever starts asks once how it stands
        self._busy_s = -inf

    @property
    def keep_line(self) -> bool:
        """Whether the line is up at all times, as far as it can be."""
        mode = self._mode()
        return mode.calls_hq and (self._rules is None or mode.keeps_line)

    def call(self, occasion: Occasion, now_s: float) -> None:
        """HQ is wanted now. Nothing is called twice: what is under way goes on a little longer."""
        if not self._mode().calls_hq:
            return
        if not self.keep_line and not self._is_due:
            log.info("exchange", occasion=occasion)
        self._is_due = True
        self.busy(now_s)

    def busy(self, now_s: float) -> None:
        """Somebody has said something."""
        self._busy_s = now_s

    def wants_line(self, waiting: int, now_s: float) -> bool:
        """Whether to call, or to stay on the line."""
        if self._rules is not None and waiting >= self._rules.after_records:
            self.call(Occasion.RECORDS, now_s)
        return self._mode().calls_hq and (self.keep_line or self._is_due)

    def quiet_from_s(self, state: Forwarding, *, somebody_waits: bool) -> float:
        """From when on there is nothing left to say on this line; inf: as it is, never."""
        has_more = not state.has_heard or state.under_way or (state.waiting and state.halt is None)
        if self.keep_line or has_more or somebody_waits:
            return inf
        return self._busy_s + (self._rules or ExchangeRules()).linger_s

    def done(self) -> None:
        """Everything is said: the line rests until the next occasion."""
        self._is_due = False

    def may_call(self, state: Forwarding) -> bool:
        """Whether HQ can be had by calling it, as far as is known: the last call came through, or is under way."""
        return self._mode().calls_hq and not (self.keep_line or state.failures)

    def rests(self, state: Forwarding) -> bool:
        """Whether the line is down because nobody wants it, and not because it cannot be had."""
        return self.may_call(state) and not state.is_up
