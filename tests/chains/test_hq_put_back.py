"""HQ is put back from a copy while its tills sell: nothing is spent twice, and in the end all adds up."""

import pytest

from tests.chains import recovery_faults
from tests.chains.put_back import tell
from tests.faults import Fault, to_be_seen

STORIES = 6
"""In every run; --thorough tells a thousand."""
STORIES_TO_A_FAULT = 60
"""Each fault is seen within so many, mostly within ten."""

FAULTS = {
    "hq gives out at once": recovery_faults.give_at_once,
    "hq forgets what it is told that it had given": recovery_faults.stand_by_nothing,
    "hq has back what is still taken": recovery_faults.reclaim_what_was_taken,
    "hq does not have back what is not taken any more": recovery_faults.reclaim_nothing,
    "a till carries out orders of an earlier epoch": recovery_faults.obey_older_epochs,
    "hq does not wait for who is silent": recovery_faults.wait_for_nobody,
    "hq places and nets by its old book": recovery_faults.net_meanwhile,
}


@pytest.mark.timeout(300)
def test_whatever_happens_around_a_copy_of_hq_every_sum_is_kept() -> None:
    """DESIGN 10, invariants 1-9: in recovery HQ's place only rises or re-adopts, and then all is as it was."""
    tell(1, STORIES)


@to_be_seen(FAULTS, in_every_run={"hq gives out at once"})
def test_a_fault_of_the_recovery_is_seen(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    with pytest.raises(AssertionError, match=r"^seed \d+: "):
        tell(1, STORIES_TO_A_FAULT)


@pytest.mark.thorough
@pytest.mark.timeout(7_200)
def test_whatever_happens_around_a_copy_of_hq_every_sum_is_kept_a_thousand_times() -> None:
    tell(1_000, 1_000)
