"""Rules in the order in which a use case asks them; the first that is broken is the answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from checkout.results import Decline, Declined, Reason


class Rule(NamedTuple):
    """One rule, already asked: what it showed, whether it holds, and the no that it gives when it does not."""

    reason: Reason
    holds: bool
    decline: Decline


def ask(rules: Iterable[Rule]) -> tuple[Reason, ...] | Declined:
    """All reasons when every rule holds; otherwise Declined, with the rule that said no as the last of its reasons."""
    reasons: list[Reason] = []
    for rule in rules:
        reasons.append(rule.reason)
        if not rule.holds:
            return Declined(rule.decline, tuple(reasons))
    return tuple(reasons)
