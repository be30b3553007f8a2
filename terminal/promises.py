"""Promises in the till's book: refunds for which goods were taken, until the right to give them back comes."""

from __future__ import annotations

from checkout.requests import Promise
from ledger.ids import RecordRef
from ledger.journal_sqlite import Connection
from terminal.slips import Slips


class Promises:
    """The table of promises. Every method runs inside the caller's transaction."""

    def __init__(self, connection: Connection, slips: Slips) -> None:
        self._connection = connection
        self._slips = slips

    def add(self, number: int, original: str, units: int) -> None:
        """Remember what slip `number` promises, in the commit that prints it."""
        self._connection.execute("insert into promises values (?, ?, ?, null)", (number, original, units))

    def settle(self, record: str, by: RecordRef) -> None:
        """The promise of this record, if it is one, was kept or taken back, in the commit that does it."""
        ref = RecordRef.parse(record)
        number = None if ref is None else self._slips.of_record(ref)
        if number is not None:
            self._connection.execute("update promises set settled = ? where number = ?", (str(by), number))

    def find(self, receipt_number: str) -> Promise | None:
        """The promise whose slip has this number."""
        number = self._slips.number(receipt_number)
        query = "select settled is not null from promises where number = ?"
        is_settled = None if number is None else self._connection.execute(query, (number,)).get
        return None if number is None or is_settled is None else self._promise(number, is_open=not is_settled)

    def open(self, original: str | None = None) -> list[Promise]:
        """What is not settled, the first of it first; `original`: of the sale with this slip alone."""
        query, values = "select number from promises where settled is null", tuple[str, ...]()
        if original is not None:
            query, values = f"{query} and original = ?", (original,)
        numbers = [number for (number,) in self._connection.execute(f"{query} order by number", values)]
        return [self._promise(number, is_open=True) for number in numbers]

    def _promise(self, number: int, *, is_open: bool) -> Promise:
        made = self._slips.made(number)
        assert made is not None, "each promise has its slip"
        slip, ref = made.body.slip, made.record.ref
        assert slip.original is not None, "a promise names a sale's slip"
        left = slip.amount if is_open else 0
        named = (ref, made.body.receipt_number, slip.original)
        return Promise(*named, slip.amount, left, slip.cashier, slip.pos_ref)
