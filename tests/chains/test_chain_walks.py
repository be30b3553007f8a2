"""Any walk of several tills and HQ: whatever is lost, late, repeated or cut, no value is made, lost or spent twice."""

import pytest

from tests.chains import chain_faults, refund_faults, right_faults
from tests.chains.chain_walk import hunt, walk
from tests.faults import Fault, to_be_seen

WALKS = 4
"""In every run; --thorough takes a thousand."""
WALKS_TO_A_FAULT = 100
"""Each fault is seen within so many, mostly within ten; whoever sees one stops."""

FAULTS = {
    "a till takes a transfer twice": chain_faults.take_twice,
    "a till gives, and its place falls later": chain_faults.fall_later,
    "a late draw is kept and goes home too": chain_faults.keep_and_send_home,
    "hq takes what a till gives before it posts that": chain_faults.take_before_posting,
    "hq forgets what it gives": chain_faults.give_and_forget,
    "a draw that comes again gets new value": chain_faults.draw_anew,
    "a till answers before its commit": chain_faults.answer_before_commit,
    "hq acknowledges before its commit": chain_faults.acknowledge_before_commit,
    "hq does not sync each commit": chain_faults.sync_seldom,
    "hq nets what is not owed": refund_faults.net_twice_what_is_owed,
    "hq nets a lot that lies elsewhere as if it was spent": refund_faults.net_without_waiting,
    "hq posts a netting twice": refund_faults.net_again,
    "hq nets in its mirror of a till": refund_faults.net_where_it_lies,
    "hq forgets what is owed": refund_faults.forget_debts,
    "hq places points ahead though some are owed": refund_faults.place_ahead_what_is_owed,
    "a till forgets what was refunded": refund_faults.forget_refunds,
    "a refund leaves owed what lies here": refund_faults.owe_what_is_here,
    "a refund gives points that it leaves owed": refund_faults.owe_to_have,
    "a load is voided that was spent": refund_faults.void_what_was_spent,
    "a till undoes what it has given the right to away": right_faults.undo_what_was_given_away,
    "a till forgets what it has undone since a right came": right_faults.forget_what_was_undone_since,
    "hq entrusts a right again": right_faults.entrust_again,
}


@pytest.mark.timeout(300)
def test_any_walk_of_several_tills_and_hq_keeps_every_sum() -> None:
    """DESIGN 10, invariants 1-7, 9, 10, 12 and 13."""
    walk(WALKS, derandomize=True)


@to_be_seen(FAULTS, in_every_run={"a till takes a transfer twice"})
def test_a_fault_is_seen(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same walks, and a program that has one."""
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        hunt(WALKS_TO_A_FAULT)


@pytest.mark.thorough
@pytest.mark.timeout(7_200)
def test_any_walk_of_several_tills_and_hq_keeps_every_sum_a_thousand_times() -> None:
    walk(1_000, derandomize=False, steps=100)
