"""What a request wants from HQ before it is decided here. Pure: it sees what the till would decide without HQ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from checkout.requests import BookView, Sale
from checkout.results import Done
from checkout.sale import Need, needs
from ledger.ids import HEADQUARTERS, RecordRef
from ledger.slices import Asset, Lot, Slice, SliceKey
from loyalty.programme import Programme
from protocol.transfers import Passage
from terminal.asking import Asked
from terminal.modes import Mode


class Want(NamedTuple):
    """Up to `units` of a member's asset; less than `least` is of no use."""

    asset: Asset
    units: int
    least: int


class Held(NamedTuple):
    """A transfer was taken for a sale that wants one more before it can be decided."""

    passage: Passage
    want: Want


class GoneHome:
    """What HQ gives under this name was taken once, by a run that was cut off before it could decide, and went home."""


def want_of(asked: Asked, view: BookView, programme: Programme, mode: Mode) -> Want | None:
    """What to draw next; None: it is decided with what lies here. Whatever is declined anyway draws nothing."""
    if not isinstance(asked.request, Sale):
        return None
    open_needs = [need for need in needs(asked.request, view, programme) if need.asset not in asked.drawn_for]
    wants = [_want(need, mode) for need in open_needs]
    want = next((one for one in wants if one is not None), None)
    return want if want is not None and _is_only_short(asked, view, programme, open_needs) else None


def _want(need: Need, mode: Mode) -> Want | None:
    portion = mode.portion(need.units, need.missing)
    return None if portion is None else Want(need.asset, portion.units, portion.least)


def _is_only_short(asked: Asked, view: BookView, programme: Programme, open_needs: Sequence[Need]) -> bool:
    """Whether the sale would be done if what is missing lay here."""
    account = asked.request.presented.card.account if isinstance(asked.request, Sale) else None
    assert account is not None
    lot = RecordRef(HEADQUARTERS, 0, 0).lot
    as_if = (
        Slice(Lot(SliceKey(account, need.asset.purses[0], lot), view.store, ""), need.missing)
        for need in open_needs
        if need.missing
    )
    enough = msgspec.structs.replace(view, slices=(*view.slices, *as_if))
    return isinstance(asked.use_case(asked.request, enough, programme), Done)
