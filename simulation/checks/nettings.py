"""What HQ nets of what refunds at tills have left owed: nothing too early, and nothing too late. Decision 14."""

from __future__ import annotations

from collections import Counter
from collections.abc import Set as AbstractSet

from hq_server.storage.sqlite import HqStore
from ledger.ids import HEADQUARTERS, AccountId, LotId
from ledger.journal_sqlite import Connection
from ledger.slices import Purse, SliceKey
from ledger.transactions import Side, TransactionKind
from simulation.checks.chain import Running

LotName = tuple[str, ...]
"""Account, purse and lot."""


class Nettings:
    """Looks into HQ's book after each of its commits; a netting that it has once seen it does not look at again."""

    def __init__(self) -> None:
        self._seen = 0, 0

    def check_new(self, hq: Running[HqStore]) -> None:
        """As much of a lot as others have paid was spent of it, as HQ knew then: the rest of it lies somewhere."""
        book = hq.store._connection
        fresh = book.execute(
            "select sequence, account, purse, lot from transactions"
            " cross join entries using (keeper, epoch, sequence)"  # cross: from the few that are new, by their number
            " where keeper = ? and (epoch, sequence) > (?, ?) and kind = ? and side = ? and units < 0",
            (HEADQUARTERS, *self._seen, TransactionKind.NETTING, Side.SPENT),
        ).fetchall()
        for sequence, *paid_by_others in fresh:
            lot: LotName = tuple(map(str, paid_by_others))
            spent = _sum(book, lot, Side.SPENT)
            assert spent >= 0, f"hq/{sequence} nets {-spent} more of {lot} than was spent of it: that lies elsewhere"
        query = "select epoch, sequence from transactions where keeper = ? order by epoch desc, sequence desc limit 1"
        self._seen = book.execute(query, (HEADQUARTERS,)).get or (0, 0)


def check_debts(book: Connection) -> None:
    """What HQ keeps as owed is what the entries add up to, and no more was ever netted than was owed."""
    entered = {
        tuple(lot): -units
        for *lot, units in book.execute(
            "select account, purse, lot, sum(units) from entries where side = ? group by account, purse, lot",
            (Side.OWED,),
        )
    }
    assert all(units >= 0 for units in entered.values()), f"more was netted than was owed: {entered}"
    kept = {tuple(lot): units for *lot, units in book.execute("select account, purse, lot, units from debts")}
    assert kept == +Counter(entered), f"HQ keeps {kept} as owed, and its entries say {entered}"


def check_netted(book: Connection, expired: AbstractSet[SliceKey] = frozenset()) -> None:
    """When all is said: nothing is owed that something at HQ could pay, its own lot or, where it was spent, another.

    What has `expired` pays for others only as far as they have paid for it.
    """
    at_hq: dict[tuple[str, str], int] = Counter()
    for account, purse, lot, units in book.execute(
        "select account, purse, lot, units from slices where place = ?", (HEADQUARTERS,)
    ):
        is_expired = SliceKey(AccountId(account), Purse(purse), LotId(lot)) in expired
        at_hq[account, purse] += units if not is_expired else min(units, paid_by_others(book, (account, purse, lot)))
        owed = book.execute(
            "select units from debts where account = ? and purse = ? and lot = ?", (account, purse, lot)
        )
        assert owed.get is None, f"{lot} lies at HQ, and does not pay what is owed of it"
    for account, purse, lot in book.execute("select account, purse, lot from debts"):
        assert purse == Purse.POINTS, f"{account} owes {purse}: no refund takes that back"
        is_spent = _sum(book, (account, purse, lot), Side.SPENT) > 0
        assert not (is_spent and at_hq.get((account, purse))), f"{lot} was spent, and others at HQ do not pay for it"


def _sum(book: Connection, lot: LotName, side: Side) -> int:
    query = "select sum(units) from entries where account = ? and purse = ? and lot = ? and side = ?"
    return int(book.execute(query, (*lot, side)).get or 0)


def paid_by_others(book: Connection, lot: LotName) -> int:
    """What HQ has had other lots pay that was spent of this one, and was brought back to it."""
    return max(-_sum(book, lot, Side.SPENT), 0)
