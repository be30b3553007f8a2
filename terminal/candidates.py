"""Members that a search has found: few, for a short while, under names that say nothing."""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

from protocol.conversation import FOUND_MAX
from protocol.members import Member
from terminal.world import World

CANDIDATES_MAX = 4 * FOUND_MAX
CANDIDATE_S_MAX = 120
"""Whoever is asked for a name answers by then."""


class _Found(NamedTuple):
    member: Member
    since_s: float


class Candidates:
    """Whom a client may open by the name that it was told."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._found: OrderedDict[str, _Found] = OrderedDict()

    def add(self, member: Member) -> str:
        """Give a member a name; the oldest names go."""
        name = self._world.new_id()
        self._found[name] = _Found(member, self._world.monotonic_s())
        while len(self._found) > CANDIDATES_MAX:
            self._found.popitem(last=False)
        return name

    def find(self, name: str) -> Member | None:
        """The member of that name; None when it was never given, or too long ago."""
        found = self._found.get(name)
        if found is None or self._world.monotonic_s() - found.since_s >= CANDIDATE_S_MAX:
            return None
        return found.member
