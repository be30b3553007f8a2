"""What a request wants from HQ before it is decided here. Pure: it sees what the till would decide without HQ."""

from __future__ import annotations

from typing import NamedTuple

from checkout.requests import Charge
from checkout.results import Decline, Declined, Done
from ledger.slices import Asset
from terminal.asking import Asked
from terminal.modes import Mode

SHORT = {Decline.NOT_ENOUGH_HERE, Decline.LIES_ELSEWHERE, Decline.NOT_ENOUGH}
"""Money is all that is missing: the rule that said so is the last that is asked."""


class Want(NamedTuple):
    """Up to `units` of a member's asset; less than `least` is of no use."""

    asset: Asset
    units: int
    least: int


def want_of(asked: Asked, outcome: Done | Declined, mode: Mode) -> Want | None:
    """What to draw first; None: `outcome` is the decision. Whatever is declined anyway draws nothing."""
    missing = _missing(outcome)
    if missing is None or not isinstance(asked.request, Charge):
        return None
    portion = mode.portion(asked.request.units, missing)
    return None if portion is None else Want(Asset.MONEY, portion.units, portion.least)


def _missing(outcome: Done | Declined) -> int | None:
    """Units that do not lie here; None: they would not help."""
    if isinstance(outcome, Done):
        return 0
    if outcome.decline not in SHORT:
        return None
    shortage = outcome.reasons[-1]
    return shortage.seen - shortage.limit
