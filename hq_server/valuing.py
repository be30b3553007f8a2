"""What may be given away of a member's value, and the chain's rules for it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import msgspec

from hq_server.placement import NOTHING_AHEAD, Ahead
from ledger.ids import RecordRef
from ledger.slices import Asset, Slice
from loyalty.programme import PARTS_MAX, Programme


class Placement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What lies ready where nobody asks for it: money by the way in which a store runs, points everywhere alike.

    The figures fit a chain in TWD, in hundredths: NT$3 000 of a member's money, less where HQ is asked for each sale.
    """

    transfer: Ahead = Ahead(300_000, 100_000_000, 2)
    real_time: Ahead = Ahead(100_000, 30_000_000, 2)
    points: Ahead = Ahead(2_000, 1_000_000, 1)
    proxy_run: Ahead = Ahead(300_000, 100_000_000, 2)
    quota_percent: Annotated[int, msgspec.Meta(ge=0, le=100)] = 50
    """How much of what is left of a promotion lies at the tills, shared among them."""

    def ahead(self, asset: Asset, mode: str) -> Ahead:
        """What may lie ready at a till that runs in this way.

        Nothing where it draws nothing, and in a hosted store: HQ's own places have what they draw for a sale, and what
        lies at a till that asks them would lie where nobody spends it.
        """
        money = self._by_mode.get(mode, NOTHING_AHEAD)
        return money if asset is Asset.MONEY or money is NOTHING_AHEAD else self.points

    def has_quotas(self, mode: str) -> bool:
        """Whether a till that runs in this way may have something of a promotion ready."""
        return mode in self._by_mode

    @property
    def _by_mode(self) -> dict[str, Ahead]:
        return {"transfer": self.transfer, "real_time": self.real_time, "proxy_run": self.proxy_run}


class Rules(msgspec.Struct, frozen=True):
    """What the chain has decided about its members' value."""

    programme: Programme
    placement: Placement = Placement()

    def payable(self, slices: Iterable[Slice], asset: Asset, business_date: str) -> list[Slice]:
        """What may be spent of an asset today, in the order in which it pays; no more slices than a transfer has."""
        if asset is Asset.MONEY:
            return self.programme.in_spending_order(slices, business_date)
        usable = [one for one in slices if one.key.purse in asset.purses and one.spendable_on(business_date)]
        return sorted(usable, key=age)[:PARTS_MAX]


def age(one: Slice) -> tuple[str, str, str, int, int]:
    """What slices are sorted by: what expires first, then the oldest."""
    ref = RecordRef.parse(one.key.lot)
    assert ref is not None, "a lot is named by the record that opened it"
    return one.lot.expires_on or "9999-12-31", one.lot.opened_on, ref.keeper, ref.epoch, ref.sequence
