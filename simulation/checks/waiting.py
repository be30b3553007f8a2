"""Promises that are open when all is said: each for a reason that the chain allows. HQ forgets none."""

from __future__ import annotations

from hq_server.views import PromiseLine, Stands
from simulation.checks.chain import Chain
from simulation.checks.promised import Promise

WITH_LOST_TILLS = {Stands.TILL_LOST, Stands.HOLDER_LOST}
"""For a person to see to: HQ takes nothing more from who has promised, or from who has the right."""


def check_waiting(chain: Chain) -> None:
    """HQ knows just those that are open, and why. Raises AssertionError."""
    said, promised = chain.hq.machine.store.promises(), chain.truth.promises.open()
    lines = {line.receipt_number: line for line in said.lines}
    if not chain.revoked:
        assert said.total == len(lines), "there are more than HQ shows"
        assert sorted(lines) == sorted(promised), f"HQ waits to bring {lines}, and open are {promised}"
    for number, promise in promised.items():
        line = lines.get(number)
        if line is not None:
            assert _may_wait(chain, promise, line), f"{number} waits, and could be kept: {promise} {line}"


def _may_wait(chain: Chain, promise: Promise, line: PromiseLine) -> bool:
    """Nothing is left of the sale, nobody has sold it, its store bears a part of it, or a till is lost."""
    if line.stands is Stands.STAYS:
        return chain.truth.is_at_risk(promise.original)
    left = chain.truth.left_of(promise.original)
    if line.stands in WITH_LOST_TILLS:
        return bool(chain.revoked)
    return not left and line.stands in (
        (Stands.NOT_REPORTED, Stands.NO_SALE) if left is None else (Stands.NOTHING_LEFT,)
    )
