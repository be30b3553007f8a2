"""The till's program with a fault: it is killed right before or after the commit of a sale that was funded for it.

So is its place at HQ, when it keeps one. Only operations do this whose name begins with `till-dies-before`,
`host-dies-after` and so on, and only once.
"""

import os
import signal
import sys
from pathlib import Path

from offline_queue.doubts import Doubt, Given
from protocol.records import SignedRecord
from terminal.answers import Answer, HqStatus, Problem
from terminal.asking import Asked, Moment
from terminal.hosted_book import HostedBook
from terminal.modes import Mode
from terminal.program import main
from terminal.store import TillStore
from terminal.wanting import GoneHome, Held

ROLE = "host" if "host" in sys.argv[1:2] else "till"
settle, tell = TillStore.settle, HostedBook.tell


def die_once(moment: str, operation_id: str) -> None:
    """There is a file of it beside the settings."""
    died = Path(sys.argv[-1]).with_name(f"{operation_id}.died")
    if operation_id.startswith(f"{ROLE}-dies-{moment}") and not died.exists():
        died.touch()
        os.kill(os.getpid(), signal.SIGKILL)


def settle_and_die(
    store: TillStore, given: Given, asked: Asked, mode: Mode | None = None
) -> Answer | Problem | Held | GoneHome | Doubt:
    """The commit is on the disk when settle returns."""
    die_once("before", asked.request.operation_id)
    outcome = settle(store, given, asked, mode)
    die_once("after", asked.request.operation_id)
    return outcome


def tell_and_die(
    book: HostedBook, operation_id: str, told: SignedRecord, moment: Moment, hq: HqStatus
) -> Answer | None:
    """The same in a shop whose place at HQ has sold."""
    die_once("before", operation_id)
    answer = tell(book, operation_id, told, moment, hq)
    die_once("after", operation_id)
    return answer


if __name__ == "__main__":
    setattr(TillStore, "settle", settle_and_die)  # noqa: B010 - mypy lets no method be assigned to
    setattr(HostedBook, "tell", tell_and_die)  # noqa: B010 - the same
    main()
