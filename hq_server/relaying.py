"""Relaying: whether what one till has given to another needs HQ to come to it. Pure."""

from __future__ import annotations

from ledger.ids import ChainId, Place
from protocol.bodies import RELAYED_BYTES_MAX, Roster, Why
from protocol.records import SignedRecord
from protocol.transfers import Passage


def comes_by_line(roster: Roster, passage: Passage) -> bool:
    """Whether this comes to its taker over the store's LAN, by the last roster that the taker carried out.

    Lines go between the lead and each other till, and only between those whom the roster lists in that very epoch. The
    lead brings what was drawn from it, and gets what went back to it: what either gave while the other led, neither
    brings, though there is a line.
    """
    giver, taker = passage.giver, ChainId(Place(passage.to), passage.to_epoch)
    listed = {(one.place, one.epoch) for one in roster.tills}
    if roster.lead is None or not {(giver.keeper, giver.epoch), taker} <= listed:
        return False
    return roster.lead.place == (giver.keeper if passage.transfer.why is Why.DRAW else taker.keeper)


def right_comes_by_line(roster: Roster, giver: ChainId, taker: ChainId) -> bool:
    """The same of a right: the lead brings it, or has it from its copy; if it leads but now, whichever way it went."""
    listed = {(one.place, one.epoch) for one in roster.tills}
    return roster.lead is not None and roster.lead.place in {giver.keeper, taker.keeper} and {giver, taker} <= listed


def can_be_relayed(given: SignedRecord) -> bool:
    """Whether a directive has room for it."""
    return len(given.content) <= RELAYED_BYTES_MAX
