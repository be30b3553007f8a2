"""Who keeps the places of hosted stores' tills at HQ. Runs in the caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass

from hq_server.storage.keepers import Keepers
from hq_server.storage.whereabouts import Whereabouts
from ledger.ids import AccountId, ChainId, Place, hosted_place
from ledger.journal_sqlite import Connection
from ledger.slices import Asset
from offline_queue.outbox import Stamp
from protocol.hosting import NotTold

KEPT_AT_HQ = frozenset({"hosted"})
"""The ways of running a store in which its tills' places are at HQ."""


@dataclass(frozen=True, slots=True)
class Unhosted:
    """These places at HQ have no keeper: the store can't be run so."""

    places: tuple[Place, ...]


def hosted_by(keepers: Keepers, agent: ChainId) -> ChainId | NotTold:
    """Who keeps the place of this till; or why nothing that it asks is passed on."""
    if not keepers.is_open(*agent):
        return NotTold.FENCED
    return keepers.open_keeper(hosted_place(agent.keeper)) or NotTold.NOT_HOSTED


def known_of(
    connection: Connection, whereabouts: Whereabouts, caller: ChainId, account: AccountId
) -> tuple[int, int] | None:
    """Up to which record, epoch and sequence, of the place at HQ of this till shares are told; (0, 0): it has none.

    None: some of this is under way to that place or till, and lies nowhere.
    """
    place = hosted_place(caller.keeper)
    query = "select epoch, posted from progress where keeper = ? order by epoch desc limit 1"
    posted: tuple[int, int] = connection.execute(query, (place,)).get or (0, 0)
    expecting = {chain for asset in Asset for chain in whereabouts.expecting(account, asset)}
    return None if expecting & {caller, ChainId(place, posted[0])} else posted


def run(keepers: Keepers, store: str, mode: str, stamp: Stamp) -> list[ChainId] | Unhosted | None:
    """Have a store run in another way; the keepers that are told so. None: it has no tills.

    A hosted store's tills have nothing of their own, so that HQ must have a place for each of them before.
    """
    if mode in KEPT_AT_HQ:
        places = (hosted_place(chain.keeper) for chain in keepers.of_store(store))
        unkept = tuple(place for place in places if keepers.open_keeper(place) is None)
        if unkept:
            return Unhosted(unkept)
    return keepers.run(store, mode, stamp)
