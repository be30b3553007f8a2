"""Promised refunds: HQ brings the right to undo a sale to who has promised that. Runs in the caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass

from hq_server.storage.fetching import Fetching, RightElsewhere
from hq_server.views import LINES_SHOWN_MAX, PromiseLine, PromiseList
from ledger.audit import Posting
from ledger.ids import ChainId, Place, RecordRef
from ledger.journal_sqlite import Connection
from ledger.transactions import TransactionKind
from offline_queue.outbox import Stamp
from protocol.bodies import TransactionBody
from protocol.conversation import Fetch, NoDraw, NotDrawn
from protocol.receipt_numbers import Numbering, is_slips_name
from protocol.records import Record, SignedRecord

_OPEN = (
    "select keeper, epoch, sequence, receipt_number, original, units, business_date from promises where settled is null"
)


@dataclass(frozen=True, slots=True)
class _Open:
    """A promise that is neither kept nor taken back."""

    record: RecordRef
    receipt_number: str
    original: str
    units: int
    business_date: str

    @property
    def chain(self) -> ChainId:
        """Who has promised."""
        return ChainId(self.record.keeper, self.record.epoch)

    @property
    def asked(self) -> Fetch:
        """It is as if its till asked for the right, until it has it.

        By a name of its own: the request that became a promise may have had the right before, which has moved on since.
        """
        return Fetch(f"promise-{self.record.sequence}", self.original)


class Promises:
    """What tills have promised, and how each stands."""

    def __init__(self, connection: Connection, fetching: Fetching) -> None:
        self._connection = connection
        self._fetching = fetching

    def posted(self, record: Record, posting: Posting) -> set[str]:
        """A till's movement was posted: the slips for whose promises there may be something to do now."""
        match posting.transaction.kind:
            case TransactionKind.SALE if posting.receipt is not None:
                return {Numbering(record.keeper, record.epoch).text(posting.receipt)}
            case TransactionKind.PROMISE:
                return self._given(record, record.body_as(TransactionBody))
            case TransactionKind.REFUND | TransactionKind.VOID:
                return self._settled(record.body_as(TransactionBody), record.ref)
            case _:
                return set()

    def _given(self, record: Record, body: TransactionBody) -> set[str]:
        original = body.slip.original
        if original is None or not is_slips_name(original):
            return set()  # a till that lies: nobody could keep that
        said = body.receipt_number, original, body.slip.amount, record.business_date
        line = (record.keeper, record.epoch, record.sequence, *said, None)
        self._connection.execute("insert into promises values (?, ?, ?, ?, ?, ?, ?, ?)", line)
        return {original}

    def _settled(self, body: TransactionBody, by: RecordRef) -> set[str]:
        name = None if body.undone is None else body.undone.promise or body.undone.original
        promise = None if name is None else RecordRef.parse(name)
        if promise is None or (promise.keeper, promise.epoch) != (by.keeper, by.epoch):
            return set()
        originals = self._connection.execute(
            "update promises set settled = ? where keeper = ? and epoch = ? and sequence = ? returning original",
            (str(by), promise.keeper, promise.epoch, promise.sequence),
        )
        return {original for (original,) in originals}

    def serve(self, slip: str, stamp: Stamp) -> set[ChainId]:
        """Bring the right to undo the sale with this slip to the first who has promised that; who was told to do what.

        Nobody has to be on line: orders wait. A till that is out of the chain keeps nobody else waiting.
        """
        for promise in self._select(" and original = ?", slip):
            fetched = self._fetching.fetch(promise.chain, promise.asked, stamp)
            if isinstance(fetched, SignedRecord):
                return {promise.chain}
            if isinstance(fetched, RightElsewhere):
                return {fetched.holder} if self._fetching.call(fetched, stamp) else set()
            if not isinstance(fetched, NotDrawn) or fetched.code is not NoDraw.FENCED:
                break
        return set()

    def serve_all(self, stamp: Stamp) -> set[ChainId]:
        """The same of every slip: what was under way may have come to nothing."""
        slips = list(self._connection.execute("select distinct original from promises where settled is null"))
        return set().union(*(self.serve(slip, stamp) for (slip,) in slips))

    def all(self) -> PromiseList:
        """What is open, the oldest business date first: the first LINES_SHOWN_MAX, and for what each waits."""
        total = self._connection.execute("select count(*) from promises where settled is null").get
        assert isinstance(total, int)
        return PromiseList(total, [self._line(one) for one in self._select("")])

    def _select(self, which: str, *values: str) -> list[_Open]:
        query = f"{_OPEN}{which} order by business_date, keeper, epoch, sequence limit ?"
        rows = self._connection.execute(query, (*values, LINES_SHOWN_MAX))
        return [_Open(RecordRef(Place(keeper), epoch, number), *said) for keeper, epoch, number, *said in rows]

    def _line(self, promise: _Open) -> PromiseLine:
        stands, holder = self._fetching.stands(promise.chain, promise.original)
        said = promise.receipt_number, promise.original, promise.units, promise.business_date
        return PromiseLine(str(promise.record), promise.chain.keeper, *said, stands, holder)
