"""All states of a small chain: HQ, a lead, two tills, two lots of three units, with copies put back.

What the product decides with pure functions, the model asks of them (tests.model.book); the order in which keepers
may do things it tells once more. The walks and the simulation run the product itself, and can't visit everything.
"""

import pytest

from tests.model.exploring import Wrong, explore
from tests.model.steps import Rules

HQ_IS_PUT_BACK = {"gifts_left": 1, "spends_left": 1, "rollbacks_left": 1, "restores_left": 0}
AND_GAVE_TWICE = {"gifts_left": 2, "spends_left": 0, "rollbacks_left": 1, "restores_left": 0}
A_TILL_IS_PUT_BACK = {"gifts_left": 1, "spends_left": 1, "rollbacks_left": 0, "restores_left": 1}
BOTH = {"gifts_left": 1, "spends_left": 1, "rollbacks_left": 1, "restores_left": 1}
MORE = {"gifts_left": 2, "spends_left": 1, "rollbacks_left": 1, "restores_left": 0}

MUTANTS = {
    "old_copies_sell_nothing": A_TILL_IS_PUT_BACK,
    "a_rebased_till_begins_empty": A_TILL_IS_PUT_BACK,
    "a_gift_is_taken_once": A_TILL_IS_PUT_BACK,
    "hq_takes_what_is_posted": A_TILL_IS_PUT_BACK,
    "old_epochs_are_refused": HQ_IS_PUT_BACK,
    "hq_stands_by_its_word": HQ_IS_PUT_BACK,
    "hq_reclaims_what_is_void": HQ_IS_PUT_BACK,
    "hq_reclaims_only_that": HQ_IS_PUT_BACK,
    "hq_waits_for_all": AND_GAVE_TWICE,
    "hq_gives_nothing_in_recovery": AND_GAVE_TWICE,
}
"""The rule that is switched off, and the misfortunes in which that shows."""
LONGEST = {"hq_waits_for_all", "hq_gives_nothing_in_recovery"}
"""More than half of all the time is theirs."""


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("left", "at_least"), [(HQ_IS_PUT_BACK, 10_000), (A_TILL_IS_PUT_BACK, 500)])
def test_every_state_is_as_it_must_be(left: dict[str, int], at_least: int) -> None:
    assert explore(left) >= at_least, "it has looked at next to nothing"


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "rule", [pytest.param(rule, marks=pytest.mark.thorough if rule in LONGEST else ()) for rule in MUTANTS]
)
def test_without_a_rule_there_is_a_state_that_must_not_be(rule: str) -> None:
    with pytest.raises(Wrong) as wrong:
        explore(MUTANTS[rule], Rules(**{rule: False}))
    assert str(wrong.value).partition(": ")[2], "and the way there is told"


def test_every_rule_is_switched_off_once() -> None:
    assert set(MUTANTS) == set(Rules._fields)


@pytest.mark.thorough
@pytest.mark.timeout(7_200)
@pytest.mark.parametrize("left", [AND_GAVE_TWICE, BOTH, MORE], ids=["gave twice", "both", "more"])
def test_every_state_is_as_it_must_be_with_more_misfortune(left: dict[str, int]) -> None:
    assert explore(left) >= 30_000, "it has looked at next to nothing"
