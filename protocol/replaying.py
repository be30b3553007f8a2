"""From a chain's records to what they tell of the book, so that the ledger can audit without knowing bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from ledger.audit import Closing, Line, Posting
from ledger.ids import HEADQUARTERS, AccountId, LotId, OperationId, RecordRef, parse_operation_id
from ledger.slices import Lot, Purse, SliceKey
from ledger.transactions import Transaction, TransactionKind
from protocol.bodies import DayClosedBody, LotOpened, Netted, TransactionBody
from protocol.errors import NotARecord
from protocol.originals import lots_of
from protocol.promotions import Funded, funding
from protocol.receipt_numbers import Numbering
from protocol.records import Record, RecordKind, SignedRecord
from protocol.recoveries import Readopted
from protocol.transfers import given_in, incoming, outgoing, readopting, taken_in
from protocol.write_offs import WrittenOff, writing_off


def lines(records: Iterable[SignedRecord]) -> Iterator[Line]:
    """What a run of records tells of the book, in its order. Raises NotARecord; signatures are not looked at."""
    for signed in records:
        line = line_of(signed.open())
        if line is not None:
            yield line


def line_of(record: Record) -> Line | None:
    """What a record tells of the book; None when it tells nothing. Raises NotARecord."""
    if record.kind is RecordKind.DAY_CLOSED:
        return Closing(record.ref, record.body_as(DayClosedBody).digest)
    return posting_of(record)


def posting_of(record: Record) -> Posting | None:
    """What a record has moved at its keeper's place; None when it moved nothing. Raises NotARecord."""
    try:
        if record.kind is RecordKind.TRANSACTION:
            body = record.body_as(TransactionBody)
            return _posting(record, _transaction(record.ref, body), _receipt(record.ref, body))
        if record.kind in _BY_HQ:
            return _posting(record, _by_hq(record))
        given, taken = given_in(record), taken_in(record)
        if given is not None and record.kind is RecordKind.READOPTED:
            return _posting(record, readopting(given, record.body_as(Readopted).short, record.ref))
        if given is not None:
            return _posting(record, outgoing(given))
        return None if taken is None else _posting(record, incoming(taken))
    except ValueError as fault:
        raise NotARecord(f"{record.ref}: {fault}") from fault


def _posting(record: Record, transaction: Transaction, receipt: int | None = None) -> Posting:
    return Posting(record.ref, record.business_date, receipt, transaction)


def _transaction(ref: RecordRef, body: TransactionBody) -> Transaction:
    operation_id = _operation_id(ref, body)
    kind = TransactionKind(body.kind)
    if kind.carries or kind is TransactionKind.FUNDING:
        raise ValueError("a transfer, a netting, a write-off and a funding have records of their own kinds")
    opens, carries = tuple(_lot(lot) for lot in body.opens), tuple(lots_of(body.account, body.carries))
    return Transaction(kind, operation_id, body.legs, opens, carries)


def _operation_id(ref: RecordRef, body: TransactionBody) -> OperationId:
    """What keeps a promise has that one's own name, so that its till does it once. Raises ValueError."""
    promise = None if body.undone is None or body.undone.promise is None else RecordRef.parse(body.undone.promise)
    if promise is not None:
        is_its_own = (promise.keeper, promise.epoch) == (ref.keeper, ref.epoch) and promise < ref
        if not is_its_own or body.operation_id != promise.kept or body.kind != TransactionKind.REFUND:
            raise ValueError(f"it keeps no promise {promise} of its own")
        return promise.kept
    operation_id = parse_operation_id(body.operation_id)
    if operation_id is None:
        raise ValueError("its operation id is none")
    return operation_id


def _by_hq(record: Record) -> Transaction:
    does, transaction = _BY_HQ[record.kind]
    if record.keeper != HEADQUARTERS:
        raise ValueError(f"only HQ {does}")
    return transaction(record)


def _netting(record: Record) -> Transaction:
    body = record.body_as(Netted)
    if any(leg.account != body.account for leg in body.legs):
        raise ValueError("it nets what another account has")
    lots = tuple(_lot(lot) for lot in body.lots)
    return Transaction(TransactionKind.NETTING, record.ref.netted, body.legs, carries=lots)


def _write_off(record: Record) -> Transaction:
    return writing_off(record.body_as(WrittenOff), record.ref)


def _funding(record: Record) -> Transaction:
    return funding(record.body_as(Funded), record.ref, record.business_date)


_BY_HQ: Mapping[RecordKind, tuple[str, Callable[[Record], Transaction]]] = {
    RecordKind.NETTED: ("nets", _netting),
    RecordKind.WRITTEN_OFF: ("writes off", _write_off),
    RecordKind.FUNDED: ("funds a promotion", _funding),
}
"""What moves something at HQ's place, and is no transfer: what HQ does by it."""


def _lot(lot: LotOpened) -> Lot:
    key = SliceKey(AccountId(lot.account), Purse(lot.purse), LotId(lot.lot))
    return Lot(key, lot.store, lot.opened_on, lot.expires_on)


def _receipt(ref: RecordRef, body: TransactionBody) -> int:
    """`07-2-000031` -> 31."""
    number = Numbering(ref.keeper, ref.epoch).number(body.receipt_number)
    if number is None:
        raise ValueError(f"its receipt number {body.receipt_number!r} is none of its keeper's in this epoch")
    return number
