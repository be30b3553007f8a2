"""How long what came in may be spent, in plain arithmetic. It knows nothing of lots, places, records or SQLite.

What has expired pays for nothing, and stays whose it is, where it lies: every sum of what somebody has includes it.
"""

from __future__ import annotations

from collections import Counter, defaultdict

from hq_server.storage.sqlite import HqStore
from ledger.ids import AccountId, LotId
from ledger.slices import Purse, SliceKey
from simulation.checks.whose import Whose
from terminal.store import TillStore

FOR_EVER = "9999-12-31"


class Lasting:
    """What came in, by its last day, and what was spent, by the business date on which it was.

    Whatever was spent on some day or later lasted until then.
    """

    def __init__(self) -> None:
        self._came: defaultdict[Whose, Counter[str]] = defaultdict(Counter)
        self._spent: defaultdict[Whose, Counter[str]] = defaultdict(Counter)

    def comes(self, who: Whose, units: int, last_day: str | None) -> None:
        """So much came in; below zero: it was taken back."""
        self._came[who][last_day or FOR_EVER] += units

    def spends(self, who: Whose, units: int, day: str) -> None:
        """So much was spent on this business date; below zero: of what was spent on it so much was given back."""
        self._spent[who][day] += units

    def most(self, who: Whose, day: str = FOR_EVER) -> int:
        """More than this can't be spent on a day; less, where what lasts until then has paid for something earlier.

        Below zero: something was spent that had expired, or was never there.
        """
        came, spent = self._came[who], self._spent[who]
        since = {"", day, *(one for one in spent if one <= day)}
        return min(
            sum(units for last, units in came.items() if last >= one)
            - sum(units for on, units in spent.items() if on >= one)
            for one in since
        )


def check_nothing_expired_was_spent(book: TillStore) -> None:
    """No record of a till's has spent of a lot behind its last day. Raises AssertionError."""
    query = (
        "select keeper, epoch, sequence, lot, expires_on, business_date from lots"
        " join entries using (account, purse, lot) join transactions using (keeper, epoch, sequence)"
        " where side = 'spent' and units > 0 and expires_on < business_date"
    )
    spent = list(book._connection.execute(query))
    assert not spent, f"it was spent when it had expired: {spent}"


def expired(hq: HqStore, today: str) -> set[SliceKey]:
    """The lots that HQ knows, and that pay for nothing any more."""
    rows = hq._connection.execute("select account, purse, lot from lots where expires_on < ?", (today,))
    return {SliceKey(AccountId(account), Purse(purse), LotId(lot)) for account, purse, lot in rows}
