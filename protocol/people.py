"""People who decide something together, by the names that they type."""

from __future__ import annotations

from collections.abc import Iterable


def how_many(names: Iterable[str]) -> int:
    """How many different people these names stand for, however they are typed."""
    return len({name.strip().casefold() for name in names})


def is_same_person(one: str, other: str) -> bool:
    """However a name is typed."""
    return how_many((one, other)) == 1
