"""The till's program with a fault: it is killed right after the commit of a sale that HQ has funded, before any answer.

Only operations whose name begins with `dies-` do this, and only once: when they come again they are known.
"""

import os
import signal

from offline_queue.doubts import Doubt, Given
from terminal.answers import Answer, Problem
from terminal.asking import Asked
from terminal.modes import Mode
from terminal.program import main
from terminal.store import TillStore
from terminal.wanting import GoneHome, Held

settle = TillStore.settle


def settle_and_die(
    store: TillStore, given: Given, asked: Asked, mode: Mode | None = None
) -> Answer | Problem | Held | GoneHome | Doubt:
    """The commit is on the disk when settle returns."""
    outcome = settle(store, given, asked, mode)
    if asked.request.operation_id.startswith("dies-"):
        os.kill(os.getpid(), signal.SIGKILL)
    return outcome


if __name__ == "__main__":
    setattr(TillStore, "settle", settle_and_die)  # noqa: B010 - mypy lets no method be assigned to
    main()
