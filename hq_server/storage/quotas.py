"""Quotas: what HQ funds of the programme's promotions, and where it lies. Runs in the caller's transaction."""

from __future__ import annotations

from hq_server.promotions import NotFunded, PromotionView, QuotaAt
from hq_server.storage.conservation import Conservation
from hq_server.storage.recovering import Recovering
from hq_server.storage.vault import Vault
from ledger.ids import HEADQUARTERS, AccountId, quota_of
from ledger.journal_sqlite import Connection
from ledger.slices import Purse
from ledger.transactions import Side
from loyalty.programme import Programme
from loyalty.promotions import Limit, Promotion
from offline_queue.outbox import Stamp
from protocol.promotions import Funded


class Quotas:
    """The promotions of HQ's programme."""

    def __init__(self, connection: Connection, vault: Vault, recovering: Recovering, programme: Programme) -> None:
        self._connection = connection
        self._vault = vault
        self._recovering = recovering
        self._programme = programme
        self._lots = Conservation(connection)

    def fund(self, body: Funded, stamp: Stamp) -> NotFunded | None:
        """Let a promotion give so many times, or so much, more; or why not."""
        promotion = self._programme.promotion(body.promotion)
        if promotion is None:
            return NotFunded.PROMOTION_UNKNOWN
        if promotion.limited_by is Limit.NONE:
            return NotFunded.NO_LIMIT
        if self._recovering.is_on:
            return NotFunded.RECOVERING
        self._vault.fund(body, stamp)
        return None

    def all(self) -> list[PromotionView]:
        """Every promotion of the programme, in its order."""
        return [self._view(promotion) for promotion in self._programme.promotions]

    def _view(self, promotion: Promotion) -> PromotionView:
        account = quota_of(promotion.name)
        sums = self._sums("select side, sum(units) from entries where account = ? group by side", account)
        query = "select place, sum(units) from counted_slices where account = ? and units > 0 group by place"
        places = self._sums(query, account)
        return PromotionView(
            promotion,
            funded=-sums.get(Side.ISSUED, 0),
            used=sums.get(Side.SPENT, 0),
            at_hq=places.pop(HEADQUARTERS, 0),
            under_way=self._lots.under_way(account).get(Purse.QUOTA, 0),
            places=[QuotaAt(place, units) for place, units in sorted(places.items())],
        )

    def _sums(self, query: str, account: AccountId) -> dict[str, int]:
        return dict(self._connection.execute(query, (account,)))
