"""What the POS says of each day. Runs in the caller's transaction."""

from __future__ import annotations

from hq_server.day_totals import GivenTotal, ZTotal
from ledger.ids import Place
from ledger.journal_sqlite import Connection

GIVEN_MAX = 50
"""Of one cashier, till and day: whoever has more to correct has another problem."""


class ZTotals:
    """Z totals as they were given: nothing is ever changed, and the last one counts."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def give(self, said: ZTotal, now_ms: int) -> list[GivenTotal] | None:
        """Write a total down; all that were given of the same, the last one last. The same again changes nothing.

        None when GIVEN_MAX were given, and nothing was written down.
        """
        given = self.of(Place(said.keeper), said.business_date).get(said.cashier, [])
        if given and given[-1].units == said.units:
            return given
        if len(given) >= GIVEN_MAX:
            return None
        line = (said.keeper, said.business_date, said.cashier, len(given) + 1, said.units, now_ms)
        self._connection.execute("insert into z_totals values (?, ?, ?, ?, ?, ?)", line)
        return [*given, GivenTotal(said.units, now_ms)]

    def of(self, keeper: Place, business_date: str) -> dict[str, list[GivenTotal]]:
        """All that were given of a till and a day, by cashier, the last one last."""
        rows = self._connection.execute(
            "select cashier, units, given_at_ms from z_totals where keeper = ? and business_date = ?"
            " order by cashier, number",
            (keeper, business_date),
        )
        given: dict[str, list[GivenTotal]] = {}
        for cashier, units, at_ms in rows:
            given.setdefault(cashier, []).append(GivenTotal(units, at_ms))
        return given
