"""What HQ says of members, brought within this till's bounds: it is shown on a screen and stored for long."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

import msgspec

from ledger.amounts import UNITS_MAX
from ledger.ids import parse_place
from protocol.members import SHARES_MAX, Member, Share

NAME_LENGTH_MAX = 24
TIER_LENGTH_MAX = 20
AT_MS_MAX = 253_370_764_800_000
"""The first day of the year 9999: later ones have no RFC 3339."""

_TOKEN = re.compile(r"[\x21-\x7e]{1,64}")
_KIND = re.compile(r"[\x21-\x7e]{1,32}")
_MASKED = re.compile(r"[0-9]{4}\*{4}[0-9]{4}")


def fitting(member: Member) -> Member | None:
    """The line as this till may keep and show it; None for one that names nobody, or a card without its mask."""
    is_named = _TOKEN.fullmatch(member.account) and _TOKEN.fullmatch(member.card) and _KIND.fullmatch(member.kind)
    if not is_named or _MASKED.fullmatch(member.masked) is None:
        return None
    return msgspec.structs.replace(
        member,
        name=_printable(member.name, NAME_LENGTH_MAX),
        tier=_printable(member.tier, TIER_LENGTH_MAX),
        phone=member.phone if len(member.phone) == 32 else b"",  # noqa: PLR2004 - SHA-256
    )


def fitting_shares(shares: Iterable[Share]) -> tuple[Share, ...]:
    """The shares of places that there can be, each once and in sums that there can be."""
    by_place: dict[str, Share] = {}
    for share in shares:
        if parse_place(share.place) is not None and max(share.principal, share.bonus, share.points) <= UNITS_MAX:
            by_place.setdefault(share.place, share)
        if len(by_place) == SHARES_MAX:
            break
    return tuple(by_place.values())


def _printable(text: str, length_max: int) -> str:
    """No line breaks, no control characters, none that turn the direction of what follows."""
    shown = (one for one in text[: 4 * length_max] if unicodedata.category(one)[0] not in "CZ" or one == " ")
    return "".join(shown).strip()[:length_max]
