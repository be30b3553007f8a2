"""The four ways of running a store: every difference between them is chosen here, once."""

from __future__ import annotations

from enum import StrEnum


class ModeName(StrEnum):
    """The presets. Written into every record and shown on page and slip."""

    REAL_TIME = "real_time"
    TRANSFER = "transfer"
    HOSTED = "hosted"
    PROXY_RUN = "proxy_run"
