"""What HQ knows of where value lies, is under way to, and was asked back from. Runs in the caller's transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ledger.ids import HEADQUARTERS, AccountId, ChainId, Place, RecordRef, promotion_of
from ledger.journal_sqlite import Connection
from ledger.slices import Asset, Purse
from ledger.transactions import Transaction
from protocol.bodies import Transfer
from protocol.members import SHARES_MAX, Share

VISITED_MAX = 8
"""Tills that are remembered of a member: more than any rule places value at."""
_ASSETS = {purse: asset for asset in Asset for purse in asset.purses}


class Whereabouts:
    """Kept sums and short memories: all of it follows from the chains, and none of it decides what anybody owns."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def moved(self, chain: ChainId, made: Transaction) -> None:
        """A keeper's record has changed what lies at its place."""
        changes: Counter[Asset] = Counter()
        for key, units in made.held_changes().items():
            changes[_ASSETS[key.purse]] += units
        for asset, units in changes.items():
            self._add(chain, asset, held=units)

    def sent(self, chain: ChainId, given: Transfer) -> None:
        """HQ has given something to a keeper."""
        for asset, units in by_asset(given).items():
            key = (*chain, given.account, asset)
            self._connection.execute(
                "insert into under_way values (?, ?, ?, ?, ?) on conflict do update set units = units + excluded.units",
                (*key, units),
            )
            self._add(chain, asset, under_way=units)

    def arrived(self, chain: ChainId, given: Transfer) -> None:
        """A keeper has taken what HQ gave it."""
        for asset, units in by_asset(given).items():
            line = (units, *chain, given.account, asset)
            of_it = "keeper = ?2 and epoch = ?3 and account = ?4 and asset = ?5"
            self._connection.execute(f"delete from under_way where {of_it} and units = ?1", line)  # noqa: S608 - ours
            if not self._connection.changes():
                self._connection.execute(f"update under_way set units = units - ?1 where {of_it}", line)  # noqa: S608 - ours
            self._add(chain, asset, under_way=-units)

    def under_way(self, chain: ChainId, account: AccountId, asset: Asset) -> int:
        """What HQ has given to a keeper of this and has not come yet, as far as is known, in units."""
        query = "select units from under_way where keeper = ? and epoch = ? and account = ? and asset = ?"
        return int(self._connection.execute(query, (*chain, account, asset)).get or 0)

    def has_under_way(self, chain: ChainId) -> bool:
        """Whether anything that HQ has given to a keeper has not come yet, as far as is known."""
        query = "select 1 from totals where keeper = ? and epoch = ? and under_way > 0"
        return self._connection.execute(query, chain).get is not None

    def expecting(self, account: AccountId, asset: Asset) -> list[ChainId]:
        """The keepers to whom something of this is under way."""
        query = "select keeper, epoch from under_way where account = ? and asset = ?"
        return [ChainId(Place(keeper), epoch) for keeper, epoch in self._connection.execute(query, (account, asset))]

    def total(self, chain: ChainId, asset: Asset) -> int:
        """What lies with a keeper, or is under way to it, of all members and was not written off, in units."""
        query = (
            "select held + totals.under_way + coalesce(from_tills - written_off + short, 0) from totals"
            " left join lost_totals using (keeper, epoch, asset) where keeper = ? and epoch = ? and asset = ?"
        )
        return int(self._connection.execute(query, (*chain, asset)).get or 0)

    def held(self, account: AccountId, asset: Asset, usable_on: str = "") -> dict[ChainId, int]:
        """What a member has of an asset with each keeper but HQ, in units, as far as it is posted.

        With a business date only what has not expired by then.
        """
        rows = self._connection.execute(
            "select place, epoch, purse, units from counted_slices join lots using (account, purse, lot)"
            " where account = ? and place <> ? and units > 0 and coalesce(expires_on, '9999-12-31') >= ?",
            (account, HEADQUARTERS, usable_on),
        )
        here: Counter[ChainId] = Counter()
        for place, epoch, purse, units in rows:
            if _ASSETS[Purse(purse)] is asset:
                here[ChainId(Place(place), epoch)] += units
        return dict(here)

    def shares(self, account: AccountId) -> tuple[Share, ...]:
        """What a member has, place by place, the largest share first; at most SHARES_MAX."""
        rows = self._connection.execute(
            "select place, purse, sum(units) from counted_slices where account = ? and units > 0 group by place, purse",
            (account,),
        )
        places: dict[Place, Counter[str]] = {}
        for place, purse, units in rows:
            places.setdefault(Place(place), Counter())[purse] = units
        shares = [
            Share(place, has[Purse.PRINCIPAL], has[Purse.BONUS], has[Purse.POINTS]) for place, has in places.items()
        ]
        shares.sort(key=lambda one: (-one.principal - one.bonus, -one.points, one.place))
        return tuple(shares[:SHARES_MAX])

    def visited(self, chain: ChainId, account: AccountId, at_ms: int) -> None:
        """A member was at this till."""
        if promotion_of(account) is not None:
            return  # it comes nowhere, and lies wherever it may be given
        self._connection.execute(
            "insert into visits values (?, ?, ?, ?) on conflict do update set epoch = max(epoch, excluded.epoch),"
            " at_ms = max(at_ms, excluded.at_ms)",
            (account, *chain, at_ms),
        )
        self._connection.execute(
            "delete from visits where account = ?1 and keeper not in"
            " (select keeper from visits where account = ?1 order by at_ms desc, keeper limit ?2)",
            (account, VISITED_MAX),
        )

    def visits(self, account: AccountId) -> list[ChainId]:
        """Where a member was, the last place first."""
        rows = self._connection.execute(
            "select keeper, epoch from visits where account = ? order by at_ms desc, keeper", (account,)
        )
        return [ChainId(Place(keeper), epoch) for keeper, epoch in rows]

    def recalled(self, chain: ChainId, account: AccountId, asset: Asset, keep: int, order: RecordRef) -> None:
        """HQ has asked a keeper to give back what it has beyond `keep`."""
        line = (*chain, account, asset, keep, order.epoch, order.sequence)
        self._connection.execute("insert or replace into recalls values (?, ?, ?, ?, ?, ?, ?)", line)

    def asked_keep(self, chain: ChainId, account: AccountId, asset: Asset) -> int | None:
        """What a keeper may keep by the last recall, in units; None when there is none that it has not carried out."""
        query = "select keep from recalls where keeper = ? and epoch = ? and account = ? and asset = ?"
        keep = self._connection.execute(query, (*chain, account, asset)).get
        return None if keep is None else int(keep)

    def carried_out(self, order: RecordRef) -> None:
        """A keeper has carried out this directive of HQ's."""
        self._connection.execute(
            "delete from recalls where hq_epoch = ? and sequence = ?", (order.epoch, order.sequence)
        )

    def forget_recalls(self, chain: ChainId, hq_epoch: int) -> None:
        """A keeper carries out none of an earlier epoch any more: what was asked for then may be asked for anew."""
        of_it = "from recalls where keeper = ? and epoch = ? and hq_epoch < ?"
        rows = self._connection.execute(f"select distinct account {of_it}", (*chain, hq_epoch))
        accounts = {AccountId(account) for (account,) in rows}
        self._connection.execute(f"delete {of_it}", (*chain, hq_epoch))
        self.touched(accounts)

    def touched(self, accounts: set[AccountId]) -> None:
        """Something of these members was posted."""
        self._connection.executemany("insert or ignore into unsettled values (?)", [(one,) for one in sorted(accounts)])

    def place_anew(self, chain: ChainId) -> None:
        """Another rule says from now on what may lie ready at this till."""
        self._connection.execute(
            "insert or ignore into unsettled select distinct account from slices where place = ? and epoch = ?", chain
        )

    def unsettled(self, but: frozenset[AccountId], most: int) -> Iterator[AccountId]:
        """The members whose value may have to move, at most `most`; those that are given out are settled with that."""
        rows = self._connection.execute("select account from unsettled limit ?", (most + len(but),))
        for account in [AccountId(account) for (account,) in rows if account not in but][:most]:
            self._connection.execute("delete from unsettled where account = ?", (account,))
            yield account

    def _add(self, chain: ChainId, asset: Asset, *, held: int = 0, under_way: int = 0) -> None:
        self._connection.execute(
            "insert into totals values (?, ?, ?, ?, ?)"
            " on conflict do update set held = held + excluded.held, under_way = under_way + excluded.under_way",
            (*chain, asset, held, under_way),
        )


def by_asset(given: Transfer) -> Counter[Asset]:
    """What a transfer moves, in units."""
    units: Counter[Asset] = Counter()
    for part in given.parts:
        units[_ASSETS[Purse(part.purse)]] += part.units
    return units
