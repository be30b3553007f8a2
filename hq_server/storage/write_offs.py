"""Write-offs in the book: who decides, and in which steps what lies at a lost place comes back.

Runs in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hq_server.storage.carried_out import carried_out
from hq_server.storage.keepers import Keepers
from hq_server.storage.recovering import Recovering
from hq_server.storage.vault import Vault
from hq_server.write_offs import Decided, may_be_written_off
from ledger.amounts import UNITS_MAX
from ledger.ids import HEADQUARTERS, AccountId, ChainId, Place
from ledger.journal_sqlite import Connection, SqliteJournal
from ledger.slices import SliceKey
from offline_queue.outbox import Chain, Stamp
from protocol.transfers import Passage, given_in
from protocol.write_offs import WRITTEN_OFF_PARTS_MAX

GIFTS_READ_MAX = 250
ACCOUNTS_READ_MAX = 2000
"""In one commit, so that whoever waits for the one writer waits little."""


@dataclass(frozen=True, slots=True)
class Written:
    """What one step has done: of whom something came back, and whether there may be more."""

    accounts: frozenset[AccountId] = frozenset()
    has_more: bool = False


NOTHING = Written()


class WriteOffs:
    """Lost places, by their keepers' epochs."""

    def __init__(self, connection: Connection, keepers: Keepers, vault: Vault, recovering: Recovering) -> None:
        self._connection = connection
        self._keepers = keepers
        self._vault = vault
        self._recovering = recovering

    def decide(self, chain: ChainId, by: str, stamp: Stamp) -> Decided:
        """This person would write off what lies with a keeper; with the second one it is decided."""
        if self._keepers.key_of(*chain) is None:
            return Decided.KEEPER_UNKNOWN
        if self._keepers.is_open(*chain):
            return Decided.STILL_OPEN
        if self._recovering.is_on:
            return Decided.RECOVERING
        if self._vault.losses.is_lost(chain):
            return Decided.ALREADY
        query = "select proposed_by from write_offs where keeper = ? and epoch = ?"
        proposed_by = self._connection.execute(query, chain).get
        if may_be_written_off(proposed_by, by):
            query = "update write_offs set agreed_by = ? where keeper = ? and epoch = ?"
            self._connection.execute(query, (by, *chain))
            return Decided.AGREED
        if proposed_by is None:
            line = (*chain, by, stamp.now_ms)
            self._connection.execute(
                "insert into write_offs (keeper, epoch, proposed_by, proposed_at_ms) values (?, ?, ?, ?)", line
            )
        return Decided.SECOND_PERSON_WANTED

    def go_on(self, chain: ChainId, stamp: Stamp) -> Written:
        """The next step of a lost place.

        What is under way to it is read, then whose value lies there, then each record says what comes back.
        """
        if self._recovering.is_on or not self._vault.losses.is_lost(chain):
            return NOTHING
        # What late records bring comes back when all of them are posted: one of them may spend what another brought.
        if self._has_ended(chain) and not self._all_is_posted(chain):
            return NOTHING
        if self._read_gifts(chain) or self._read_members(chain):
            return Written(has_more=True)
        accounts = self._write_off(chain, stamp)
        more = self._vault.losses.next_member(chain) is not None
        if not more:
            query = "update write_offs set ended_at_ms = ? where keeper = ? and epoch = ? and ended_at_ms is null"
            self._connection.execute(query, (stamp.now_ms, *chain))
        return Written(accounts, more)

    def _write_off(self, chain: ChainId, stamp: Stamp) -> frozenset[AccountId]:
        """One record, and of whom it gives something back."""
        found: dict[SliceKey, int] = {}
        accounts: set[AccountId] = set()
        while max(len(found), len(accounts)) < WRITTEN_OFF_PARTS_MAX:
            account = self._vault.losses.next_member(chain)
            if account is None:
                break
            room = WRITTEN_OFF_PARTS_MAX - len(found)
            beyond = list(self._vault.losses.beyond(chain, account).items())
            found |= {key: min(units, UNITS_MAX) for key, units in beyond[:room]}
            accounts.add(account)
            if len(beyond) > room:
                break
            query = "delete from to_write_off where keeper = ? and epoch = ? and account = ?"
            self._connection.execute(query, (*chain, account))
        if found:
            self._vault.write_off(chain, found, self._posted(chain), stamp)
        return frozenset(accounts)

    def _read_gifts(self, chain: ChainId) -> bool:
        """Count what others gave to this place and it has not taken; whether there may be more of it."""
        query = (
            "select giver, giver_epoch, giver_sequence, gifts_are_read from write_offs where keeper = ? and epoch = ?"
        )
        *after, are_read = self._connection.execute(query, chain).get
        if are_read:
            return False
        rows = list(
            self._connection.execute(
                "select ?3, hq_epoch, sequence from directives where keeper = ?1 and epoch = ?2"
                " and (hq_epoch, number) > (?4, ?5) and (?3, hq_epoch, sequence) > (?6, ?7, ?8) union all"
                " select keeper, epoch, sequence from between_tills where taker = ?1 and taker_epoch = ?2"
                " and (keeper, epoch, sequence) > (?6, ?7, ?8) order by 1, 2, 3 limit ?9",
                (*chain, HEADQUARTERS, *carried_out(self._connection, chain), *after, GIFTS_READ_MAX),
            )
        )
        for passage in self._passages(chain, rows):
            self._vault.losses.read(passage)
        query = (
            "update write_offs set (giver, giver_epoch, giver_sequence) = (?, ?, ?), gifts_are_read = ?"
            " where keeper = ? and epoch = ?"
        )
        has_more = len(rows) == GIFTS_READ_MAX
        self._connection.execute(query, (*(rows[-1] if rows else after), not has_more, *chain))
        return has_more

    def _passages(self, chain: ChainId, rows: list[tuple[str, int, int]]) -> Iterator[Passage]:
        mirror = SqliteJournal(self._connection, *chain)
        for giver, epoch, sequence in rows:
            signed = Chain(self._connection, Place(giver), epoch).record(sequence)
            assert signed is not None, "what was given is held"
            passage = given_in(signed.open())
            if passage is None or mirror.knows_operation(passage.giver.taken):
                continue
            if giver != HEADQUARTERS or not self._vault.has_taken(passage.giver):
                yield passage

    def _read_members(self, chain: ChainId) -> bool:
        """Note whose value lies at this place; whether there may be more of them."""
        query = "select account, members_are_read from write_offs where keeper = ? and epoch = ?"
        after, are_read = self._connection.execute(query, chain).get
        if are_read:
            return False
        query = "select distinct account from lots where account > ? order by account limit ?"
        accounts = [account for (account,) in self._connection.execute(query, (after, ACCOUNTS_READ_MAX))]
        if accounts:
            self._connection.execute(
                "insert or ignore into to_write_off select distinct place, epoch, account from slices"
                " where account between ? and ? and place = ? and epoch = ?",
                (accounts[0], accounts[-1], *chain),
            )
        has_more = len(accounts) == ACCOUNTS_READ_MAX
        query = "update write_offs set account = ?, members_are_read = ? where keeper = ? and epoch = ?"
        self._connection.execute(query, (accounts[-1] if accounts else after, not has_more, *chain))
        return has_more

    def _has_ended(self, chain: ChainId) -> bool:
        query = "select ended_at_ms from write_offs where keeper = ? and epoch = ?"
        return self._connection.execute(query, chain).get is not None

    def _all_is_posted(self, chain: ChainId) -> bool:
        head = Chain(self._connection, *chain).head()
        return head is None or head.ref.sequence == self._posted(chain)

    def _posted(self, chain: ChainId) -> int:
        return int(self._connection.execute("select posted from progress where keeper = ? and epoch = ?", chain).get)
