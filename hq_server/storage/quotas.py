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

    def all(self, business_date: str) -> list[PromotionView]:
        """Every promotion of the programme, in its order, as it is on this date."""
        return [self._view(promotion, business_date) for promotion in self._programme.promotions]

    def _view(self, promotion: Promotion, business_date: str) -> PromotionView:
        account = quota_of(promotion.name)
        sums = self._sums("select side, sum(units) from entries where account = ? group by side", account)
        places = self._lies(account, business_date)
        under_way, ever_under_way = (self._under_way(account, day) for day in (business_date, ""))
        ended = sum(self._lies(account).values()) - sum(places.values()) + ever_under_way - under_way
        return PromotionView(
            promotion,
            funded=-sums.get(Side.ISSUED, 0),
            used=sums.get(Side.SPENT, 0),
            at_hq=places.pop(HEADQUARTERS, 0),
            under_way=under_way,
            places=[QuotaAt(place, units) for place, units in sorted(places.items())],
            ended=ended,
            unfunded=self._vault.debts.total(account).get(Purse.QUOTA, 0),
        )

    def _under_way(self, account: AccountId, usable_on: str) -> int:
        return self._lots.under_way(account, usable_on).get(Purse.QUOTA, 0)

    def _lies(self, account: AccountId, usable_on: str = "") -> dict[str, int]:
        """What lies where of it, and may be given on this date; without a date, all of it."""
        query = (
            "select place, sum(units) from counted_slices join lots using (account, purse, lot) where account = ?"
            " and units > 0 and coalesce(expires_on, '9999-12-31') >= ? group by place"
        )
        return self._sums(query, account, usable_on)

    def _sums(self, query: str, *values: str) -> dict[str, int]:
        return dict(self._connection.execute(query, values))
