"""The negative list: cards that were lost or stolen. HQ keeps it; it lies whole at each till, so it works cut off."""

from __future__ import annotations

from collections.abc import Iterable

from ledger.journal_sqlite import Connection


class NegativeList:
    """The cards, by their tokens. Every method runs inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def blocks(self, card: str) -> bool:
        """Whether this card is refused."""
        return self._connection.execute("select 1 from blocked_cards where card = ?", (card,)).get is not None

    def block(self, cards: Iterable[str]) -> None:
        """Refuse these cards from now on; one that is refused already stays so."""
        self._connection.executemany("insert or ignore into blocked_cards values (?)", [(card,) for card in cards])

    def unblock(self, cards: Iterable[str]) -> None:
        """These cards were found."""
        self._connection.executemany("delete from blocked_cards where card = ?", [(card,) for card in cards])
