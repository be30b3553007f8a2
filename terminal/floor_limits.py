"""Floor limits in the till's book: what was let go at the store's own risk, by business date, as budgets count it."""

from __future__ import annotations

from checkout.requests import LetGo
from ledger.ids import AccountId
from ledger.journal_sqlite import Connection

_ALL = ""


class FloorLimits:
    """Counts what each sale's own record says, in its commit. Every method runs inside the caller's transaction.

    What comes back is not counted off: a till that lets go, takes back and lets go again has used its budget twice.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def used(self, business_date: str, account: AccountId) -> LetGo:
        """What was let go on this date."""
        return LetGo(self._used(business_date, account), self._used(business_date, _ALL))

    def use(self, business_date: str, account: AccountId, units: int) -> None:
        """Count `units` that are let go now."""
        self._connection.executemany(
            "insert into let_go values (?, ?, ?) on conflict do update set units = units + excluded.units",
            [(business_date, one, units) for one in (account, _ALL)],
        )

    def _used(self, business_date: str, account: str) -> int:
        query = "select units from let_go where business_date = ? and account = ?"
        return int(self._connection.execute(query, (business_date, account)).get or 0)
