"""The end of a walk: every customer gives back all that is left of every purchase."""

from __future__ import annotations

from simulation.checks.purchases import Purchase
from tests.chains.chain import Chain


def bring_all_back(chain: Chain) -> None:
    """Each to the till that has the right to undo it, or to its own, which fetches that."""
    for (name, receipt), original in list(chain.truth.originals.items()):
        if isinstance(original.what, Purchase) and original.what.left:
            till = next((one for one in chain.tills if one.machine.store.undoable.may_undo(receipt)), chain.named(name))
            chain.connect(till)
            chain.settle_down()
            chain.ask(till, chain.counter.refund(receipt, original.what.left))
            chain.settle_down()
