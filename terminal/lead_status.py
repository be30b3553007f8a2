"""How a till shows its store's lead."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class LeadState(StrEnum):
    """How it stands with the store's lead."""

    ANSWERED = "answered"
    NOT_REACHED = "not_reached"
    HERE = "here"
    """This till is the lead, and the others can reach it."""
    SHUT = "shut"
    """This till is the lead, and cannot listen for the others."""


class LeadStatus(msgspec.Struct, frozen=True):
    """The store's lead, and whether value can be had from it.

    `witness`, at the lead: whether the till that is to copy its chain answers; None where there is none.
    """

    place: str
    state: LeadState
    witness: LeadState | None = None
