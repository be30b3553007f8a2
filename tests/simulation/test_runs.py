"""Whole chains with the real programs: whatever happens to them, everything is as it must be (DESIGN 10)."""

from __future__ import annotations

import pytest

from simulation.chain import Size
from simulation.run import run
from tests.chains import chain_faults, recovery_faults
from tests.faults import Fault, to_be_seen
from tests.simulation import keeper_faults, loss_faults, paper_faults, right_faults, simulation_faults

SMALL = Size(stores=2, tills=2)
SEEDS = range(1, 2)
"""In every run; --thorough takes some hundreds, and a larger chain."""
SEEDS_TO_A_FAULT = 30
"""Each fault is seen within so many, mostly in the first; whoever sees one stops."""

FAULTS: dict[str, Fault] = {
    "a till answers before its commit": simulation_faults.answer_before_commit,
    "a till says that its disk is full, and has committed": simulation_faults.say_full_and_commit,
    "a till believes every disk": simulation_faults.believe_every_disk,
    "a till takes a transfer twice": chain_faults.take_twice,
    "a till gives a promotion, and uses nothing of its quota": simulation_faults.give_and_use_nothing,
    "a till keeps a promise twice": simulation_faults.keep_promises_twice,
    "a till keeps a promise that was taken back": simulation_faults.keep_what_was_taken_back,
    "a till passes a right on, and still has it": right_faults.pass_on_and_keep,
    "hq does not hear that a right was passed on": right_faults.hear_of_no_move,
    "a till that starts has used no budget": simulation_faults.forget_budgets,
    "a till lets go what nobody agrees to": simulation_faults.let_go_unasked,
    "a refund gives the store's risk to the card": simulation_faults.lend_to_the_member,
    "hq keeps claims that refunds have closed": simulation_faults.forget_claims,
    "a till charges a pos's number twice": simulation_faults.charge_a_number_twice,
    "a till does not look what a pos's number was for": simulation_faults.take_any_content,
    "a place at hq answers before its commit": simulation_faults.tell_before_commit,
    "a hosted till sells alone what hq has not answered": simulation_faults.sell_alone_when_unanswered,
    "a hosted till forgets what it has asked": simulation_faults.forget_what_was_asked,
    "hq acknowledges before its commit": simulation_faults.acknowledge_before_commit,
    "hq gives again what lies elsewhere": simulation_faults.give_what_lies_elsewhere,
    "hq gives, and its place does not fall": simulation_faults.take_without_posting,
    "hq does not sync each commit": simulation_faults.hq_syncs_seldom,
    "hq brings nobody the right to keep a promise": simulation_faults.bring_nobody_a_right,
    "a till prints again what it had started": paper_faults.print_again_what_was_started,
    "a till prints before its commit": paper_faults.print_before_commit,
    "a till prints while it commits": paper_faults.start_before_commit,
    "a till does not sync each commit": paper_faults.sync_seldom,
    "a till tries once to print a slip": paper_faults.try_once,
    "hq gives out at once after it was put back": recovery_faults.give_at_once,
    "hq forgets what it is told that it had given": recovery_faults.stand_by_nothing,
    "hq has back what is still taken": recovery_faults.reclaim_what_was_taken,
    "hq does not wait for who is silent": recovery_faults.wait_for_nobody,
    "hq nets by its old book": recovery_faults.net_meanwhile,
    "hq gives back twice what it writes off": loss_faults.write_off_twice,
    "hq keeps what a lost till's late records bring": loss_faults.keep_late_loads,
    "hq has twice what a lost till sends home late": loss_faults.pay_late_returns,
    "hq has back what lies with a till that it revokes": loss_faults.free_what_is_fenced,
    "hq has back what lies with a till that is replaced": loss_faults.free_what_is_replaced,
    "hq takes the records of a revoked till": loss_faults.take_from_the_revoked,
    "what has expired is spent": keeper_faults.spend_what_has_expired,
    "hq has back what has expired at a till": keeper_faults.free_what_has_expired,
    "a till knows an operation by the line that brought it": keeper_faults.know_operations_by_their_line,
    "hq posts what was taken before it was given": keeper_faults.park_nothing,
    "a till carries out orders of an earlier epoch of hq's": keeper_faults.obey_older_epochs,
    "hq picks the lots that pay": keeper_faults.allot_at_hq,
    "hq has what a till holds when somebody asks for it": keeper_faults.credit_on_request,
    "hq has back what it calls home when it calls": keeper_faults.take_on_recall,
    "a till never sends again what hq had acknowledged": keeper_faults.never_go_back,
}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_small_chain_keeps_every_invariant(seed: int) -> None:
    outcome = run(seed, SMALL, days=1)
    assert outcome.report.done > 10


@to_be_seen(
    FAULTS, in_every_run={"a till answers before its commit", "a till gives a promotion, and uses nothing of its quota"}
)
@pytest.mark.timeout(900)
def test_a_fault_is_seen(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same runs, and a program that has one."""
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        _run_all(range(1, SEEDS_TO_A_FAULT + 1))


@pytest.mark.thorough
@pytest.mark.timeout(3_600)
def test_hundreds_of_small_chains() -> None:
    _run_all(range(1_000, 1_400))


@pytest.mark.thorough
@pytest.mark.timeout(3_600)
def test_a_larger_chain_for_a_week() -> None:
    run(1, Size(stores=5, tills=3), days=7)


def _run_all(seeds: range) -> None:
    for seed in seeds:
        run(seed, SMALL, days=1)
