"""Refused though funded: counted as declined records are posted. Runs in the caller's transaction."""

from __future__ import annotations

from hq_server.placing_figures import Figures, Refused, RefusedDay, Shortfall, shortfall
from hq_server.storage.debts import Debts
from hq_server.views import LINES_SHOWN_MAX
from ledger.ids import AccountId, ChainId
from ledger.journal_sqlite import Connection
from ledger.slices import Asset
from ledger.transactions import Side
from protocol.bodies import DeclinedBody
from protocol.errors import NotARecord
from protocol.records import Record


class Refusals:
    """Sums by store and business date, and a short memory of the sales of each till's last one. They only grow."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._debts = Debts(connection)

    def declined(self, record: Record) -> None:
        """A till's no is posted: count it if the member had enough in all, as far as HQ knows by now."""
        try:
            body = record.body_as(DeclinedBody)
        except NotARecord:
            return  # it moves nothing, and the auditor names it
        short = shortfall(body, record.business_date)
        if short is not None and self._is_funded(AccountId(body.account), short, record.business_date):
            self._count(record, body.account, short)

    def read(self, since: str, into: Figures) -> None:
        """What was refused though funded from a business date on."""
        rows = self._connection.execute(
            "select store, asset, sum(sales), sum(asked), sum(missing) from refused_though_funded"
            " where business_date >= ? group by store, asset",
            (since,),
        )
        into.refused = {(store, Asset(asset)): Refused(*sums) for store, asset, *sums in rows}
        rows = self._connection.execute(
            "select business_date, asset, sum(sales), sum(asked), sum(missing) from refused_though_funded"
            " where business_date >= ? group by business_date, asset order by business_date desc limit ?",
            (since, LINES_SHOWN_MAX),
        )
        days: dict[str, dict[Asset, Refused]] = {}
        for date, asset, *sums in rows:
            days.setdefault(date, {})[Asset(asset)] = Refused(*sums)
        into.days = [
            RefusedDay(date, by.get(Asset.MONEY, Refused()), by.get(Asset.POINTS, Refused()))
            for date, by in days.items()
        ]

    def _is_funded(self, account: AccountId, short: Shortfall, business_date: str) -> bool:
        """Whether the member has all that the sale needs, wherever it is; a blocked card has nothing to spend."""
        if self._connection.execute("select 1 from blocks where card = ?", (account,)).get is not None:
            return False
        return all(self._has(account, asset, units, business_date) for asset, units in short.needs.items())

    def _has(self, account: AccountId, asset: Asset, units: int, business_date: str) -> bool:
        owed = sum(self._debts.total(account).get(purse, 0) for purse in asset.purses)
        lies = self._sum("slices cross join lots", "1", account, asset, business_date)
        if lies - owed >= units:
            return True
        # Lot by lot: of a member's many entries only those on that side are read.
        on_its_way = self._sum("lots cross join entries", f"side = '{Side.IN_TRANSIT}'", account, asset, business_date)
        return lies + on_its_way - owed >= units

    def _sum(self, tables: str, where: str, account: AccountId, asset: Asset, business_date: str) -> int:
        """Units that may be spent on that date; `tables` in the order in which they are read."""
        purses = ", ".join(f"'{purse}'" for purse in asset.purses)
        query = (
            f"select sum(units) from {tables} using (account, purse, lot) where account = ?"  # noqa: S608 - ours
            f" and purse in ({purses}) and (expires_on is null or expires_on >= ?) and {where}"
        )
        return int(self._connection.execute(query, (account, business_date)).get or 0)

    def _count(self, record: Record, account: str, short: Shortfall) -> None:
        chain, date = ChainId(record.keeper, record.epoch), record.business_date
        self._connection.execute(
            "delete from refused_sales where keeper = ? and epoch = ? and business_date < ?", (*chain, date)
        )
        line = (*chain, date, account, short.asset, short.sale)
        self._connection.execute("insert or ignore into refused_sales values (?, ?, ?, ?, ?, ?)", line)
        if not self._connection.changes():
            return
        self._connection.execute(
            "insert into refused_though_funded values (?, ?, ?, 1, ?, ?) on conflict do update set"
            " sales = sales + 1, asked = asked + excluded.asked, missing = missing + excluded.missing",
            (date, chain.store, short.asset, short.asked, short.missing),
        )
