"""Which cards are refused, and which tills know of it. It only reads, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterator

from hq_server.member_views import TILLS_SHOWN_MAX, BlockList, BlockView
from hq_server.storage.carried_out import carried_out
from hq_server.views import LINES_SHOWN_MAX
from ledger.ids import HEADQUARTERS, ChainId, Place
from ledger.journal_sqlite import Connection
from protocol.bodies import Block, Directive
from protocol.records import SignedRecord

DIRECTIVES_READ_MAX = 20_000
"""Of all tills together, while all others wait. A till whose turn does not come counts as one that has not heard."""


class NegativeList:
    """Blocks as people read them: each with the tills that have not reported that they refuse the card."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def show(self) -> BlockList:
        """The cards that are refused, the latest first."""
        tills = self._tills()
        unheard = self._unheard(tills)
        rows = self._connection.execute(
            "select card, masked, since_ms from blocks left join cards using (card)"
            " order by since_ms desc, card limit ?",
            (LINES_SHOWN_MAX,),
        )
        lines = [_view(card, masked, since_ms, tills, unheard) for card, masked, since_ms in rows]
        total = self._connection.execute("select count(*) from blocks").get
        return BlockList(int(total), lines)

    def not_carried_out(self, till: ChainId) -> int:
        """How many directives HQ has given to a keeper that it has not said to have carried out."""
        counted = self._connection.execute(
            "select count(*) from directives where keeper = ? and epoch = ? and (hq_epoch, number) > (?, ?)",
            (*till, *carried_out(self._connection, till)),
        ).get
        return int(counted)

    def _tills(self) -> list[ChainId]:
        """Those that may sell: of each place the last keeper, unless it is fenced."""
        rows = self._connection.execute(
            "select keeper, epoch from (select keeper, max(epoch) as epoch from keepers group by keeper) as latest"
            " where not exists"
            " (select 1 from fences where fences.keeper = latest.keeper and fences.epoch = latest.epoch)"
            " order by keeper"
        )
        return [ChainId(Place(keeper), epoch) for keeper, epoch in rows]

    def _unheard(self, tills: list[ChainId]) -> dict[ChainId, set[str] | None]:
        """The cards that each till was told to refuse, and has not said that it does; None: nobody has looked."""
        budget = DIRECTIVES_READ_MAX
        unheard: dict[ChainId, set[str] | None] = {}
        for till in tills:
            pending = list(self._pending(till, budget)) if budget else []
            unheard[till] = {card for cards in pending for card in cards} if len(pending) < budget else None
            budget -= len(pending)
        return unheard

    def _pending(self, till: ChainId, most: int) -> Iterator[tuple[str, ...]]:
        """What each directive that this till has not carried out says of cards to refuse."""
        rows = self._connection.execute(
            "select content, signature from directives join records on records.keeper = ? and records.epoch = hq_epoch"
            " and records.sequence = directives.sequence where directives.keeper = ? and directives.epoch = ?"
            " and (hq_epoch, number) > (?, ?) order by hq_epoch, number limit ?",
            (HEADQUARTERS, *till, *carried_out(self._connection, till), most),
        )
        for content, signature in rows:
            order = SignedRecord(content, signature).open().body_as(Directive).order
            yield order.cards if isinstance(order, Block) else ()


def _view(
    card: str, masked: str | None, since_ms: int, tills: list[ChainId], unheard: dict[ChainId, set[str] | None]
) -> BlockView:
    waits = [f"{till.keeper}/{till.epoch}" for till in tills if (cards := unheard[till]) is None or card in cards]
    return BlockView(card, masked, since_ms, len(tills) - len(waits), len(waits), waits[:TILLS_SHOWN_MAX])
