"""The counter: the one card that lies before the cashier, for a while."""

from __future__ import annotations

from typing import NamedTuple

from checkout.requests import PresentedCard
from terminal.world import World

PRESENTED_S_MAX = 180
"""A card that is forgotten on the screen cannot pay for the next customer."""


class Lying(NamedTuple):
    """A card on the counter: the name under which clients know it, and since when (monotonic seconds)."""

    id: str
    card: PresentedCard
    since_s: float


class Counter:
    """One card at a time; the next one takes its place."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lying: Lying | None = None

    def put(self, card: PresentedCard) -> Lying:
        """Lay a card down. It gets a new name: what was asked about the one before no longer concerns it."""
        self._lying = Lying(self._world.new_id(), card, self._world.monotonic_s())
        return self._lying

    def lying(self) -> Lying | None:
        """The card that lies there now."""
        if self._lying is not None and self.left_s(self._lying) <= 0:
            self._lying = None
        return self._lying

    def find(self, presentation: str) -> Lying | None:
        """The card of that name, if it still lies there."""
        lying = self.lying()
        return lying if lying is not None and lying.id == presentation else None

    def take_away(self, presentation: str) -> bool:
        """The customer takes the card; False when another one, or none, lies there."""
        if self.find(presentation) is None:
            return False
        self._lying = None
        return True

    def left_s(self, lying: Lying) -> int:
        """Whole seconds until the card must be presented again."""
        return int(PRESENTED_S_MAX - (self._world.monotonic_s() - lying.since_s))
