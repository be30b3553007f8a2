"""Who keeps the places of hosted stores' tills at HQ. Runs in the caller's transaction."""

from __future__ import annotations

from hq_server.storage.keepers import Keepers
from ledger.ids import ChainId, Place, hosted_place
from protocol.hosting import NotTold


def hosted_by(keepers: Keepers, agent: ChainId) -> ChainId | NotTold:
    """Who keeps the place of this till; or why nothing that it asks is passed on."""
    if not keepers.is_open(*agent):
        return NotTold.FENCED
    return keepers.open_keeper(hosted_place(agent.keeper)) or NotTold.NOT_HOSTED


def without_a_host(keepers: Keepers, store: str) -> tuple[Place, ...]:
    """The tills of a store whose places at HQ nobody keeps."""
    tills = (chain.keeper for chain in keepers.of_store(store))
    return tuple(till for till in tills if keepers.open_keeper(hosted_place(till)) is None)
