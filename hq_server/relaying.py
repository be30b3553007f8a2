"""Relaying: whether what one till has given to another needs HQ to come to it. Pure."""

from __future__ import annotations

from ledger.ids import ChainId
from protocol.bodies import RELAYED_BYTES_MAX, Roster
from protocol.records import SignedRecord


def has_line(roster: Roster, giver: ChainId, taker: ChainId) -> bool:
    """Whether the giver's word comes to the taker over the store's LAN, by the last roster that the taker carried out.

    Lines go between the lead and each other till, and only between those whom the roster lists in that very epoch.
    """
    listed = {(one.place, one.epoch) for one in roster.tills}
    return roster.lead is not None and roster.lead.place in (giver.keeper, taker.keeper) and {giver, taker} <= listed


def can_be_relayed(given: SignedRecord) -> bool:
    """Whether a directive has room for it."""
    return len(given.content) <= RELAYED_BYTES_MAX
