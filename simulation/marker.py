"""A marker, as it lies outside a book (offline_queue.marker_file), in memory."""

from __future__ import annotations

from random import Random

from offline_queue.marker_file import Mark

MARKS_UNSYNCED_MAX = 5
"""The marker is not synced: a power cut may leave one of the last few."""


class MemoryMarker:
    """It outlasts the program; of a power cut's last marks any one may be left."""

    def __init__(self) -> None:
        self._marks: list[Mark] = []

    def read(self) -> Mark | None:
        """The last mark."""
        return self._marks[-1] if self._marks else None

    def write(self, mark: Mark) -> None:
        """Put this one in its place."""
        self._marks = [*self._marks[1 - MARKS_UNSYNCED_MAX :], mark]

    def close(self) -> None:
        """It is no file."""

    def lose_power(self, chance: Random) -> None:
        """What was written last may not be there."""
        self._marks = self._marks[: chance.randint(1, len(self._marks))] if self._marks else []
