"""What HQ shows of its book. It only reads, inside the caller's transaction or where nobody writes."""

from __future__ import annotations

from collections.abc import Callable

from hq_server.placing_figures import Figures
from hq_server.storage.chains import Chains
from hq_server.storage.conservation import Conservation
from hq_server.storage.days import Days
from hq_server.storage.debts import Debts
from hq_server.storage.exposure import Exposure
from hq_server.storage.losses import Losses
from hq_server.storage.movements import Movements
from hq_server.storage.negative_list import NegativeList
from hq_server.storage.refusals import Refusals
from hq_server.storage.stranding import Stranding
from hq_server.storage.whereabouts import Whereabouts
from hq_server.views import (
    LINES_SHOWN_MAX,
    DifferenceList,
    DifferenceView,
    KeeperView,
    PlaceBalance,
    SuspenseList,
    SuspenseView,
    WaitList,
    WaitView,
)
from ledger.ids import AccountId, ChainId, Place, RecordRef
from ledger.journal_sqlite import Connection
from ledger.slices import Asset, Purse
from offline_queue.outbox import Chain

PURSES = (Purse.PRINCIPAL, Purse.BONUS, Purse.POINTS)


class Showing:
    """Reads for people: tills, what is set aside, what differs, what a member has where."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.refused = NegativeList(connection)
        self.chains = Chains(connection)
        self.movements = Movements(connection)
        self.days = Days(connection)
        self.lots = Conservation(connection)
        self.debts = Debts(connection)
        self.exposure = Exposure(connection)
        self.refusals = Refusals(connection)
        self.stranding = Stranding(connection)
        self._losses = Losses(connection)
        self._whereabouts = Whereabouts(connection)

    def keepers(self, after: tuple[str, int] = ("", 0), most: int = -1) -> list[KeeperView]:
        """The tills that were ever enrolled, with their heads, in the order of their names: `most` of them, or all."""
        rows = self._connection.execute(
            "select keeper, epoch, store, public_key, posted, heard_at_ms, (select group_concat(why, ' ') from fences"
            " where fences.keeper = keepers.keeper and fences.epoch = keepers.epoch),"
            " epoch = (select max(epoch) from keepers as later where later.keeper = keepers.keeper),"
            " exists (select 1 from store_leads where store_leads.lead = keepers.keeper),"
            " exists (select 1 from store_witnesses where store_witnesses.witness = keepers.keeper)"
            " from keepers join progress using (keeper, epoch) where (keeper, epoch) > (?, ?)"
            " order by keeper, epoch limit ?",
            (*after, most),
        )
        return [self._keeper(row) for row in rows]

    def keepers_total(self) -> int:
        """How many tills were ever enrolled, in each of their epochs."""
        return self._count("select count(*) from keepers")

    def placing(self, since: str, before_ms: int, is_on_line: Callable[[ChainId], bool]) -> Figures:
        """How well value is placed: what was refused from a business date on, and what is out of reach since a time."""
        figures = Figures(at_risk=self.exposure.by_store())
        self.refusals.read(since, into=figures)
        self.stranding.read(before_ms, is_on_line, into=figures)
        return figures

    def is_till(self, place: Place) -> bool:
        """Whether a till of that place was ever enrolled."""
        return self._connection.execute("select 1 from keepers where keeper = ?", (place,)).get is not None

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

    def waiting(self) -> WaitList:
        """The chains that are not posted further until another keeper's record has come."""
        rows = self._connection.execute(
            "select keeper, epoch, sequence, giver, giver_epoch, giver_sequence from waits"
            " order by keeper, epoch limit ?",
            (LINES_SHOWN_MAX,),
        )
        lines = [WaitView(_ref(*line[:3]), _ref(*line[3:])) for line in rows]
        return WaitList(self._count("select count(*) from waits"), lines)

    def balances(self, account: AccountId) -> list[PlaceBalance]:
        """What an account has, place by place, as far as it is posted here."""
        rows = self._connection.execute(
            "select place, purse, sum(units) from counted_slices where account = ? and units > 0 group by place, purse",
            (account,),
        )
        by_place: dict[str, dict[str, int]] = {}
        for place, purse, units in rows:
            by_place.setdefault(place, {})[purse] = units
        return [PlaceBalance(place, *(has.get(purse, 0) for purse in PURSES)) for place, has in by_place.items()]

    def _count(self, query: str) -> int:
        counted = self._connection.execute(query).get
        assert isinstance(counted, int)
        return counted

    def _keeper(self, row: tuple[str, int, str, bytes, int, int, str | None, int, int, int]) -> KeeperView:
        keeper, epoch, store, key, posted, heard_at_ms, fences, is_last, leads, witnesses = row
        takes_part = bool(is_last) and not fences
        head = Chain(self._connection, Place(keeper), epoch).head()
        held = 0 if head is None else head.ref.sequence
        chain = ChainId(Place(keeper), epoch)
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
            mode=None if head is None else head.mode,
            money=self._whereabouts.total(chain, Asset.MONEY),
            points=self._whereabouts.total(chain, Asset.POINTS),
            directives=self.refused.not_carried_out(chain),
            leads=bool(leads) and takes_part,
            witnesses=bool(witnesses) and takes_part,
            at_risk=self.exposure.of_till(chain),
            is_open=takes_part,
            write_off=self._losses.view(chain),
        )


def _ref(keeper: str, epoch: int, sequence: int) -> str:
    return str(RecordRef(Place(keeper), epoch, sequence))
