"""Signatures are checked once each: HQ, the taker, the checks and the audit all look at every record of a run."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from protocol import signing
from protocol.signing import Context, Signed

REMEMBERED_MAX = 10_000


@contextmanager
def checked_once() -> Iterator[None]:
    """Whether a signature is good depends on nothing but its key, its context and its bytes."""
    checked = signing.is_signed_by

    @lru_cache(REMEMBERED_MAX)
    def remembered(raw_key: bytes, context: Context, signed: Signed) -> bool:
        return checked(signing.public_key(raw_key), context, signed)

    def is_signed_by(key: Ed25519PublicKey, context: Context, signed: Signed) -> bool:
        return remembered(key.public_bytes_raw(), context, signed)

    homes = [module for module in list(sys.modules.values()) if vars(module).get("is_signed_by") is checked]
    for module in homes:
        vars(module)["is_signed_by"] = is_signed_by
    try:
        yield
    finally:
        for module in homes:
            vars(module)["is_signed_by"] = checked
