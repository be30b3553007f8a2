"""Rules are asked in order, and none after the first that says no."""

from collections.abc import Iterator

import pytest

from checkout.requests import BookView
from checkout.results import Decline, Declined
from checkout.rules import Rule, ask, not_blocked
from ledger.ids import Place, RecordRef
from loyalty.reasons import Reason

HOLDS, BROKEN = Reason("step", 1, 1), Reason("limit", 5, 6)


def rules() -> Iterator[Rule]:
    yield Rule(HOLDS, holds=True, decline=Decline.NOT_CHARGEABLE)
    yield Rule(BROKEN, holds=False, decline=Decline.ABOVE_CHARGE_LIMIT)
    raise AssertionError("the rule after a no was asked")


def test_the_first_broken_rule_is_the_answer_and_the_last_reason() -> None:
    assert ask(rules()) == Declined(Decline.ABOVE_CHARGE_LIMIT, (HOLDS, BROKEN))


@pytest.mark.parametrize(("blocked", "seen"), [(False, 1), (True, 0)])
def test_the_negative_list_is_a_rule_like_any_other(seen: int, *, blocked: bool) -> None:
    view = BookView(RecordRef(Place("07-2"), 1, 31), "07", "2026-11-22", (), blocked=blocked)
    assert not_blocked(view) == Rule(Reason("not_blocked", 1, seen), not blocked, Decline.CARD_BLOCKED)


def test_where_every_rule_holds_each_is_a_reason() -> None:
    assert ask([next(rules())]) == (HOLDS,)
    assert ask([]) == ()
