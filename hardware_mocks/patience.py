"""Waiting for a condition, never for a while."""

import time
from collections.abc import Callable

PATIENCE_S = 30.0
"""Far more than anything takes: on a machine that does much else at once, only a fault takes so long."""
LOOK_AGAIN_S = 0.01
LOOK_AGAIN_S_MAX = 0.1
SLOWER_EACH_TIME = 1.5
"""Whoever waits for long looks less often: most looks ask a program, and each costs it and us some milliseconds."""


def wait_until(condition: Callable[[], object], *, timeout_s: float = PATIENCE_S) -> None:
    """Returns as soon as the condition holds. Raises TimeoutError when it does not in time."""
    end_s = time.monotonic() + timeout_s
    pause_s = LOOK_AGAIN_S
    while not condition():
        if time.monotonic() > end_s:
            raise TimeoutError(f"it did not happen within {timeout_s} s")
        time.sleep(pause_s)
        pause_s = min(pause_s * SLOWER_EACH_TIME, LOOK_AGAIN_S_MAX)
