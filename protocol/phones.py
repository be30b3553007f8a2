"""Phone numbers as the chain compares them: one spelling for each, and where it is kept a keyed hash in its place."""

from __future__ import annotations

import hashlib
import hmac
import re

TEXT_LENGTH_MAX = 32
"""Longer is no phone number, however it is spaced."""

_TAIWAN = re.compile(r"(?:\+?8860?|0)(9[0-9]{8})")
_MAINLAND = re.compile(r"(?:\+?86)?(1[3-9][0-9]{9})")


def normalised(text: str) -> str | None:
    """A mobile number of Taiwan or the mainland as `+8869xxxxxxxx` or `+861xxxxxxxxxx`; None when it is neither.

    Spaces, hyphens and brackets may stand in it. Source: ITU-T E.164 and the two national numbering plans.
    """
    if len(text) > TEXT_LENGTH_MAX:
        return None
    digits = re.sub(r"[ ()-]", "", text)
    if taiwan := _TAIWAN.fullmatch(digits):
        return "+886" + taiwan[1]
    mainland = _MAINLAND.fullmatch(digits)
    return None if mainland is None else "+86" + mainland[1]


def phone_hash(token_key: bytes, number: str) -> bytes:
    """What stands for a normalised number in books and messages: 32 bytes, the same at every till of the chain.

    The number is not to be had from it without the key. HMAC-SHA256, its purpose named like those of a card's MACs.
    """
    return hmac.digest(token_key, f"counterfoil/phone/{number}".encode(), hashlib.sha256)
