"""What HQ has said last of a card, or of how a store is run or led. Runs in the caller's transaction."""

from __future__ import annotations

from ledger.journal_sqlite import Connection


class LastWords:
    """A word that comes back to HQ counts only if HQ has said nothing later on the same thing."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def say(self, about: str, hq_epoch: int, sequence: int) -> None:
        """HQ says this now, or has said it and means it still: at that record of its chain."""
        self._connection.execute("insert or replace into last_words values (?, ?, ?, 0)", (about, hq_epoch, sequence))

    def hear(self, about: str, hq_epoch: int, sequence: int) -> bool:
        """HQ had said this in a record that it lost; False when it has said something later since."""
        self._connection.execute(
            "insert into last_words values (?, ?, ?, 1) on conflict do update set hq_epoch = excluded.hq_epoch,"
            " sequence = excluded.sequence, to_say = 1"
            " where (excluded.hq_epoch, excluded.sequence) > (hq_epoch, sequence)",
            (about, hq_epoch, sequence),
        )
        return self._connection.changes() > 0

    def take_unsaid(self) -> list[str]:
        """What was heard of again, and not all keepers may know; from now on they do."""
        rows = self._connection.execute("select about from last_words where to_say = 1 order by about")
        about = [str(one) for (one,) in rows]
        self._connection.execute("update last_words set to_say = 0 where to_say = 1")
        return about
