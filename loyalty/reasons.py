"""Reasons: every rule that was asked, with its bound and what the case showed; a yes or a no can be replayed."""

from __future__ import annotations

import msgspec


class Reason(msgspec.Struct, frozen=True):
    """One rule that was asked: its name, its bound, and what the case showed; in units, or 1 and 0 for yes and no."""

    rule: str
    limit: int
    seen: int
