"""The neighbours: who keeps the other places of this store, and which of them is its lead, as HQ said last."""

from __future__ import annotations

import msgspec

from ledger.ids import ChainId
from ledger.journal_sqlite import Connection
from protocol.bodies import Lead, Neighbour, Roster


class Neighbours:
    """The table of the roster. Every method runs inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def replace(self, roster: Roster) -> None:
        """Believe this roster from now on, and no earlier one."""
        row = (1, msgspec.msgpack.encode(roster))
        self._connection.execute("insert or replace into roster values (?, ?)", row)

    def lead(self) -> tuple[Lead, Neighbour] | None:
        """The store's lead, which may be this very till, and who keeps its place; None while HQ trusts none."""
        roster = self._roster()
        if roster.lead is None:
            return None
        keeper = next((one for one in roster.tills if one.place == roster.lead.place), None)
        return None if keeper is None else (roster.lead, keeper)

    def find(self, chain: ChainId) -> Neighbour | None:
        """Whom HQ trusts with a place of this store in that epoch; None for everybody else."""
        return next((one for one in self._roster().tills if (one.place, one.epoch) == chain), None)

    def _roster(self) -> Roster:
        content = self._connection.execute("select content from roster").get
        return Roster(None, ()) if content is None else msgspec.msgpack.decode(content, type=Roster)
