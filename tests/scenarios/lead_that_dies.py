"""The till's program with a fault: as a lead it is killed right after the commit that lends, before any answer.

Only draws and fetches whose name begins with `dies-` do this, and a draw only once: when it comes again it is known.
"""

import os
import signal

from ledger.ids import ChainId
from protocol.conversation import BATCH_RECORDS_MAX, Draw, Fetch, NotDrawn
from protocol.records import SignedRecord
from terminal.lending import Lending
from terminal.program import main
from terminal.store_rights import StoreRights

draw, fetch = Lending.draw, StoreRights.fetch


def draw_and_die(lending: Lending, chain: ChainId, asked: Draw, now_ms: int) -> SignedRecord | NotDrawn:
    """The commit is on the disk when draw returns."""
    before = lending.gifts(chain, 0, BATCH_RECORDS_MAX)
    drawn = draw(lending, chain, asked, now_ms)
    if asked.operation_id.startswith("dies-") and isinstance(drawn, SignedRecord) and drawn not in before:
        os.kill(os.getpid(), signal.SIGKILL)
    return drawn


async def fetch_and_die(rights: StoreRights, chain: ChainId, asked: Fetch) -> SignedRecord | NotDrawn:
    """The same of a right."""
    passed = await fetch(rights, chain, asked)
    if asked.operation_id.startswith("dies-") and isinstance(passed, SignedRecord):
        os.kill(os.getpid(), signal.SIGKILL)
    return passed


if __name__ == "__main__":
    setattr(Lending, "draw", draw_and_die)  # noqa: B010 - mypy lets no method be assigned to
    setattr(StoreRights, "fetch", fetch_and_die)  # noqa: B010 - the same
    main()
