"""The neighbours: who keeps the other places of this store, and which of them is its lead, as HQ said last."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from ledger.ids import ChainId, Place
from ledger.journal_sqlite import Connection
from protocol.bodies import Lead, Neighbour, Roster, Witness


class Listener(NamedTuple):
    """A neighbour that listens for others on the LAN, perhaps this very till: where, and by which key it is known."""

    address: str
    keeper: Neighbour

    @property
    def place(self) -> Place:
        """Its name."""
        return Place(self.keeper.place)


class Led(NamedTuple):
    """How this store is led: its lead, and who keeps a copy of the lead's own chain; None while HQ trusts none."""

    lead: Listener | None
    witness: Listener | None


class Neighbours:
    """The table of the roster. Every method runs inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def replace(self, roster: Roster) -> None:
        """Believe this roster from now on, and no earlier one."""
        row = (1, msgspec.msgpack.encode(roster))
        self._connection.execute("insert or replace into roster values (?, ?)", row)

    def led(self) -> Led:
        """Who leads. Nobody is a witness of a store without a lead."""
        roster = self._roster()
        lead = _listener(roster, roster.lead)
        return Led(lead, None if lead is None else _listener(roster, roster.witness))

    def find(self, chain: ChainId) -> Neighbour | None:
        """Whom HQ trusts with a place of this store in that epoch; None for everybody else."""
        return next((one for one in self._roster().tills if (one.place, one.epoch) == chain), None)

    def _roster(self) -> Roster:
        content = self._connection.execute("select content from roster").get
        return Roster(None, ()) if content is None else msgspec.msgpack.decode(content, type=Roster)


def _listener(roster: Roster, named: Lead | Witness | None) -> Listener | None:
    """Whoever is named, if the roster says by which key it is known."""
    if named is None:
        return None
    keeper = next((one for one in roster.tills if one.place == named.place), None)
    return None if keeper is None else Listener(named.address, keeper)
