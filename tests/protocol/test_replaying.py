"""From records to postings: what is there is told, and what makes no sense is no record."""

from pathlib import Path

import msgspec
import pytest

from ledger.audit import Closing, Posting
from ledger.slices import Purse
from protocol.bodies import TransactionBody
from protocol.errors import NotARecord
from protocol.records import RecordKind, SignedRecord, seal
from protocol.replaying import line_of, lines, posting_of
from tests.chains.company import ALICE
from tests.chains.till import KEY, Till

LOT = {
    "account": "a",
    "purse": "bonus",
    "lot": "07-2/1/2",
    "store": "07",
    "opened_on": "2026-11-22",
    "expires_on": None,
}
UNDONE = {"original": "07-2/1/1", "units": 1, "paid": []}
KEPT: dict[str, object] = {"kind": "refund"}
NO_PROMISES = ["07-2/1/9", "07-2/1/2", "07-2/2/1", "07-3/1/1"]
"""A later record, the refund itself, one of another epoch, and another till's: none of them can be what it keeps."""
ODD_TERMS: list[dict[str, str | None]] = [
    {"account": ""},
    {"account": "a" * 65},
    {"lot": "07-2/1/02"},
    {"lot": "l"},
    {"store": "s" * 9},
    {"store": ""},
    {"opened_on": "2026-11-22T12:00"},
    {"opened_on": None},
    {"expires_on": "z"},
]
"""What a till could sign to fill every transfer of its lots, or to have one that never expires."""


@pytest.fixture
def chain(tmp_path: Path) -> list[SignedRecord]:
    till = Till(tmp_path / "till.db")
    till.load(ALICE, "500.00")
    till.ask(till.charge_of(ALICE, "2000.00"))
    till.charge(ALICE, "12.34")
    till.close_day()
    return till.chain()


def test_movements_and_day_closes_are_told_in_order(chain: list[SignedRecord]) -> None:
    load, charge, closing = lines(chain)
    assert isinstance(load, Posting)
    assert isinstance(charge, Posting)
    assert isinstance(closing, Closing)
    assert [str(line.ref) for line in (load, charge, closing)] == ["07-2/1/2", "07-2/1/4", "07-2/1/5"]
    assert (load.receipt, charge.receipt, load.business_date) == (1, 2, "2026-11-22")
    assert [lot.key.purse for lot in load.transaction.opens] == [Purse.PRINCIPAL, Purse.BONUS]
    assert {lot.key.lot for lot in load.transaction.opens} == {load.ref.lot}
    assert sum(charge.transaction.held_changes().values()) == -1_234


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "gift"},
        {"operation_id": "no"},
        {"operation_id": "given/07-2/1/2"},
        {"operation_id": "taken/hq/1/2"},
        *(KEPT | {"undone": UNDONE | {"promise": name}, "operation_id": f"kept/{name}"} for name in NO_PROMISES),
        KEPT | {"undone": UNDONE | {"promise": "07-2/1/1"}, "operation_id": "operation-kept"},
        {"receipt_number": "07-3-000001"},
        {"receipt_number": "07-2.2-000001"},
        {"receipt_number": "07-2.1-000001"},
        {"receipt_number": "07-2-"},
        {"receipt_number": "07-2-0x1"},
        {"receipt_number": "000001"},
        {"receipt_number": "07-2-" + "9" * 5_000},
        {"opens": [{"account": "a", "purse": "gold", "lot": "l", "store": "07", "opened_on": "x", "expires_on": None}]},
        {"legs": [["a", "principal", "l", "elsewhere", 5]]},
        *({"opens": [LOT | change]} for change in ODD_TERMS),
        {"legs": [["a", "principal", "l", "held"]]},
    ],
)
def test_a_movement_that_makes_no_sense_is_no_record(chain: list[SignedRecord], change: dict[str, object]) -> None:
    record = chain[1].open()
    body = msgspec.to_builtins(record.body_as(TransactionBody)) | change
    odd = msgspec.structs.replace(record, body=msgspec.Raw(msgspec.msgpack.encode(body)))
    with pytest.raises(NotARecord):
        posting_of(seal(odd, KEY.sign).open())


def test_a_run_with_bytes_that_are_no_record_is_refused(chain: list[SignedRecord]) -> None:
    with pytest.raises(NotARecord):
        list(lines([chain[0], SignedRecord(b"", b"")]))


@pytest.mark.parametrize("kind", ["transaction", "day_closed", "given", "taken", "applied"])
def test_a_body_of_another_kind_is_no_movement(chain: list[SignedRecord], kind: str) -> None:
    odd = msgspec.structs.replace(chain[0].open(), kind=RecordKind(kind))
    with pytest.raises(NotARecord):
        line_of(odd)


def test_what_moves_nothing_tells_nothing_of_the_book(chain: list[SignedRecord]) -> None:
    silent = [RecordKind.OPENED, RecordKind.DECLINED, RecordKind.PRINT]
    for kind in silent:
        assert line_of(msgspec.structs.replace(chain[0].open(), kind=kind)) is None
    assert posting_of(chain[4].open()) is None, "a day close is no movement"


@pytest.mark.parametrize("kind", ["transfer_out", "transfer_in"])
def test_a_transfer_does_not_come_as_a_transaction(chain: list[SignedRecord], kind: str) -> None:
    """It would come without the giver's record."""
    record = chain[1].open()
    body = msgspec.to_builtins(record.body_as(TransactionBody)) | {"kind": kind}
    odd = msgspec.structs.replace(record, body=msgspec.Raw(msgspec.msgpack.encode(body)))
    with pytest.raises(NotARecord):
        posting_of(odd)
