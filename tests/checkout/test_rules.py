"""Rules are asked in order, and none after the first that says no."""

from collections.abc import Iterator

from checkout.results import Decline, Declined, Reason
from checkout.rules import Rule, ask

HOLDS, BROKEN = Reason("step", 1, 1), Reason("limit", 5, 6)


def rules() -> Iterator[Rule]:
    yield Rule(HOLDS, holds=True, decline=Decline.NOT_CHARGEABLE)
    yield Rule(BROKEN, holds=False, decline=Decline.ABOVE_CHARGE_LIMIT)
    raise AssertionError("the rule after a no was asked")


def test_the_first_broken_rule_is_the_answer_and_the_last_reason() -> None:
    assert ask(rules()) == Declined(Decline.ABOVE_CHARGE_LIMIT, (HOLDS, BROKEN))


def test_where_every_rule_holds_each_is_a_reason() -> None:
    assert ask([next(rules())]) == (HOLDS,)
    assert ask([]) == ()
