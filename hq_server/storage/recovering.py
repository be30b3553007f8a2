"""HQ's recovery in the book: what was lost is heard of again, and until then nothing is given out.

Runs in the caller's transaction.
"""

from __future__ import annotations

from hq_server.recovery import Cause, LostRecords, RecoveryView, Silent, may_end, names
from hq_server.storage.carried_out import carried_out, note_carried_out
from hq_server.storage.keepers import Keepers
from hq_server.storage.lost_orders import LostOrders
from hq_server.storage.rights import Rights
from hq_server.storage.vault import Vault
from hq_server.storage.whereabouts import Whereabouts
from hq_server.views import LINES_SHOWN_MAX
from ledger.ids import HEADQUARTERS, ChainId, Place, RecordRef
from ledger.journal_sqlite import Connection
from ledger.slices import Asset
from offline_queue.outbox import Stamp
from protocol.bodies import Applied, Directive, NewEpoch, Opened
from protocol.errors import NotARecord
from protocol.people import is_same_person
from protocol.records import Record, SignedRecord
from protocol.recoveries import UNHEARD_NAMED_MAX, Recovered
from protocol.signing import Context, is_signed_by, public_key

NEVER = 2**62
"""An epoch of HQ's that nobody is in."""


class Recovering:
    """Begins another epoch of HQ's, hears what keepers had carried out, and ends the recovery."""

    def __init__(
        self, connection: Connection, keepers: Keepers, vault: Vault, whereabouts: Whereabouts, rights: Rights
    ) -> None:
        self._connection = connection
        self._keepers = keepers
        self._vault = vault
        self._whereabouts = whereabouts
        self._orders = LostOrders(connection, keepers, vault, whereabouts, rights)

    @property
    def is_on(self) -> bool:
        """Whether nothing is given out."""
        return self._connection.execute("select 1 from recoveries where ended_at_ms is null").get is not None

    def begin(self, cause: Cause, seen: int, stamp: Stamp) -> list[ChainId]:
        """Begin an epoch behind the last, and behind `seen`, the last that anybody has seen; who is told so."""
        self._connection.execute("update recoveries set ended_at_ms = ? where ended_at_ms is null", (stamp.now_ms,))
        untold = [chain for chain in self._keepers.revoked() if self._has_orders_left(chain)]
        self._keepers.own.begin_epoch(max(self._keepers.epoch, seen) + 1, stamp)
        line = (self._keepers.epoch, cause, stamp.now_ms)
        self._connection.execute("insert into recoveries values (?, ?, ?, null, null)", line)
        trusted = self._keepers.trusted()
        for chain in trusted:
            self._keepers.order(*chain, NewEpoch(), stamp)
        for chain in untold:
            self._keepers.revoke(*chain, stamp)
        return [*trusted, *untold]

    def hear(self, record: Record, chain: ChainId, stamp: Stamp) -> list[ChainId]:
        """A keeper says that it has carried out an order; those who are told something for it.

        What HQ had given and lost it stands by, unless the keeper knew a later epoch by then. What HQ never signed is
        nobody's order. Raises LostRecords, NotStoodBy.
        """
        try:
            quoted = record.body_as(Applied).directive
            given = quoted.open()
            directive = given.body_as(Directive)
        except NotARecord:
            return []  # posting sets it aside
        if given.keeper != HEADQUARTERS or (directive.to, directive.to_epoch) != chain:
            return []
        done, told = carried_out(self._connection, chain), list[ChainId]()
        if self._keepers.own.record(given.ref) != quoted and not self.stands_by(quoted):
            if not self._is_ours(quoted) or given.epoch < done[0]:
                return []
            if given.epoch >= self._keepers.epoch:
                raise LostRecords(given.epoch, Cause.RECORD)
            told = self._stand_by(quoted, given, directive, stamp)
        note_carried_out(self._connection, chain, given.epoch, directive.number)
        if given.epoch > done[0]:
            self._orders.adopted(chain, given.epoch, done, record.sequence - 1, stamp)
            told = [*told, chain]
        return told

    def _stand_by(self, quoted: SignedRecord, given: Record, directive: Directive, stamp: Stamp) -> list[ChainId]:
        self._vault.readopt(quoted, stamp)
        self._connection.execute("insert into readopted values (?, ?)", (quoted.hash, self._keepers.epoch))
        self._orders.follow(given.ref, directive, stamp)
        return [] if self.is_on else self._orders.say_again(stamp)

    def stands_by(self, directive: SignedRecord) -> bool:
        """Whether HQ had lost this directive, and has been told of it."""
        return self._connection.execute("select 1 from readopted where hash = ?", (directive.hash,)).get is not None

    def end(self, by: str, stamp: Stamp) -> list[ChainId] | None:
        """Give out again, by this person's word; who is told how things stand. None: another person has to agree."""
        silent = self._not_yet_in(self._keepers.epoch)
        agreed_by = self._connection.execute("select agreed_by from recoveries where ended_at_ms is null").get
        if not may_end(len(silent), agreed_by, by):
            self._connection.execute("update recoveries set agreed_by = ? where ended_at_ms is null", (by,))
            return None
        people = (by,) if agreed_by is None or is_same_person(agreed_by, by) else (agreed_by, by)
        said = Recovered(people, names(silent, UNHEARD_NAMED_MAX), len(silent))
        self._keepers.own.append(said, stamp)
        self._connection.execute("update recoveries set ended_at_ms = ? where ended_at_ms is null", (stamp.now_ms,))
        # What HQ gave and did not have is there by now, if all are home; whoever draws or is given has that paid first.
        self._connection.execute("insert or ignore into unsettled select distinct account from debts")
        return self._orders.say_again(stamp)

    def view(self) -> RecoveryView | None:
        """How far it is; None when there is none."""
        row = self._connection.execute(
            "select hq_epoch, why, began_at_ms, agreed_by from recoveries where ended_at_ms is null"
        ).get
        if row is None:
            return None
        hq_epoch, why, began_at_ms, agreed_by = row
        opened = self._keepers.own.record(RecordRef(HEADQUARTERS, hq_epoch, 1))
        assert opened is not None, "an epoch begins with its first record"
        after, silent = opened.open().body_as(Opened).after, self._not_yet_in(hq_epoch)
        readopted = "select count(*) from readopted where by_epoch = ?"
        return RecoveryView(
            hq_epoch=hq_epoch,
            why=Cause(why),
            began_at_ms=began_at_ms,
            after="" if after is None else after.record,
            readopted=int(self._connection.execute(readopted, (hq_epoch,)).get),
            home=len(self._not_yet_in(NEVER)) - len(silent),
            silent_total=len(silent),
            silent=[self._silent_view(chain, began_at_ms) for chain in silent[:LINES_SHOWN_MAX]],
            agreed_by=agreed_by,
        )

    def _not_yet_in(self, hq_epoch: int) -> list[ChainId]:
        """Who may be given value, and has not carried out an order of this epoch of HQ's, or of a later one."""
        rows = self._connection.execute(
            "select keeper, epoch from (select keeper, max(epoch) as epoch from keepers group by keeper) as latest"
            " where not exists (select 1 from fences"
            " where fences.keeper = latest.keeper and fences.epoch = latest.epoch)"
            " and not exists (select 1 from carried_out where carried_out.keeper = latest.keeper"
            " and carried_out.epoch = latest.epoch and hq_epoch >= ?) order by keeper",
            (hq_epoch,),
        )
        return [ChainId(Place(keeper), epoch) for keeper, epoch in rows]

    def _has_orders_left(self, chain: ChainId) -> bool:
        return (self._keepers.epoch, self._keepers.last_directive(*chain)[0]) > carried_out(self._connection, chain)

    def _silent_view(self, chain: ChainId, began_at_ms: int) -> Silent:
        query = "select heard_at_ms from progress where keeper = ? and epoch = ?"
        heard_at_ms = int(self._connection.execute(query, chain).get)
        sums = (self._whereabouts.total(chain, asset) for asset in (Asset.MONEY, Asset.POINTS))
        return Silent(*chain, heard_at_ms if heard_at_ms > began_at_ms else None, *sums)

    def _is_ours(self, quoted: SignedRecord) -> bool:
        return is_signed_by(public_key(self._keepers.own.public_key()), Context.RECORD, quoted)
