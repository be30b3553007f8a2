"""What a request wants from HQ before it is decided here. Pure: it sees what the till would decide without HQ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

import msgspec

from checkout.promoting import quota_needs
from checkout.requests import BookView, Load, Sale, Undo
from checkout.results import Done
from checkout.sale import Need, needs
from ledger.amounts import UNITS_MAX
from ledger.ids import HEADQUARTERS, AccountId, RecordRef
from ledger.slices import Asset, Lot, Slice, SliceKey
from loyalty.programme import Programme
from protocol.transfers import Passage
from terminal.asking import Asked
from terminal.modes import ONLY_MISSING, Mode

TIMES_DRAWN_MAX = 2
"""Of one asset, from one giver, for one request: what lay here when it was drawn may have been called home since."""


class Want(NamedTuple):
    """Up to `units` of an account's asset; less than `least` is of no use."""

    account: AccountId
    asset: Asset
    units: int
    least: int

    @property
    def what(self) -> tuple[AccountId, Asset]:
        """Which it is of all that a request may draw."""
        return self.account, self.asset

    @property
    def is_vital(self) -> bool:
        """Whether there is nothing to decide without it: real time may do without, and so may a promotion."""
        return self.least > 0 and self.asset is not Asset.QUOTA


class Held(NamedTuple):
    """A transfer was taken for a sale that wants one more before it can be decided."""

    passage: Passage
    want: Want


class GoneHome:
    """What HQ gives under this name was taken once, by a run that was cut off before it could decide, and went home."""


def want_of(asked: Asked, view: BookView, programme: Programme, mode: Mode) -> Want | None:
    """What to draw next; None: it is decided with what lies here. Whatever is declined anyway draws nothing.

    What it pays with comes before what promotions give for it.
    """
    request = asked.request
    if isinstance(request, Undo):
        return None
    account, open_needs = request.presented.card.account, _open_needs(asked, view, programme)
    wants = chain(_wants(asked, account, open_needs, mode), _quota_wants(asked, request, view, programme))
    want = next(wants, None)
    return want if want is not None and _is_only_short(asked, view, programme, account, open_needs) else None


def _open_needs(asked: Asked, view: BookView, programme: Programme) -> list[Need]:
    """What a sale takes from the card, and nobody was asked for yet; or was, and it went from here meanwhile."""
    if not isinstance(asked.request, Sale):
        return []
    account = asked.request.presented.card.account
    return [
        need for need in needs(asked.request, view, programme) if _is_open(need, asked.times_drawn(account, need.asset))
    ]


def _is_open(need: Need, times_drawn: int) -> bool:
    return not times_drawn or (need.missing > 0 and times_drawn < TIMES_DRAWN_MAX)


def _wants(asked: Asked, account: AccountId, open_needs: Iterable[Need], mode: Mode) -> Iterator[Want]:
    for need in open_needs:
        asks = ONLY_MISSING if asked.times_drawn(account, need.asset) else mode
        portion = asks.portion(need.units, need.missing)
        if portion is not None:
            yield Want(account, need.asset, *portion)


def _quota_wants(asked: Asked, request: Sale | Load, view: BookView, programme: Programme) -> Iterator[Want]:
    """What promotions lack here, in every mode, unless it was not to be had; what lies here of them is given first."""
    had_not = {known.account: known.missing for known in asked.had_none}
    for need in quota_needs(request, view, programme):
        is_asked = asked.times_drawn(need.account, Asset.QUOTA) > 0
        if not is_asked and need.missing < had_not.get(need.account, UNITS_MAX + 1):
            yield Want(need.account, Asset.QUOTA, need.missing, need.missing)


def _is_only_short(
    asked: Asked, view: BookView, programme: Programme, account: AccountId, open_needs: Sequence[Need]
) -> bool:
    """Whether the request would be done if what is missing lay here."""
    lot = RecordRef(HEADQUARTERS, 0, 0).lot
    as_if = (
        Slice(Lot(SliceKey(account, need.asset.purses[0], lot), view.store, ""), need.missing)
        for need in open_needs
        if need.missing
    )
    enough = msgspec.structs.replace(view, slices=(*view.slices, *as_if))
    return isinstance(asked.use_case(asked.request, enough, programme), Done)
