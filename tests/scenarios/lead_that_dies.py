"""The till's program with a fault: as a lead it is killed right after the commit that lends, before any answer.

Only draws whose name begins with `dies-` do this, and only once: when they come again they are known.
"""

import os
import signal

from ledger.ids import ChainId
from protocol.conversation import BATCH_RECORDS_MAX, Draw, NotDrawn
from protocol.records import SignedRecord
from terminal.lending import Lending
from terminal.program import main

draw = Lending.draw


def draw_and_die(lending: Lending, chain: ChainId, asked: Draw, now_ms: int) -> SignedRecord | NotDrawn:
    """The commit is on the disk when draw returns."""
    before = lending.gifts(chain, 0, BATCH_RECORDS_MAX)
    drawn = draw(lending, chain, asked, now_ms)
    if asked.operation_id.startswith("dies-") and isinstance(drawn, SignedRecord) and drawn not in before:
        os.kill(os.getpid(), signal.SIGKILL)
    return drawn


if __name__ == "__main__":
    setattr(Lending, "draw", draw_and_die)  # noqa: B010 - mypy lets no method be assigned to
    main()
