"""What HQ shows of its book: heads, fences, what is set aside, what differs."""

from __future__ import annotations

import msgspec


class KeeperView(msgspec.Struct, frozen=True):
    """One till as HQ knows it. `held` and `posted` are record numbers; `heard_at_ms` is None before its first word.

    `waits` is how many records are held and not yet posted; `fences` says why nothing more is taken from it.
    """

    keeper: str
    epoch: int
    store: str
    public_key: str
    held: int
    posted: int
    heard_at_ms: int | None
    business_date: str | None
    fences: tuple[str, ...]

    @property
    def waits(self) -> int:
        """Records that are held and not posted."""
        return self.held - self.posted


class SuspenseView(msgspec.Struct, frozen=True):
    """A genuine record that the book could not take."""

    record: str
    account: str
    reason: str


class DifferenceView(msgspec.Struct, frozen=True):
    """A day close at which till and HQ did not have the same at that place; digests in hexadecimal."""

    record: str
    said: str
    found: str


class PlaceBalance(msgspec.Struct, frozen=True):
    """What an account has at one place, in units."""

    place: str
    principal: int
    bonus: int
    points: int
