"""Exposure: what stores let go at their own risk and no refund has taken back. Runs in the caller's transaction."""

from __future__ import annotations

from checkout.sold import PaidWith
from hq_server.views import LINES_SHOWN_MAX, ExposureLine, ExposureList, StoreClaim
from ledger.amounts import UNITS_MAX
from ledger.ids import AccountId, ChainId, RecordRef
from ledger.journal_sqlite import Connection
from protocol.bodies import TransactionBody
from protocol.records import Record

_MARK = PaidWith.STORE_RISK.encode()
_OPEN = "select coalesce(sum(open_units), 0) from let_go where open_units > 0"


class Exposure:
    """The claims of stores on members, by store, till, business date and account. They are no part of any balance."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def posted(self, record: Record) -> None:
        """A till's movement was posted: note what it let go, or what of an earlier sale it took back."""
        if _MARK not in bytes(record.body):  # of nearly all records; reading them once more would cost as much again
            return
        body = record.body_as(TransactionBody)
        if 0 < body.let_go <= UNITS_MAX:
            ref = record.ref
            line = (*_line(ref), ChainId(ref.keeper, ref.epoch).store, record.business_date, body.account)
            units = (body.let_go, body.let_go)
            self._connection.execute("insert into let_go values (?, ?, ?, ?, ?, ?, ?, ?)", (*line, *units))
        original = None if body.undone is None else RecordRef.parse(body.undone.original)
        is_its_own = original is not None and (original.keeper, original.epoch) == (record.keeper, record.epoch)
        if original is not None and is_its_own and -UNITS_MAX <= body.let_go < 0:
            # A till that takes back more than it let go lies: the auditor names it, and no claim falls below zero.
            self._connection.execute(
                "update let_go set open_units = max(open_units + ?, 0) where keeper = ? and epoch = ? and sequence = ?",
                (body.let_go, *_line(original)),
            )

    def of_till(self, chain: ChainId) -> int:
        """What a till's store bears of its sales, in units."""
        return self._sum(f"{_OPEN} and keeper = ? and epoch = ?", *chain)

    def by_store(self) -> dict[str, int]:
        """What each store bears, in units; stores that bear nothing are left out."""
        return dict(
            self._connection.execute("select store, sum(open_units) from let_go where open_units > 0 group by store")
        )

    def of_account(self, account: AccountId) -> list[StoreClaim]:
        """Which stores have a claim on a member, and how large."""
        rows = self._connection.execute(
            "select store, sum(open_units) from let_go where account = ? and open_units > 0 group by store", (account,)
        )
        return [StoreClaim(store, units) for store, units in rows]

    def all(self) -> ExposureList:
        """All that is open, by till, business date and account: the first LINES_SHOWN_MAX lines, the oldest first."""
        rows = self._connection.execute(
            "select store, keeper, business_date, account, sum(units), sum(open_units) from let_go where open_units > 0"
            " group by store, keeper, business_date, account order by business_date, keeper, account limit ?",
            (LINES_SHOWN_MAX,),
        )
        total = self._sum(
            "select count(*) from (select 1 from let_go where open_units > 0 group by keeper, business_date, account)"
        )
        return ExposureList(total, self._sum(_OPEN), [ExposureLine(*row) for row in rows])

    def _sum(self, query: str, *values: str | int) -> int:
        return int(self._connection.execute(query, values).get or 0)


def _line(ref: RecordRef) -> tuple[str, int, int]:
    return ref.keeper, ref.epoch, ref.sequence
