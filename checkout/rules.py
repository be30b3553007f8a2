"""Rules in the order in which a use case asks them; the first that is broken is the answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from checkout.requests import BookView, Elsewhere
from checkout.results import Decline, Declined
from loyalty.reasons import Reason


class Rule(NamedTuple):
    """One rule, already asked: what it showed, whether it holds, and the no that it gives when it does not."""

    reason: Reason
    holds: bool
    decline: Decline


def not_blocked(view: BookView) -> Rule:
    """The card is not on the negative list."""
    return Rule(Reason("not_blocked", 1, int(not view.blocked)), not view.blocked, Decline.CARD_BLOCKED)


def enough_here(view: BookView, spendable: int, units: int) -> Iterator[Rule]:
    """`units` of the `spendable` money that lies here; the no says where the rest is, as far as that is known."""
    if units > spendable and view.elsewhere is not None:
        yield Rule(Reason("elsewhere", 0, view.elsewhere.units), holds=True, decline=Decline.LIES_ELSEWHERE)
    decline = _shortfall(units - spendable, view.elsewhere)
    yield Rule(Reason("spendable_here", spendable, units), units <= spendable, decline)


def _shortfall(missing: int, elsewhere: Elsewhere | None) -> Decline:
    """Why there is not enough, as far as it is known here."""
    if elsewhere is None:
        return Decline.NOT_ENOUGH_HERE
    if elsewhere.for_this and elsewhere.units < missing:
        return Decline.NOT_ENOUGH
    return Decline.LIES_ELSEWHERE if elsewhere.units else Decline.NOT_ENOUGH_HERE


def ask(rules: Iterable[Rule]) -> tuple[Reason, ...] | Declined:
    """All reasons when every rule holds; otherwise Declined, with the rule that said no as the last of its reasons."""
    reasons: list[Reason] = []
    for rule in rules:
        reasons.append(rule.reason)
        if not rule.holds:
            return Declined(rule.decline, tuple(reasons))
    return tuple(reasons)
