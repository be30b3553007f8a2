"""Write-offs: what lies at a lost place is given back to its members at HQ, by the word of two people.

    an epoch of a keeper's that may be given nothing any more (revoked, forked, or replaced by a later one)
    one person proposes ──▶ another one agrees ──▶ HQ signs what comes back, slice by slice (`written_off`)
    late records of that place are posted as ever; of each slice the company pays by how much less lies there, or is
        under way to it, than was written off; what is beyond comes back by HQ's next record, without people

Decision 25 has the reasons.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

import msgspec

from protocol.people import is_same_person


class Decided(StrEnum):
    """What became of somebody's wish to write off what lies at a place."""

    AGREED = "agreed"
    ALREADY = "already"
    """Two others have agreed before."""
    SECOND_PERSON_WANTED = "second_person_wanted"
    """One person would; another one has to agree."""
    KEEPER_UNKNOWN = "keeper_unknown"
    STILL_OPEN = "still_open"
    """This keeper may be given value, and may be spending it."""
    RECOVERING = "recovering"
    """HQ does not know what it has, and writes off nothing."""


class WriteOffView(msgspec.Struct, frozen=True):
    """How far the write-off of a lost place is. `agreed_by` None: another person has to agree, and nothing is done.

    `money` and `points` were written off, in units; of them the company has paid `paid_money` and `paid_points`: so
    much less lies there, by the lost keeper's late records. `is_done`: nothing that is known waits to be written off.
    """

    proposed_by: str
    proposed_at_ms: int
    agreed_by: str | None
    is_done: bool
    money: int
    points: int
    paid_money: int
    paid_points: int


class Lost(NamedTuple):
    """One slice of a lost place, in units: what lies there, is under way to it, and was written off."""

    lies: int = 0
    under_way: int = 0
    written_off: int = 0

    @property
    def short(self) -> int:
        """What was written off and is not there: the company has paid it."""
        return max(self.written_off - self.lies - self.under_way, 0)

    @property
    def beyond(self) -> int:
        """What is there and was not written off."""
        return max(self.lies + self.under_way - self.written_off, 0)


def may_be_written_off(proposed_by: str | None, by: str) -> bool:
    """Whether this person's word is the second one."""
    return proposed_by is not None and not is_same_person(proposed_by, by)


def come_home(lost: Lost, units: int) -> int:
    """How much of what has just come from a lost place was the member's at HQ before, and is not paid twice.

    `lost` is the slice after these units have left it: as much of them as it is short of by their leaving.
    """
    return lost.short - lost._replace(lies=lost.lies + units).short
