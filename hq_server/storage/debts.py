"""Debts: what refunds at tills should have taken back and did not find. Runs in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable

from ledger.ids import AccountId, LotId
from ledger.journal_sqlite import Connection
from ledger.slices import Asset, Purse, SliceKey
from ledger.transactions import Leg, Side


class Debts:
    """Kept sums beside the entries, so that the many members who owe nothing cost one look."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def moved(self, legs: Iterable[Leg]) -> None:
        """A record was posted: a till's that leaves something owed, or HQ's that nets it."""
        for leg in legs:
            if leg.side is Side.OWED:
                owed = self._owed_of(leg.key) - leg.units
                self._connection.execute("delete from debts where account = ? and purse = ? and lot = ?", leg.key)
                if owed:
                    self._connection.execute("insert into debts values (?, ?, ?, ?)", (*leg.key, owed))

    def has(self, account: AccountId, asset: Asset) -> bool:
        """Whether a member owes something of an asset."""
        return any(self.of(account, purse, most=1) for purse in asset.purses)

    def of(self, account: AccountId, purse: Purse, most: int) -> dict[SliceKey, int]:
        """What a member owes of a purse, by lot: so many of them at most."""
        rows = self._connection.execute(
            "select lot, units from debts where account = ? and purse = ? order by lot limit ?", (account, purse, most)
        )
        return {SliceKey(account, purse, LotId(lot)): units for lot, units in rows}

    def total(self, account: AccountId) -> dict[Purse, int]:
        """All that a member owes, by purse."""
        rows = self._connection.execute(
            "select purse, sum(units) from debts where account = ? group by purse", (account,)
        )
        return {Purse(purse): units for purse, units in rows}

    def spent(self, lot: SliceKey) -> int:
        """What was spent of a lot, as far as it is posted."""
        return max(self._spent(lot), 0)

    def paid_by_others(self, lot: SliceKey) -> int:
        """What other lots have paid of what was spent of a lot, and was brought back to it since."""
        return max(-self._spent(lot), 0)

    def _spent(self, lot: SliceKey) -> int:
        query = "select sum(units) from entries where account = ? and purse = ? and lot = ? and side = ?"
        return int(self._connection.execute(query, (*lot, Side.SPENT)).get or 0)

    def _owed_of(self, lot: SliceKey) -> int:
        query = "select units from debts where account = ? and purse = ? and lot = ?"
        return int(self._connection.execute(query, lot).get or 0)
