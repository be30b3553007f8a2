"""Names of places, chains, records, lots and operations: parsed once, afterwards the type is the proof."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple, NewType

import msgspec

Place = NewType("Place", str)
"""Where value lies and who keeps its book: `hq`, `<store>-<till>` such as `07-2`, or that till's at HQ, `07-2@hq`."""

OperationId = NewType("OperationId", str)
"""A movement's identity, made at the till at the first key press or given by the POS; 8 to 64 characters."""

AccountId = NewType("AccountId", str)
"""A member's account, for ever: a replaced card opens the same account."""

LotId = NewType("LotId", str)
"""The record that brought the lot in, as text: `07-2/1/31`."""

HEADQUARTERS = Place("hq")
HQ_LIFE = 1
"""HQ's place has one life: what lies there, lies there in all epochs of HQ's chain."""

PROMOTION = "promotion:"
"""Before the name of a promotion: the account of what it may still give. No card has such a token."""

HOSTED = "@hq"
"""Behind the name of a till: the place that HQ keeps for it while its store is hosted."""

TILL_PATTERN = rf"[0-9A-Za-z]{{1,8}}-[0-9A-Za-z]{{1,4}}({HOSTED})?"
PLACE_PATTERN = rf"({HEADQUARTERS}|{TILL_PATTERN})"
_TILL = re.compile(TILL_PATTERN)
# A number has one form only, or one lot could have two names: no leading zeros, no other script's digits.
_RECORD = re.compile(r"(?P<keeper>[^/]*)/(?P<epoch>0|[1-9][0-9]{0,17})/(?P<sequence>0|[1-9][0-9]{0,17})")
_OPERATION = re.compile(r"[0-9A-Za-z._:-]{8,64}")


def parse_place(text: str) -> Place | None:
    """`hq` or `<store>-<till>`; None for anything else."""
    return Place(text) if text == HEADQUARTERS or _TILL.fullmatch(text) else None


def parse_operation_id(text: str) -> OperationId | None:
    """A UUID, or what a POS uses: letters, digits, `.`, `_`, `:`, `-`; None for anything else."""
    return OperationId(text) if _OPERATION.fullmatch(text) else None


def hosted_place(agent: Place) -> Place:
    """Where what is sold at this till is booked while its store is hosted."""
    return Place(agent + HOSTED)


def agent_of(place: Place) -> Place | None:
    """The opposite; None when it is no hosted place."""
    return Place(place.removesuffix(HOSTED)) if place.endswith(HOSTED) else None


def quota_of(promotion: str) -> AccountId:
    """The account in which lies what a promotion may still give."""
    return AccountId(PROMOTION + promotion)


def promotion_of(account: AccountId) -> str | None:
    """The opposite; None when the account is a member's."""
    return account.removeprefix(PROMOTION) if account.startswith(PROMOTION) else None


class ChainId(NamedTuple):
    """One keeper's chain in one of its epochs."""

    keeper: Place
    epoch: int

    @property
    def store(self) -> str:
        """The store of a till: `07` of `07-2`."""
        return self.keeper.partition("-")[0]


def life(keeper: Place, epoch: int) -> ChainId:
    """The place and the epoch under which what a keeper has in this epoch is counted."""
    return ChainId(keeper, HQ_LIFE if keeper == HEADQUARTERS else epoch)


class RecordRef(msgspec.Struct, frozen=True, order=True):
    """One line in a keeper's chain. Written `07-2/1/31`: keeper, epoch, sequence."""

    keeper: Place
    epoch: int
    sequence: int

    def __str__(self) -> str:
        return f"{self.keeper}/{self.epoch}/{self.sequence}"

    @property
    def lot(self) -> LotId:
        """The lot that this record opens, if it opens one."""
        return LotId(str(self))

    @property
    def given(self) -> OperationId:
        """The operation by which this record gives value away. No client can take the name: it has a slash."""
        return OperationId(f"given/{self}")

    @property
    def taken(self) -> OperationId:
        """The operation by which the value that this record gave away is taken; a keeper does it once."""
        return OperationId(f"taken/{self}")

    @property
    def kept(self) -> OperationId:
        """The operation by which the promise of this record is kept; its till does it once."""
        return OperationId(f"kept/{self}")

    @property
    def netted(self) -> OperationId:
        """The operation by which this record nets what a member owes."""
        return OperationId(f"netted/{self}")

    @property
    def readopted(self) -> OperationId:
        """The operation by which HQ gives in this record what it had given before, and forgotten."""
        return OperationId(f"readopted/{self}")

    @property
    def written_off(self) -> OperationId:
        """The operation by which HQ writes off, in this record, what lies at a lost place."""
        return OperationId(f"written_off/{self}")

    def next(self) -> RecordRef:
        """The line after this one, in the same epoch."""
        return RecordRef(self.keeper, self.epoch, self.sequence + 1)

    @classmethod
    def parse(cls, text: str) -> RecordRef | None:
        """The opposite of str(); None when the text is not a reference."""
        return _parse_record(text)


REFS_REMEMBERED_MAX = 4096
"""A member's lots are put in order at each sale, by the records that opened them."""


@lru_cache(REFS_REMEMBERED_MAX)
def _parse_record(text: str) -> RecordRef | None:
    match = _RECORD.fullmatch(text)
    place = None if match is None else parse_place(match["keeper"])
    if match is None or place is None:
        return None
    return RecordRef(place, int(match["epoch"]), int(match["sequence"]))
