"""Losses: how what was written off at lost places stands against what lies there. Runs in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterator

from hq_server.write_offs import Lost, WriteOffView, come_home
from ledger.ids import HEADQUARTERS, AccountId, ChainId, LotId, Place, RecordRef
from ledger.journal_sqlite import Connection
from ledger.slices import Asset, Purse, SliceKey
from ledger.transactions import Transaction
from protocol.transfers import Passage, outgoing

_ASSETS = {purse: asset for asset in Asset for purse in asset.purses}


class Losses:
    """Kept sums: all of it follows from the chains and HQ's write-offs."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def is_lost(self, chain: ChainId) -> bool:
        """Whether two people have written off what lies with this keeper."""
        query = "select 1 from write_offs where keeper = ? and epoch = ? and agreed_by is not null"
        return self._connection.execute(query, chain).get is not None

    def people(self, chain: ChainId) -> tuple[str, str]:
        """Who have decided it."""
        query = "select proposed_by, agreed_by from write_offs where keeper = ? and epoch = ?"
        return tuple(self._connection.execute(query, chain).get)

    def moved(self, chain: ChainId, made: Transaction) -> None:
        """A late record has changed what lies at its keeper's place."""
        if not self.is_lost(chain):
            return
        for key, change in made.held_changes().items():
            now = self.of(chain, key)
            self._set(chain, key, now._replace(lies=now.lies - change), now)
            if change > 0:
                self.look_again(chain, key.account)

    def given(self, passage: Passage) -> set[ChainId]:
        """Something was given to a keeper; the keeper, when its place is lost."""
        self._under_way(passage, 1)
        taker = ChainId(Place(passage.to), passage.to_epoch)
        return {taker} if self.is_lost(taker) else set()

    def came(self, passage: Passage) -> None:
        """It has come there after all, or its giver has it back."""
        self._under_way(passage, -1)

    def read(self, passage: Passage) -> None:
        """This was found to be under way to a lost place."""
        self._add_under_way(passage, 1)

    def wrote_off(self, chain: ChainId, made: Transaction) -> None:
        """HQ has written this off, or has undone that."""
        for key, units in made.held_changes().items():
            before = self.of(chain, key)
            self._set(chain, key, before, before._replace(written_off=before.written_off + units))

    def come_home(self, chain: ChainId, passage: Passage) -> dict[SliceKey, int]:
        """What of this transfer, which HQ has just taken or has back, was written off before, in units."""
        if not self.is_lost(chain):
            return {}
        units = {key: -change for key, change in outgoing(passage).held_changes().items()}
        home = {key: come_home(self.of(chain, key), came) for key, came in units.items()}
        return {key: came for key, came in home.items() if came}

    def beyond(self, chain: ChainId, account: AccountId) -> dict[SliceKey, int]:
        """What lies at a lost place of a member, or is under way to it, and was not written off, in units."""
        rows = self._connection.execute(
            "select purse, lot from slices where account = ?1 and place = ?2 and epoch = ?3"
            " union select purse, lot from lost_slices where account = ?1 and keeper = ?2 and epoch = ?3"
            " order by purse, lot",
            (account, *chain),
        )
        keys = [SliceKey(account, Purse(purse), LotId(lot)) for purse, lot in rows]
        found = {key: self.of(chain, key).beyond for key in keys}
        return {key: units for key, units in found.items() if units}

    def look_again(self, chain: ChainId, account: str) -> None:
        """More of this member's may lie there than was written off."""
        self._connection.execute("insert or ignore into to_write_off values (?, ?, ?)", (*chain, account))

    def next_member(self, chain: ChainId) -> AccountId | None:
        """The first of them; None when there is none."""
        query = "select account from to_write_off where keeper = ? and epoch = ? order by account limit 1"
        account = self._connection.execute(query, chain).get
        return None if account is None else AccountId(account)

    def view(self, chain: ChainId) -> WriteOffView | None:
        """How far a write-off is; None: nobody has proposed one."""
        row = self._connection.execute(
            "select proposed_by, proposed_at_ms, agreed_by, ended_at_ms from write_offs where keeper = ? and epoch = ?",
            chain,
        ).get
        if row is None:
            return None
        proposed_by, proposed_at_ms, agreed_by, ended_at_ms = row
        rows = self._connection.execute(
            "select asset, written_off, short from lost_totals where keeper = ? and epoch = ?", chain
        )
        sums = {asset: units for asset, *units in rows}
        (money, paid_money), (points, paid_points) = (sums.get(one, (0, 0)) for one in (Asset.MONEY, Asset.POINTS))
        is_done = ended_at_ms is not None and self.next_member(chain) is None
        return WriteOffView(proposed_by, proposed_at_ms, agreed_by, is_done, money, points, paid_money, paid_points)

    def of(self, chain: ChainId, key: SliceKey) -> Lost:
        """How one slice of a lost place stands."""
        query = "select units from slices where account = ? and purse = ? and lot = ? and place = ? and epoch = ?"
        lies = int(self._connection.execute(query, (*key, *chain)).get or 0)
        query = (
            "select under_way, written_off from lost_slices"
            " where account = ? and purse = ? and lot = ? and keeper = ? and epoch = ?"
        )
        return Lost(lies, *(self._connection.execute(query, (*key, *chain)).get or (0, 0)))

    def _under_way(self, passage: Passage, sign: int) -> None:
        if self._is_read(ChainId(Place(passage.to), passage.to_epoch), passage.giver):
            self._add_under_way(passage, sign)

    def _add_under_way(self, passage: Passage, sign: int) -> None:
        chain = ChainId(Place(passage.to), passage.to_epoch)
        for key, change in outgoing(passage).held_changes().items():
            before = self.of(chain, key)
            after = before._replace(under_way=max(before.under_way - sign * change, 0))
            self._set(chain, key, before, after, is_hqs=passage.giver.keeper == HEADQUARTERS)
            if sign > 0:
                self.look_again(chain, key.account)

    def _is_read(self, chain: ChainId, giver: RecordRef) -> bool:
        """Whether what this record gave to a lost place is counted there: what is found later, is counted then."""
        query = (
            "select 1 from write_offs where keeper = ? and epoch = ? and agreed_by is not null"
            " and (gifts_are_read or (?, ?, ?) <= (giver, giver_epoch, giver_sequence))"
        )
        line = (giver.keeper, giver.epoch, giver.sequence)
        return self._connection.execute(query, (*chain, *line)).get is not None

    def _set(self, chain: ChainId, key: SliceKey, before: Lost, after: Lost, *, is_hqs: bool = True) -> None:
        line = (*key, *chain)
        if before[1:] != after[1:]:
            where = "account = ? and purse = ? and lot = ? and keeper = ? and epoch = ?"
            self._connection.execute(f"delete from lost_slices where {where}", line)  # noqa: S608 - ours
            if any(after[1:]):
                self._connection.execute("insert into lost_slices values (?, ?, ?, ?, ?, ?, ?)", (*line, *after[1:]))
        from_tills = 0 if is_hqs else after.under_way - before.under_way
        changed = (from_tills, after.written_off - before.written_off, after.short - before.short)
        if any(changed):
            self._connection.execute(
                "insert into lost_totals values (?, ?, ?, ?, ?, ?) on conflict do update set"
                " from_tills = from_tills + excluded.from_tills, short = short + excluded.short,"
                " written_off = written_off + excluded.written_off",
                (*chain, _ASSETS[key.purse], *changed),
            )


def covered_under_way(connection: Connection, account: AccountId, usable_on: str) -> Iterator[tuple[Purse, int]]:
    """What is under way to lost places of a member, not expired by then, and was written off, by purse, in units."""
    query = (
        "select purse, sum(min(under_way, max(written_off - lies, 0)))"
        " from losses join lots using (account, purse, lot)"
        " where account = ? and coalesce(expires_on, '9999-12-31') >= ? group by purse"
    )
    for purse, units in connection.execute(query, (account, usable_on)):
        yield Purse(purse), units
