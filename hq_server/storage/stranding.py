"""What cannot be had now, from kept sums. Runs in the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hq_server.placing_figures import Figures, Lying
from hq_server.storage.whereabouts import by_asset
from ledger.ids import HEADQUARTERS, ChainId, Place
from ledger.journal_sqlite import Connection
from ledger.slices import Asset
from protocol.records import Record
from protocol.transfers import given_in

HOUR_MS = 3_600_000


class Stranding:
    """Keeps since when value is under way, by the hour and by the clock of whoever gave it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def left(self, giver: Record) -> None:
        """This record, now posted, has given something to a till."""
        for line, units in _lines(giver):
            self._connection.execute(
                "insert into given_by_hour values (?, ?, ?, ?, ?)"
                " on conflict do update set units = units + excluded.units",
                (*line, units),
            )

    def came(self, giver: Record) -> None:
        """What this record gave has come, or its giver has it back."""
        for line, units in _lines(giver):
            of_it = "keeper = ?2 and epoch = ?3 and asset = ?4 and hour = ?5"
            values = (units, *line)
            self._connection.execute(f"delete from given_by_hour where {of_it} and units <= ?1", values)  # noqa: S608 - ours
            if not self._connection.changes():
                self._connection.execute(f"update given_by_hour set units = units - ?1 where {of_it}", values)  # noqa: S608 - ours

    def read(self, before_ms: int, is_on_line: Callable[[ChainId], bool], into: Figures) -> None:
        """What lies where, and what of it may be out of reach: not heard, or under way, since `before_ms`."""
        rows = self._connection.execute(
            "select store, asset, sum(held + under_way + coalesce(from_tills - written_off + short, 0)) from totals"
            " join keepers using (keeper, epoch) left join lost_totals using (keeper, epoch, asset)"
            " group by store, asset"
        )
        into.placed = {(store, Asset(asset)): units for store, asset, units in rows}
        into.lying = list(self._lying(before_ms, is_on_line))

    def _lying(self, before_ms: int, is_on_line: Callable[[ChainId], bool]) -> Iterator[Lying]:
        rows = self._connection.execute(
            "with doubtful as (select keeper, epoch, store, heard_at_ms < ?1 as is_silent,"
            "  epoch < (select max(epoch) from keepers as later where later.keeper = keepers.keeper)"
            "  or (keeper, epoch) in (select keeper, epoch from fences) as is_closed"
            "  from keepers join progress using (keeper, epoch)),"
            " sums as (select keeper, epoch, asset, held, 0 as under_way, 0 as late from totals where held > 0"
            "  union all select keeper, epoch, asset, 0, units, iif(hour < ?2, units, 0) from given_by_hour"
            "  union all select keeper, epoch, asset, short - written_off, 0, 0 from lost_totals)"
            " select keeper, epoch, store, asset, is_closed, is_silent, sum(held), sum(under_way), sum(late)"
            " from doubtful join sums using (keeper, epoch) where is_silent or is_closed or late > 0"
            " group by keeper, epoch, asset",
            (before_ms, before_ms // HOUR_MS),
        )
        for keeper, epoch, store, asset, is_closed, is_silent, *units in rows:
            # A line that is up says nothing while nobody shops.
            silent = bool(is_silent) and not is_on_line(ChainId(Place(keeper), epoch))
            held, under_way, late = units
            yield Lying(store, Asset(asset), held, under_way, late, bool(is_closed), silent)


def _lines(giver: Record) -> Iterator[tuple[tuple[str, int, Asset, int], int]]:
    """The sums that a giver's record stands in, and its units there; none when it gives to HQ, which takes at once."""
    passage = given_in(giver)
    if passage is not None and passage.to != HEADQUARTERS:
        for asset, units in by_asset(passage.transfer).items():
            yield (passage.to, passage.to_epoch, asset, giver.recorded_at_ms // HOUR_MS), units
