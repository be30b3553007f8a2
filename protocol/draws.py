"""Draws: what a keeper gives to one that needs value now, or why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.ids import AccountId
from ledger.slices import Slice, take
from protocol.bodies import Transfer, Why
from protocol.conversation import Draw, NoDraw
from protocol.transfers import fitting_transfer, units_of


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a draw is decided on. `payable` lies with the giver, of the member's asset, in the order in which it pays.

    `is_open`: the asking till may be given something; `is_blocked`: the card was lost or stolen.
    """

    payable: Sequence[Slice]
    is_open: bool = True
    is_blocked: bool = False


def decide(asked: Draw, grounds: Grounds) -> Transfer | NoDraw:
    """Give up to `units`, and never less than `least`, as less would help nobody and be missing elsewhere."""
    if not grounds.is_open:
        return NoDraw.FENCED
    if grounds.is_blocked:
        return NoDraw.BLOCKED
    given = fitting_transfer(Why.DRAW, asked.operation_id, AccountId(asked.account), take(grounds.payable, asked.units))
    return given if units_of(given) >= max(asked.least, 1) else NoDraw.NOT_ENOUGH
