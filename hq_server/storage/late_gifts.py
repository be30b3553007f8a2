"""Late gifts: what a fenced keeper gave by a record that only its taker brings. Runs in the caller's transaction."""

from __future__ import annotations

from hq_server.posting import GiverStands
from hq_server.storage.vault import Vault
from hq_server.storage.whereabouts import Whereabouts
from ledger.ids import ChainId, Place
from ledger.journal_sqlite import Connection, SqliteJournal
from ledger.judging import Refused
from offline_queue.outbox import Chain
from protocol.errors import NotARecord
from protocol.records import Record
from protocol.transfers import given_in, outgoing

SEQUENCE_MAX = 2**63 - 1


class LateGifts:
    """The gift is posted at its giver's place, which it can't bring below zero; if it would, its taker has nothing.

    So a fenced key creates no value: all that it ever gives away late is what lies there by the records that HQ held
    when it was fenced. What of it was written off, the company has paid (decisions 25 and 33).
    """

    def __init__(self, connection: Connection, vault: Vault, whereabouts: Whereabouts) -> None:
        self._connection = connection
        self._vault = vault
        self._whereabouts = whereabouts

    def stands(self, given: Record, taker: ChainId) -> GiverStands:
        """Post what this genuine record of a fenced keeper gives; POSTED when it lay there."""
        giver = ChainId(given.keeper, given.epoch)
        if not self._is_all_posted(giver) and not self._waits_for(giver, taker):
            return GiverStands.NOT_YET  # one of those before may bring, or take away, what this one gives
        try:
            passage = given_in(given)
            if passage is None:
                return GiverStands.SET_ASIDE
            made = outgoing(passage)
        except (NotARecord, ValueError):
            return GiverStands.SET_ASIDE
        mirror = SqliteJournal(self._connection, *giver, is_mirror=True)
        if mirror.knows_operation(made.operation_id):
            return GiverStands.POSTED
        if isinstance(mirror.post(made, given.ref, given.business_date), Refused):
            return GiverStands.FENCED
        self._whereabouts.moved(giver, made)
        self._vault.losses.moved(giver, made)
        self._vault.stranding.left(given)
        self._vault.losses.given(passage)
        return GiverStands.POSTED

    def last_waited_for(self, giver: ChainId, posted: int) -> int:
        """Up to which of a chain's records nobody waits any more when it is posted up to `posted`.

        Of a fenced keeper whose held records are all posted, none: what is behind them, HQ never hears.
        """
        query = "select 1 from fences where keeper = ? and epoch = ?"
        is_fenced = self._connection.execute(query, giver).get is not None
        return SEQUENCE_MAX if is_fenced and self._is_all_posted(giver) else posted

    def _is_all_posted(self, chain: ChainId) -> bool:
        head = Chain(self._connection, *chain).head()
        query = "select posted from progress where keeper = ? and epoch = ?"
        return head is None or head.ref.sequence <= self._connection.execute(query, chain).get

    def _waits_for(self, chain: ChainId, taker: ChainId) -> bool:
        """Whether what holds this chain up is, in the end, the taker's: no honest chain, and nobody waits for ever."""
        seen: set[ChainId] = set()
        while chain not in seen:
            seen.add(chain)
            query = "select giver, giver_epoch from waits where keeper = ? and epoch = ?"
            row = self._connection.execute(query, chain).get
            if row is None:
                return False
            chain = ChainId(Place(row[0]), row[1])
            if chain == taker:
                return True
        return False
