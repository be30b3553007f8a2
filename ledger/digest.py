"""The digest of a place: one number over everything that lies there, for two books to compare."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from ledger.slices import SliceKey


def digest(place: Mapping[SliceKey, int]) -> bytes:
    """SHA-256 over the slices in order, a line each: account, purse, lot and units, set apart by tabs; UTF-8."""
    lines = sorted(f"{key.account}\t{key.purse}\t{key.lot}\t{units}\n" for key, units in place.items())
    return hashlib.sha256("".join(lines).encode()).digest()
