"""Short codes from a record's hash, for people: printed on slips and keyed by hand."""

from __future__ import annotations

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O, U, so nothing is misread from a slip."""


def check_code(record_hash: bytes) -> str:
    """`7K2M-9XQD`: 40 bits of the hash. Whoever has the record can tell whether this slip is of it."""
    bits = int.from_bytes(record_hash[:5], "big")
    text = "".join(CROCKFORD[bits >> shift & 31] for shift in range(35, -5, -5))
    return f"{text[:4]}-{text[4:]}"


def approval_code(record_hash: bytes) -> str:
    """Six digits that a cashier keys into a POS without a connection. Evidence of attention, not of authenticity."""
    return str(int.from_bytes(record_hash[5:13], "big") % 10**6).zfill(6)
