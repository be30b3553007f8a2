"""Sharing out: which part of what is left a refund undoes, to the cent, however often it comes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Left(NamedTuple):
    """What is left of one part of a payment, and the step in which it can be given back: a shop has no half coins."""

    units: int
    step: int = 1


def share_out(units: int, left: Sequence[Left]) -> list[int]:
    """Divide `units` in proportion to what is left of each part, every share in its part's step.

    The shares add up to `units`, none is more than is left, and whoever takes all that is left takes it exactly.
    What is left of a part must be whole steps; `units` too, unless it is all that is left or some part has step 1.
    """
    whole = sum(part.units for part in left)
    assert 0 <= units <= whole, "no more than is left"
    if units in (0, whole):
        return [part.units if units else 0 for part in left]
    shares = [part.units * units // whole // part.step * part.step for part in left]
    finest_first = sorted(range(len(left)), key=lambda index: (left[index].step, index))
    for index in finest_first:
        part, missing = left[index], units - sum(shares)
        steps = min(-(-missing // part.step), (part.units - shares[index]) // part.step)
        shares[index] += steps * part.step
    return _without(sum(shares) - units, shares, left)


def _without(surplus: int, shares: list[int], left: Sequence[Left]) -> list[int]:
    """Take away what the last coin brought too much, from parts that are counted in single units."""
    for index, part in enumerate(left):
        if part.step == 1:
            less = min(surplus, shares[index])
            shares[index] -= less
            surplus -= less
    assert surplus == 0, "the sum can be paid in coins"
    return shares


def share_of(units: int, part: int, whole: int) -> int:
    """As much of `units` as `part` is of `whole`, rounded down; all of it when `part` is the whole."""
    return units * part // whole if whole else units
