"""Quotas: what HQ funds of the programme's promotions, and where it lies. Runs in the caller's transaction."""

from __future__ import annotations

from hq_server.promotions import IsFunded, NotFunded, PromotionView, QuotaAt
from hq_server.storage.conservation import Conservation
from hq_server.storage.keepers import Keepers
from hq_server.storage.recovering import Recovering
from hq_server.storage.vault import Vault
from ledger.ids import HEADQUARTERS, AccountId, RecordRef, quota_of
from ledger.journal_sqlite import Connection
from ledger.slices import Purse
from ledger.transactions import Side
from loyalty.programme import Programme
from loyalty.promotions import Limit, Promotion
from offline_queue.outbox import Stamp
from protocol.promotions import Funded


class Quotas:
    """The promotions of HQ's programme."""

    def __init__(
        self, connection: Connection, keepers: Keepers, vault: Vault, recovering: Recovering, programme: Programme
    ) -> None:
        self._connection = connection
        self._own = keepers.own
        self._vault = vault
        self._recovering = recovering
        self._programme = programme
        self._lots = Conservation(connection)

    def fund(self, body: Funded, stamp: Stamp) -> IsFunded | NotFunded:
        """Let a promotion give so many times, or so much, more, once for each operation id; or why not."""
        known = self._known(body)
        if known is not None:
            return IsFunded.BEFORE if known == body else NotFunded.OPERATION_CONFLICT
        promotion = self._programme.promotion(body.promotion)
        if promotion is None:
            return NotFunded.PROMOTION_UNKNOWN
        if promotion.limited_by is Limit.NONE:
            return NotFunded.NO_LIMIT
        if self._recovering.is_on:
            return NotFunded.RECOVERING
        if body.expires_on is not None and body.expires_on < stamp.business_date:
            return NotFunded.DAY_OVER
        self._vault.fund(body, stamp)
        return IsFunded.NOW

    def _known(self, body: Funded) -> Funded | None:
        """The funding that has this operation id."""
        query = "select epoch, sequence from transactions where keeper = ? and operation_id = ?"
        row = self._connection.execute(query, (HEADQUARTERS, body.once)).get
        signed = None if row is None else self._own.record(RecordRef(HEADQUARTERS, *row))
        return None if signed is None else signed.open().body_as(Funded)

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
