"""The negative list: cards that were lost or stolen. Runs in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.journal_sqlite import Connection
from protocol.bodies import BLOCKED_CARDS_MAX


class Blocks:
    """Which cards are refused everywhere; a card is named by its token."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def has(self, card: str) -> bool:
        """Whether this card is refused."""
        return self._connection.execute("select 1 from blocks where card = ?", (card,)).get is not None

    def add(self, card: str, now_ms: int) -> bool:
        """Refuse this card from now on; False when it is refused already."""
        self._connection.execute("insert or ignore into blocks values (?, ?)", (card, now_ms))
        return self._connection.changes() > 0

    def remove(self, card: str) -> bool:
        """Refuse this card no longer; False when it was not refused."""
        self._connection.execute("delete from blocks where card = ?", (card,))
        return self._connection.changes() > 0

    def runs(self) -> Iterator[tuple[str, ...]]:
        """The whole list, in runs that one directive has room for."""
        last = ""
        query = "select card from blocks where card > ? order by card limit ?"
        while run := tuple(card for (card,) in self._connection.execute(query, (last, BLOCKED_CARDS_MAX))):
            yield run
            last = run[-1]
