"""Waiting for a condition, never for a while."""

import time
from collections.abc import Callable

PATIENCE_S = 15.0
LOOK_AGAIN_S = 0.005


def wait_until(condition: Callable[[], object], *, timeout_s: float = PATIENCE_S) -> None:
    """Returns as soon as the condition holds. Raises TimeoutError when it does not in time."""
    end_s = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > end_s:
            raise TimeoutError(f"it did not happen within {timeout_s} s")
        time.sleep(LOOK_AGAIN_S)
