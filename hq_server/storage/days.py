"""A till's business day, read off its signed records and HQ's mirror. It only reads, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from hq_server.day_totals import DayLine, DayPage, DaySale, DaySales, Sums, TillDay, lines, paid
from hq_server.storage.chains import Chains
from hq_server.storage.z_totals import ZTotals
from ledger.ids import ChainId, Place, RecordRef
from ledger.journal_sqlite import Connection
from ledger.slices import MONEY
from ledger.transactions import Leg, Side
from offline_queue.outbox import Chain
from protocol.bodies import DayClosedBody, TransactionBody
from protocol.errors import NotARecord
from protocol.records import Record, RecordKind, SignedRecord

TILLS_MAX = 20
"""On one page."""
PAGE_RECORDS_MAX = 5000
"""After the till with which a page has read so many, it ends: everything else that HQ does waits meanwhile."""
TILL_RECORDS_MAX = 20_000
"""Of one till and day; whoever had more is said not to be whole."""
SALES_MAX = 100
"""On one page."""


class Span(NamedTuple):
    """The records of one chain from `first` on, below `end`, that carry one business date."""

    chain: ChainId
    first: int
    end: int


class Days:
    """Days by business date. A chain's dates only go on, so that a day is one run of records, found by halving."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._chains = Chains(connection)
        self._given = ZTotals(connection)

    def page(self, business_date: str, after: str = "") -> DayPage:
        """The lines of the tills whose names come after `after`."""
        query = "select keeper, min(store) from keepers where keeper > ? group by keeper order by keeper limit ?"
        tills = list(self._connection.execute(query, (after, TILLS_MAX + 1)))
        found: list[DayLine] = []
        read, last = 0, None
        for keeper, store in tills[:TILLS_MAX]:
            day = self._day(Place(keeper), store, business_date)
            found += lines(day, self._given.of(Place(keeper), business_date))
            read += sum(sums.records for sums in day.sums.values())
            last = keeper
            if read >= PAGE_RECORDS_MAX:
                break
        is_all = last is None or last == tills[-1][0]
        return DayPage(business_date, found, None if is_all else last)

    def sales(self, keeper: Place, business_date: str, cashier: str | None, after: RecordRef | None) -> DaySales:
        """What a cashier (None: everybody) did at a till that day, behind the record `after`; at most SALES_MAX."""
        found: list[DaySale] = []
        for span in self._spans(keeper, business_date):
            if after is not None and span.chain.epoch < after.epoch:
                continue
            begin = after.sequence + 1 if after is not None and span.chain.epoch == after.epoch else span.first
            for record in self._transactions(span._replace(first=max(span.first, begin))):
                sale = self._sale(record)
                if sale is not None and cashier in (None, sale.cashier):
                    found.append(sale)
                if len(found) == SALES_MAX:
                    return DaySales(found, str(record.ref))
        return DaySales(found, None)

    def _day(self, keeper: Place, store: str, business_date: str) -> TillDay:
        sums: dict[str, Sums] = {}
        unread = read = 0
        spans = list(self._spans(keeper, business_date))
        for record in (record for span in spans for record in self._transactions(span)):
            body = _body(record)
            read += 1
            if body is None:
                unread += 1
            else:
                posted, reasons = self._posted(record.ref, body), self._chains.reasons(record.ref)
                said = sums.setdefault(body.slip.cashier, Sums())
                said.add(paid(body.legs), posted, is_set_aside=bool(reasons), at_risk=body.let_go)
            if read == TILL_RECORDS_MAX:
                break
        is_closed = bool(spans) and all(self._is_closed(span, business_date) for span in spans)
        return TillDay(keeper, store, sums, unread, is_closed, read < TILL_RECORDS_MAX)

    def _sale(self, record: Record) -> DaySale | None:
        body = _body(record)
        if body is None:
            return None
        ref, slip = record.ref, body.slip
        return DaySale(
            record=str(ref),
            recorded_at_ms=record.recorded_at_ms,
            kind=body.kind,
            cashier=slip.cashier,
            pos_ref=slip.pos_ref,
            receipt_number=body.receipt_number,
            account=body.account,
            units=paid(body.legs),
            posted=self._posted(ref, body),
            at_risk=body.let_go,
            stands=self._chains.stands(ref),
            reasons=self._chains.reasons(ref),
        )

    def _posted(self, ref: RecordRef, body: TransactionBody) -> int | None:
        """What HQ's book has of a record, leg by leg; None when it has not posted it."""
        query = "select 1 from transactions where keeper = ? and epoch = ? and sequence = ?"
        if self._connection.execute(query, (ref.keeper, ref.epoch, ref.sequence)).get is None:
            return None
        return sum(self._entry(ref, leg) for leg in body.legs if leg.side == Side.SPENT and leg.purse in MONEY)

    def _entry(self, ref: RecordRef, leg: Leg) -> int:
        units = self._connection.execute(
            "select units from entries where account = ? and purse = ? and lot = ? and side = ? and keeper = ?"
            " and epoch = ? and sequence = ?",
            (leg.account, leg.purse, leg.lot, leg.side, ref.keeper, ref.epoch, ref.sequence),
        ).get
        return int(units or 0)

    def _transactions(self, span: Span) -> Iterator[Record]:
        rows = self._connection.execute(
            "select content, signature from records where keeper = ? and epoch = ? and sequence >= ? and sequence < ?"
            " and kind = ? order by sequence",
            (*span.chain, span.first, span.end, RecordKind.TRANSACTION),
        )
        for row in rows:
            yield SignedRecord(*row).open()

    def _spans(self, keeper: Place, business_date: str) -> Iterator[Span]:
        """Where that day lies in each of a place's chains; none where it has no record."""
        for (epoch,) in list(self._connection.execute("select epoch from keepers where keeper = ?", (keeper,))):
            chain = ChainId(keeper, epoch)
            first = self._first(chain, business_date, is_later=False)
            end = self._first(chain, business_date, is_later=True)
            if first < end:
                yield Span(chain, first, end)

    def _first(self, chain: ChainId, business_date: str, *, is_later: bool) -> int:
        """The first record of that date, or of a later one; one behind the last when there is none."""
        records = Chain(self._connection, *chain)
        head = records.head()
        low, high = 1, 1 if head is None else head.ref.sequence + 1
        while low < high:
            middle = (low + high) // 2
            signed = records.record(middle)
            assert signed is not None, "what is held has no gaps"
            date = signed.open().business_date
            if date > business_date or (date == business_date and not is_later):
                high = middle
            else:
                low = middle + 1
        return low

    def _is_closed(self, span: Span, business_date: str) -> bool:
        """The record behind a day's last one is the close of that day, and carries the next date."""
        signed = Chain(self._connection, *span.chain).record(span.end)
        if signed is None or (record := signed.open()).kind is not RecordKind.DAY_CLOSED:
            return False
        try:
            return record.body_as(DayClosedBody).closed == business_date
        except NotARecord:
            return False


def _body(record: Record) -> TransactionBody | None:
    try:
        return record.body_as(TransactionBody)
    except NotARecord:
        return None
