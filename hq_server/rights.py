"""The right to undo a sale, as HQ looks at it: which sales it may leave, and whether a till says truly what is left."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from checkout.requests import Original
from checkout.sold import at_risk
from protocol.originals import right_of
from protocol.rights import RIGHT_LOTS_MAX, LotTerms, Right


def may_move(original: Original) -> bool:
    """Whether anybody but its own till may ever undo this sale.

    What is at a store's risk, or touches too many lots, may not be; nor what a till that lies has signed: legs of two
    members, or less than nothing left of a part.
    """
    legs = (*original.spent, *original.issued)
    is_sound = (
        all(leg.account == original.account for leg in legs)
        and all(leg.units > 0 for leg in original.spent)
        and all(leg.units < 0 for leg in original.issued)
        and all(part.units >= 0 and part.points >= 0 for part in original.paid)
    )
    is_small = len({leg.key for leg in legs}) <= RIGHT_LOTS_MAX
    return is_sound and is_small and not at_risk(original.paid)


def is_true(right: Right, original: Original, terms: Iterable[LotTerms], moves: int) -> bool:
    """Whether a right says of a sale what HQ knows: `original` is what is left, `terms` are those of its lots."""
    told = {(one.purse, one.lot) for one in right.lots}
    needed = {(leg.purse, leg.lot) for leg in (*original.spent, *original.issued)}
    has_its_lots = needed <= told and len(told) == len(right.lots) and set(right.lots) <= set(terms)
    return has_its_lots and msgspec.structs.replace(right, lots=()) == right_of(original, (), moves)
