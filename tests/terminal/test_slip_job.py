"""A slip's printing: every state with every step, and never two originals."""

import pytest

from terminal.slip_job import SlipJob, SlipState, SlipStep

CREATED, STARTED, PRINTED, UNKNOWN, SETTLED = SlipState
TABLE = {
    CREATED: {SlipStep.STARTED: STARTED},
    STARTED: {SlipStep.PRINTED: PRINTED, SlipStep.UNKNOWN: UNKNOWN},
    PRINTED: {SlipStep.REPRINT: CREATED},
    UNKNOWN: {SlipStep.CAME_OUT: SETTLED, SlipStep.REPRINT: CREATED},
    SETTLED: {SlipStep.REPRINT: CREATED},
}


@pytest.mark.parametrize("state", SlipState)
@pytest.mark.parametrize("step", SlipStep)
def test_a_step_leads_where_the_table_says_or_makes_no_sense(state: SlipState, step: SlipStep) -> None:
    after = SlipJob(7, run=2, state=state, reasons=("paper_out",)).after(step, ("no_answer",))
    if step not in TABLE[state]:
        assert after is None
        return
    run = 3 if step is SlipStep.REPRINT else 2
    assert after == SlipJob(7, run, TABLE[state][step], ("no_answer",))


def test_only_the_first_run_is_no_copy() -> None:
    job = SlipJob(7)
    assert not job.is_copy
    for step in (SlipStep.STARTED, SlipStep.UNKNOWN, SlipStep.REPRINT):
        after = job.after(step)
        assert after is not None
        job = after
    assert job.is_copy


def test_whatever_the_steps_at_most_one_run_that_starts_is_no_copy() -> None:
    """Every walk of six steps."""
    walks = [(SlipJob(7), 0)]
    for _ in range(6):
        steps = [(job.after(step), originals, step) for job, originals in walks for step in SlipStep]
        walks = [
            (job, originals + (step is SlipStep.STARTED and not job.is_copy))
            for job, originals, step in steps
            if job is not None
        ]
        assert walks
        assert {originals for _, originals in walks} <= {0, 1}
