"""What HQ shows of its book. It only reads, inside the caller's transaction or where nobody writes."""

from __future__ import annotations

from hq_server.views import (
    LINES_SHOWN_MAX,
    DifferenceList,
    DifferenceView,
    KeeperView,
    PlaceBalance,
    SuspenseList,
    SuspenseView,
)
from ledger.ids import AccountId, Place, RecordRef
from ledger.journal_sqlite import Connection
from ledger.slices import Purse
from offline_queue.outbox import Chain

PURSES = (Purse.PRINCIPAL, Purse.BONUS, Purse.POINTS)


class Showing:
    """Reads for people: tills, what is set aside, what differs, what a member has where."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def keepers(self) -> list[KeeperView]:
        """Every till that was ever enrolled, with its heads."""
        rows = self._connection.execute(
            "select keeper, epoch, store, public_key, posted, heard_at_ms, (select group_concat(why, ' ') from fences"
            " where fences.keeper = keepers.keeper and fences.epoch = keepers.epoch)"
            " from keepers join progress using (keeper, epoch)"
        )
        return [self._keeper(row) for row in rows]

    def suspense(self) -> SuspenseList:
        """What is set aside."""
        rows = self._connection.execute(
            "select keeper, epoch, sequence, account, reason from suspense"
            " order by keeper, epoch, sequence, account limit ?",
            (LINES_SHOWN_MAX,),
        )
        lines = [SuspenseView(_ref(*line), account, reason) for *line, account, reason in rows]
        return SuspenseList(self._count("select count(*) from suspense"), lines)

    def differences(self) -> DifferenceList:
        """The day closes at which till and HQ differ."""
        rows = self._connection.execute(
            "select keeper, epoch, sequence, said, found from differences order by keeper, epoch, sequence limit ?",
            (LINES_SHOWN_MAX,),
        )
        lines = [DifferenceView(_ref(*line), said, found) for *line, said, found in rows]
        return DifferenceList(self._count("select count(*) from differences"), lines)

    def balances(self, account: AccountId) -> list[PlaceBalance]:
        """What an account has, place by place, as far as it is posted here."""
        rows = self._connection.execute(
            "select place, purse, sum(units) from slices where account = ? group by place, purse", (account,)
        )
        by_place: dict[str, dict[str, int]] = {}
        for place, purse, units in rows:
            by_place.setdefault(place, {})[purse] = units
        return [PlaceBalance(place, *(has.get(purse, 0) for purse in PURSES)) for place, has in by_place.items()]

    def _count(self, query: str) -> int:
        counted = self._connection.execute(query).get
        assert isinstance(counted, int)
        return counted

    def _keeper(self, row: tuple[str, int, str, bytes, int, int, str | None]) -> KeeperView:
        keeper, epoch, store, key, posted, heard_at_ms, fences = row
        head = Chain(self._connection, Place(keeper), epoch).head()
        held = 0 if head is None else head.ref.sequence
        return KeeperView(
            keeper=keeper,
            epoch=epoch,
            store=store,
            public_key=key.hex(),
            held=held,
            posted=posted,
            waits=held - posted,
            heard_at_ms=heard_at_ms or None,
            business_date=None if head is None else head.business_date,
            fences=tuple((fences or "").split()),
        )


def _ref(keeper: str, epoch: int, sequence: int) -> str:
    return str(RecordRef(Place(keeper), epoch, sequence))
