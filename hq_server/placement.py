"""Placement: how much of what a member has is placed ahead, and where. Pure, and replaceable: it sees numbers only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, TypeAlias

import msgspec

from ledger.amounts import UNITS_MAX
from ledger.ids import Place

Units = Annotated[int, msgspec.Meta(ge=0, le=UNITS_MAX)]


class Ahead(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What may lie ready at a till while nobody asks for it. Each copy of a stolen till could spend it once more.

    `member_units`: of one member; `till_units`: of all members together; `tills`: at how many tills of those where the
    member came last.
    """

    member_units: Units
    till_units: Units
    tills: Annotated[int, msgspec.Meta(ge=0, le=100)] = 2


NOTHING_AHEAD = Ahead(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Stand:
    """A till where a member came, or where something of it lies. `under_way` was given to it and is not reported yet.

    `total` is what lies there of all members or is under way to it, this one's left out of what is under way.
    `asked_keep`: what a recall that it has not carried out yet lets it keep, or None; a till that is off says nothing,
    and need not be asked again at each visit. What lies at a till whose key is fenced stays there: it has no Stand.
    """

    place: Place
    epoch: int
    held: int
    under_way: int
    total: int
    ahead: Ahead
    asked_keep: int | None = None


@dataclass(frozen=True, slots=True)
class PlaceAhead:
    """Give `units` to this till."""

    place: Place
    epoch: int
    units: int


@dataclass(frozen=True, slots=True)
class AskBack:
    """Ask this till for what it has beyond `keep`."""

    place: Place
    epoch: int
    keep: int


Move: TypeAlias = PlaceAhead | AskBack


def moves(at_hq: int, stands: Sequence[Stand]) -> Iterator[Move]:
    """What to move so that one member's asset lies where it is likely to be needed.

    `stands` come in the order of the member's last visits, the latest first. A till is filled up only when less than
    half of its share is left, so that not every small sale moves value; what is beyond its share goes home at once.
    """
    for rank, stand in enumerate(stands):
        share = stand.ahead.member_units if rank < stand.ahead.tills else 0
        if stand.held > share and (stand.asked_keep is None or stand.asked_keep > share):
            yield AskBack(stand.place, stand.epoch, share)
        units = min(_missing(stand, share), at_hq)
        if units > 0:
            at_hq -= units
            yield PlaceAhead(stand.place, stand.epoch, units)


@dataclass(frozen=True, slots=True)
class QuotaStand:
    """A till that may give what a promotion gives, or a store's lead for all of its tills; as in Stand.

    One that may have nothing ready (`has_share`) has some nevertheless.
    """

    place: Place
    epoch: int
    held: int
    under_way: int
    asked_keep: int | None = None
    has_share: bool = True


def quota_moves(at_hq: int, stands: Sequence[QuotaStand], percent: int) -> Iterator[Move]:
    """What to move so that a promotion can be given everywhere, whatever line is cut, for as long as possible.

    `percent` of what is left lies at the tills, as much at each; HQ has the rest for whoever has given all of its own.
    A till is filled up when less than half of its share is left, and gives back what is more than twice that.
    """
    left = at_hq + sum(stand.held + stand.under_way for stand in stands)
    each = left * percent // 100 // max(sum(stand.has_share for stand in stands), 1)
    for stand in stands:
        has, share = stand.held + stand.under_way, each if stand.has_share else 0
        if stand.held > 2 * share and (stand.asked_keep is None or stand.asked_keep > share):
            yield AskBack(stand.place, stand.epoch, share)
        units = min(share - has, at_hq)
        if has * 2 < share and units > 0:
            at_hq -= units
            yield PlaceAhead(stand.place, stand.epoch, units)


def _missing(stand: Stand, share: int) -> int:
    """What a till lacks of its share, as far as its own bound allows."""
    has = stand.held + stand.under_way
    if has * 2 >= share:
        return 0
    return min(share - has, max(stand.ahead.till_units - stand.total - stand.under_way, 0))
