"""HQ's recovery in the book: what was lost is heard of again, and until then nothing is given out.

Runs in the caller's transaction.
"""

from __future__ import annotations

from hq_server.recovery import Cause, LostRecords, RecoveryView, Silent, may_end, names
from hq_server.storage.carried_out import carried_out
from hq_server.storage.keepers import Keepers
from hq_server.storage.lost_orders import LostOrders
from hq_server.storage.vault import Vault
from hq_server.storage.whereabouts import Whereabouts
from hq_server.views import LINES_SHOWN_MAX
from ledger.ids import HEADQUARTERS, AccountId, ChainId, RecordRef
from ledger.journal_sqlite import Connection
from ledger.slices import Asset
from offline_queue.outbox import Stamp
from protocol.bodies import (
    UNHEARD_NAMED_MAX,
    Applied,
    Directive,
    NewEpoch,
    Opened,
    Recovered,
)
from protocol.errors import NotARecord
from protocol.records import Record, SignedRecord
from protocol.signing import Context, is_signed_by, public_key


class Recovering:
    """Begins another epoch of HQ's, hears what keepers had carried out, and ends the recovery."""

    def __init__(self, connection: Connection, keepers: Keepers, vault: Vault, whereabouts: Whereabouts) -> None:
        self._connection = connection
        self._keepers = keepers
        self._vault = vault
        self._whereabouts = whereabouts
        self._orders = LostOrders(connection, keepers, vault, whereabouts)

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

    def hear(self, record: Record, chain: ChainId, stamp: Stamp) -> bool:
        """A keeper has carried out an order: HQ stands by it though it has lost it. Raises LostRecords.

        Whether the keeper is told anything for it.
        """
        try:
            quoted = record.body_as(Applied).directive
            given = quoted.open()
            directive = given.body_as(Directive)
        except NotARecord:
            return False  # posting sets it aside
        if given.keeper != HEADQUARTERS or (directive.to, directive.to_epoch) != chain:
            return False
        if self._keepers.own.record(given.ref) != quoted and not self.stands_by(quoted) and self._is_ours(quoted):
            if given.epoch >= self._keepers.epoch:
                raise LostRecords(given.epoch, Cause.RECORD)
            self._vault.readopt(quoted, stamp)
            line = (quoted.hash, given.epoch, given.sequence)
            self._connection.execute("insert into readopted values (?, ?, ?)", line)
            self._orders.follow(given.ref, directive, stamp)
        if isinstance(directive.order, NewEpoch):
            self._orders.adopted(chain, given.epoch, record.sequence, stamp)
            return True
        return False

    def stands_by(self, directive: SignedRecord) -> bool:
        """Whether HQ had lost this directive, and has been told of it."""
        return self._connection.execute("select 1 from readopted where hash = ?", (directive.hash,)).get is not None

    def end(self, by: str, stamp: Stamp) -> list[ChainId] | None:
        """Give out again, by this person's word; who is told how things stand. None: another person has to agree."""
        silent = self._silent()
        agreed_by = self._connection.execute("select agreed_by from recoveries where ended_at_ms is null").get
        if not may_end(len(silent), agreed_by, by):
            self._connection.execute("update recoveries set agreed_by = ? where ended_at_ms is null", (by,))
            return None
        people = tuple(name for name in (agreed_by, by) if name is not None)
        said = Recovered(tuple(dict.fromkeys(people)), names(silent, UNHEARD_NAMED_MAX), len(silent))
        self._keepers.own.append(said, stamp)
        self._connection.execute("update recoveries set ended_at_ms = ? where ended_at_ms is null", (stamp.now_ms,))
        self._net_all(stamp)
        return self._orders.say_all_again(stamp)

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
        after, silent = opened.open().body_as(Opened).after, self._silent()
        return RecoveryView(
            hq_epoch=hq_epoch,
            why=Cause(why),
            began_at_ms=began_at_ms,
            after="" if after is None else after.record,
            readopted=int(self._connection.execute("select count(*) from readopted").get),
            home=len(self._keepers.trusted()) - len(silent),
            silent_total=len(silent),
            silent=[self._silent_view(chain, began_at_ms) for chain in silent[:LINES_SHOWN_MAX]],
            agreed_by=agreed_by,
        )

    def _net_all(self, stamp: Stamp) -> None:
        """What HQ gave and did not have is there by now, if all are home; it pays before anything is given out."""
        owing = list(self._connection.execute("select distinct account from debts"))
        for (account,) in owing:
            self._vault.net(AccountId(account), stamp)

    def _silent(self) -> list[ChainId]:
        """The keepers in good standing that have not said to have carried out this epoch's first order."""
        epoch = self._keepers.epoch
        return [one for one in self._keepers.trusted() if carried_out(self._connection, one)[0] < epoch]

    def _has_orders_left(self, chain: ChainId) -> bool:
        return (self._keepers.epoch, self._keepers.last_directive(*chain)[0]) > carried_out(self._connection, chain)

    def _silent_view(self, chain: ChainId, began_at_ms: int) -> Silent:
        query = "select heard_at_ms from progress where keeper = ? and epoch = ?"
        heard_at_ms = int(self._connection.execute(query, chain).get)
        sums = (self._whereabouts.total(chain, asset) for asset in (Asset.MONEY, Asset.POINTS))
        return Silent(*chain, heard_at_ms if heard_at_ms > began_at_ms else None, *sums)

    def _is_ours(self, quoted: SignedRecord) -> bool:
        return is_signed_by(public_key(self._keepers.own.public_key()), Context.RECORD, quoted)
