"""Store 07 with three tills, at HQ: who leads it, and what each is told of that."""

from __future__ import annotations

from ledger.ids import Place
from protocol.bodies import Lead, Neighbour, Roster, Witness
from tests.hq_server.forger import Keeper
from tests.hq_server.office import STAMP, Office
from tests.hq_server.test_store_modes import enrolled

ADDRESS = "http://192.168.1.10:8372"
LEAD = Lead(Place("07-1"), ADDRESS)
WITNESS = Witness(Place("07-2"), "http://192.168.1.11:8372")
LOT = "07-1/1/2"


class Shop:
    """Store 07 with three tills, and one of another store."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.one, self.two, self.three, self.other = (
            enrolled(office, place, seed) for seed, place in enumerate(("07-1", "07-2", "07-3", "12-1"), start=7)
        )

    def name(self, lead: Lead | None = LEAD, store: str = "07", witness: Witness | None = None) -> list[str] | None:
        told = self.office.store.keeping(lambda book: book.lead(store, lead, STAMP, witness))
        return None if told is None else [chain.keeper for chain in told]

    def revoke(self, keeper: Keeper) -> None:
        self.office.store.keeping(lambda book: book.revoke(keeper.place, keeper.epoch, STAMP))

    def rosters(self, keeper: Keeper) -> list[Roster]:
        return [order for order in self.office.orders(keeper) if isinstance(order, Roster)]

    def last(self, keeper: Keeper) -> Roster:
        return self.rosters(keeper)[-1]


def listed(*keepers: Keeper) -> tuple[Neighbour, ...]:
    return tuple(Neighbour(one.place, one.epoch, one.raw_key) for one in keepers)
