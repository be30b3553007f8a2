"""HQ's settings: one TOML file, checked whole at the start."""

from __future__ import annotations

from typing import Annotated

import msgspec

from hq_server.placing_figures import STRANDED_AFTER_H, STRANDED_AFTER_H_MAX
from hq_server.valuing import Placement
from offline_queue.gateway.wire import COPIES_S
from offline_queue.settings import Port

LINES_MAX = 10_000
"""Below what one process may have of file descriptors."""
RECORDS_PER_S = 1000
"""A till that was cut off for three months catches up in minutes."""
RECORDS_PER_S_MIN = 50
"""Slower, and a till takes HQ for dead while a batch waits for its turn."""
RECALL_WAIT_S = 1.5
RECALL_WAIT_S_MAX = 2.5
"""A till waits three seconds for its draw, and the answer has to travel."""


class HqSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything about HQ's server. Paths are relative to the file that names them."""

    card_keys: str = "chain-cards.key"
    data: str = "data"
    marker: str = ""
    host: str = "127.0.0.1"
    port: Port = 8380
    timezone: str = "Asia/Taipei"
    lines_max: Annotated[int, msgspec.Meta(ge=1)] = LINES_MAX
    copies_s: Annotated[float, msgspec.Meta(ge=0.1)] = COPIES_S
    records_per_s: Annotated[int, msgspec.Meta(ge=RECORDS_PER_S_MIN)] = RECORDS_PER_S
    programme: str = "programme.toml"
    placement: Placement = Placement()
    recall_wait_s: Annotated[float, msgspec.Meta(ge=0, le=RECALL_WAIT_S_MAX)] = RECALL_WAIT_S
    stranded_after_h: Annotated[float, msgspec.Meta(ge=0, le=STRANDED_AFTER_H_MAX)] = STRANDED_AFTER_H
