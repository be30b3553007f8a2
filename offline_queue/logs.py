"""A program's log: one JSON object a line on stderr, kept by the service manager; card numbers never get there."""

from __future__ import annotations

import contextlib
import os
import re
import sys

import structlog
from structlog.typing import EventDict, WrappedLogger

_LONG_NUMBER = re.compile(r"[0-9]{12,19}")
"""What could be a card number. Nothing that we log is: this is the net under the rope."""


def set_up() -> None:
    """Call once, before anything is logged."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            mask_numbers,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        ],
        logger_factory=lambda *_: Stderr(),
    )


class Stderr:
    """Lines to stderr. One that cannot be written, as on a full disk, is lost: telling never stops what is told of."""

    def msg(self, line: str) -> None:
        """Write one line, or let it go."""
        with contextlib.suppress(OSError):
            os.write(sys.stderr.fileno(), f"{line}\n".encode())

    debug = info = warning = error = critical = exception = msg


def mask_numbers(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace every run of 12 to 19 digits by its last four."""
    for key, value in event.items():
        event[key] = value if isinstance(value, int | float | bool) else _masked(str(value))
    return event


def _masked(text: str) -> str:
    return _LONG_NUMBER.sub(lambda match: f"****{match[0][-4:]}", text)
