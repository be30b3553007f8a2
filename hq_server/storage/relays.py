"""Relays: HQ sends on what tills gave each other and no line of theirs brings. Runs in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable

from hq_server.relaying import can_be_relayed, comes_by_line, right_comes_by_line
from hq_server.storage.keepers import Keepers
from ledger.ids import HEADQUARTERS, ChainId, Place, RecordRef
from ledger.journal_sqlite import Connection
from offline_queue.outbox import Chain, Stamp
from protocol.bodies import Directive, Relay, Roster
from protocol.records import Record, RecordKind
from protocol.transfers import given_in


class Relays:
    """Each given record goes on once, to a taker whom HQ trusts and to whom no line brings it by its last roster.

    The taker has carried that roster out by a record that is posted: so what came over the old line is posted, too.
    """

    def __init__(self, connection: Connection, keepers: Keepers) -> None:
        self._connection = connection
        self._keepers = keepers

    def gave(self, giver: RecordRef, taker: ChainId, stamp: Stamp) -> set[ChainId]:
        """A till's record that gives something to another is posted; the keepers that were given a directive."""
        line = (giver.keeper, giver.epoch, giver.sequence, *taker)
        self._connection.execute("insert into between_tills values (?, ?, ?, ?, ?, 0)", line)
        return self._relay([giver], taker, stamp)

    def came(self, giver: RecordRef) -> bool:
        """The taker's record that takes this is posted; False: nothing like that was under way."""
        gone = self._connection.execute(
            "delete from between_tills where keeper = ? and epoch = ? and sequence = ? returning 1",
            (giver.keeper, giver.epoch, giver.sequence),
        )
        return gone.get is not None

    def carried_out(self, taker: ChainId, roster: RecordRef, stamp: Stamp) -> set[ChainId]:
        """A till has carried out this roster of HQ's; the keepers that were given a directive."""
        line = (*taker, roster.epoch, roster.sequence)
        self._connection.execute("insert or replace into rosters values (?, ?, ?, ?)", line)
        rows = self._connection.execute(
            "select keeper, epoch, sequence from between_tills where taker = ? and taker_epoch = ? and relayed = 0"
            " order by keeper, epoch, sequence",
            taker,
        )
        return self._relay([RecordRef(Place(keeper), epoch, number) for keeper, epoch, number in rows], taker, stamp)

    def _relay(self, givers: Iterable[RecordRef], taker: ChainId, stamp: Stamp) -> set[ChainId]:
        roster = self._roster(taker)
        if roster is None or not self._keepers.is_open(*taker):
            return set()
        return {taker for giver in givers if self._send_on(giver, taker, roster, stamp)}

    def _send_on(self, giver: RecordRef, taker: ChainId, roster: Roster, stamp: Stamp) -> bool:
        given = Chain(self._connection, giver.keeper, giver.epoch).record(giver.sequence)
        key = self._keepers.key_of(giver.keeper, giver.epoch)
        assert given is not None, "what was posted is held"
        assert key is not None, "whoever gave it was enrolled"
        if not can_be_relayed(given) or _comes(given.open(), taker, roster):
            return False
        self._keepers.order(*taker, Relay(key, given), stamp)
        self._connection.execute(
            "update between_tills set relayed = 1 where keeper = ? and epoch = ? and sequence = ?",
            (giver.keeper, giver.epoch, giver.sequence),
        )
        return True

    def _roster(self, taker: ChainId) -> Roster | None:
        """The last that it has carried out."""
        row = self._connection.execute("select hq_epoch, sequence from rosters where keeper = ? and epoch = ?", taker)
        known = row.get
        signed = None if known is None else Chain(self._connection, HEADQUARTERS, known[0]).record(known[1])
        order = None if signed is None else signed.open().body_as(Directive).order
        assert order is None or isinstance(order, Roster), "only rosters are noted here"
        return order


def _comes(given: Record, taker: ChainId, roster: Roster) -> bool:
    """Whether a line brings it."""
    if given.kind is RecordKind.RIGHT_PASSED:
        return right_comes_by_line(roster, ChainId(given.keeper, given.epoch), taker)
    passage = given_in(given)
    assert passage is not None, "only what gives is noted here"
    return comes_by_line(roster, passage)
