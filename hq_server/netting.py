"""Netting: what refunds could not take back is taken from what its member has at HQ. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from ledger.slices import Slice, SliceKey
from ledger.transactions import Leg, Side

Debts = Mapping[SliceKey, int]
"""Units above zero, by the lot that a refund should have taken them from."""


def net(owed: Debts, spent: Mapping[SliceKey, int], at_hq: Sequence[Slice]) -> tuple[Leg, ...]:
    """The legs by which a member's slices at HQ pay what is owed of the same purse; none where nothing can be paid now.

    A lot pays its own debt first. As much of a debt as was `spent` of its lot is gone with it: for that the slices pay
    in the order given, and it is they that were spent instead. The rest lies elsewhere, and waits until it comes home.
    """
    moved: Counter[tuple[SliceKey, Side]] = Counter()
    left = {one.key: one.units for one in at_hq}
    rest: dict[SliceKey, int] = {}
    for lot, units in owed.items():
        own = min(units, left.get(lot, 0))
        _move(moved, lot, Side.HELD, Side.OWED, own)
        left[lot] = left.get(lot, 0) - own
        rest[lot] = min(units - own, spent.get(lot, 0))
    for lot, units in rest.items():
        for payer, has in left.items():
            part = min(units, has)
            _move(moved, payer, Side.HELD, Side.SPENT, part)
            _move(moved, lot, Side.SPENT, Side.OWED, part)
            left[payer] -= part
            units -= part  # noqa: PLW2901 - what is still to be paid of this debt
    return tuple(Leg(*lot, side, units) for (lot, side), units in moved.items() if units)


def _move(moved: Counter[tuple[SliceKey, Side]], lot: SliceKey, falls: Side, rises: Side, units: int) -> None:
    moved[lot, falls] -= units
    moved[lot, rises] += units
