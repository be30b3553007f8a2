"""What the programs log while they are simulated: a mistake of theirs that they have lived through ends the run."""

from __future__ import annotations

import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, NoReturn

import structlog

from simulation.loop import VirtualLoop, here


class Overheard:
    """A processor of structlog's that drops every line."""

    def __init__(self) -> None:
        self._loop: VirtualLoop | None = None

    def listen(self, loop: VirtualLoop) -> None:
        """From here on a line with an exception of a live program is a failure of this loop's."""
        self._loop = loop

    def __call__(self, _logger: Any, _method: str, line: MutableMapping[str, Any]) -> NoReturn:  # noqa: ANN401 - structlog's
        """Raises DropEvent."""
        if self._loop is not None and "exc_info" in line and not here().is_cut:
            fault = AssertionError(f"a mistake was lived through: {line}")
            fault.__cause__ = sys.exception()
            self._loop.failures.append(fault)
        raise structlog.DropEvent


@contextmanager
def overheard() -> Iterator[Overheard]:
    """Instead of whatever is done with log lines now."""
    ear, processors = Overheard(), structlog.get_config()["processors"]
    before = list(processors)
    # In place, as loggers that have logged before keep the list itself.
    processors[:] = [ear]
    try:
        yield ear
    finally:
        processors[:] = before
