"""Why a keeper's batch, or its login, is not taken: the codes that travel in Rejected, and which record is to blame."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from protocol.records import SignedRecord


class Rejection(StrEnum):
    """Why HQ does not take a batch, or the rest of it. The code that the sender is told."""

    UNKNOWN_KEEPER = "unknown_keeper"
    """Nobody of that name and epoch was enrolled."""
    FENCED = "fenced"
    """Its key was revoked, or its chain has forked. What was held before stands."""
    TOO_LARGE = "too_large"
    """More records than a batch may have."""
    GAP = "gap"
    """It begins after what is held and not at the next record. Begin there."""
    NOT_A_RECORD = "not_a_record"
    """These bytes are no record of this version, or of another keeper."""
    CHAIN_BROKEN = "chain_broken"
    """It does not continue what is held, or its keeper did not sign it: it was changed on its way, or at rest."""
    FORK = "fork"
    """Another record of that number is held, with the same keeper's signature: two copies of one till are at work."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a batch, and with which record; `fork` is the second one of two that have one number."""

    rejection: Rejection
    at: str = ""
    fork: SignedRecord | None = None
