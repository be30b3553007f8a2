"""Where all that was ever issued is now, read off the book's entries. Runs in the caller's transaction."""

from __future__ import annotations

from collections import defaultdict

from hq_server.conservation import ConservationPage, LotSums, page
from hq_server.storage.losses import covered_under_way
from hq_server.write_offs import Lost
from ledger.ids import AccountId, LotId
from ledger.journal_sqlite import Connection
from ledger.slices import Purse, SliceKey
from ledger.transactions import Side

ACCOUNTS_MAX = 200
"""In one page: everything else that HQ does waits while it is read."""


class Conservation:
    """Sums over lots. What till and HQ hold of one lot counts as one."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def page(self, after: str = "", accounts_max: int = ACCOUNTS_MAX) -> ConservationPage:
        """The accounts that come after `after` in the order of their names, at most `accounts_max`."""
        query = "select distinct account from lots where account > ? order by account limit ?"
        accounts = [account for (account,) in self._connection.execute(query, (after, accounts_max + 1))]
        more, accounts = len(accounts) > accounts_max, accounts[:accounts_max]
        lots = self._lots(accounts[0], accounts[-1]) if accounts else {}
        return page(lots, accounts[-1] if more else None)

    def under_way(self, account: AccountId, usable_on: str = "") -> dict[Purse, int]:
        """What has left one place of this account and is not reported from another, nor written off, by purse.

        With a business date only what has not expired by then.
        """
        rows = self._connection.execute(
            "select purse, sum(units) from entries join lots using (account, purse, lot) where account = ? and side = ?"
            " and coalesce(expires_on, '9999-12-31') >= ? group by purse",
            (account, Side.IN_TRANSIT, usable_on),
        )
        covered = dict(covered_under_way(self._connection, account, usable_on))
        return {Purse(purse): units - covered.get(Purse(purse), 0) for purse, units in rows}

    def _lots(self, first: str, last: str) -> dict[SliceKey, LotSums]:
        lots: defaultdict[SliceKey, LotSums] = defaultdict(LotSums)
        entries = self._connection.execute(
            "select account, purse, lot, side, keeper, sum(units) from entries where account between ? and ?"
            " group by account, purse, lot, side, keeper",
            (first, last),
        )
        for account, purse, lot, side, keeper, units in entries:
            lots[_key(account, purse, lot)].enter(side, keeper, units)
        slices = self._connection.execute(
            "select account, purse, lot, place, sum(units) from slices where account between ? and ?"
            " group by account, purse, lot, place",
            (first, last),
        )
        for account, purse, lot, place, units in slices:
            lots[_key(account, purse, lot)].kept[place] += units
        lost = self._connection.execute(
            "select account, purse, lot, keeper, lies, under_way, written_off from losses"
            " where account between ? and ?",
            (first, last),
        )
        for account, purse, lot, keeper, *units in lost:
            lots[_key(account, purse, lot)].lose(keeper, Lost(*units))
        return dict(lots)


def _key(account: str, purse: str, lot: str) -> SliceKey:
    return SliceKey(AccountId(account), Purse(purse), LotId(lot))
