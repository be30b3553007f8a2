"""Faults that are put into a program, to see its check see them: one or two in every run, the others in the long one.

A check that sees one is no dead letter; that it sees all of them takes as long as a quarter of all other tests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

Fault = Callable[[pytest.MonkeyPatch], None]


def to_be_seen(faults: Mapping[str, Fault], in_every_run: set[str]) -> pytest.MarkDecorator:
    """The test gets each as `fault`; all but those named are seen with --thorough only."""
    assert in_every_run <= set(faults), "no such fault"
    parameters = [
        pytest.param(fault, id=name, marks=() if name in in_every_run else pytest.mark.thorough)
        for name, fault in faults.items()
    ]
    return pytest.mark.parametrize("fault", parameters)
