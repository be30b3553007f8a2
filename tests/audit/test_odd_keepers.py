"""What a keeper signed itself and should not have: rules of the book broken, orders out of turn, keys made up."""

from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from ledger.ids import HEADQUARTERS, LotId
from ledger.slices import Purse, SliceKey
from ledger.transactions import Leg, Side
from offline_queue.auditing.audit import audit
from offline_queue.auditing.findings import Sort
from offline_queue.export_file import ExportReader, write_export
from offline_queue.export_items import SliceRow
from offline_queue.outbox import Stamp
from protocol.bodies import Applied, DayClosedBody, Directive, Enrol, LotOpened, Order, Revoke, TransactionBody
from protocol.records import FIRST_PREVIOUS, Record, RecordKind, SignedRecord, encode_body, seal
from protocol.signing import Signer
from tests.audit.halves import HQ_KEY, HQ_PUBLIC_KEY, STRANGER, Halves, traded
from tests.chains.company import BOB
from tests.chains.till import IDENTITY

STRANGERS_KEY = STRANGER.public_key().public_bytes_raw()
LOT = SliceKey(BOB.account, Purse.PRINCIPAL, LotId("07-2/1/4"))


@pytest.fixture
def halves(tmp_path: Path) -> Halves:
    return traded(tmp_path, close=False)


def sign(halves: Halves, kind: RecordKind, body: msgspec.Struct) -> None:
    """The till's own key signs it, and no use case is asked."""
    stamp = Stamp(halves.till.now_ms, "2026-11-23", "transfer")
    halves.till.store._outbox.append(halves.till.store.head(), kind, body, stamp)


def taken(halves: Halves, units: int, *, operation: str = "operation-90", receipt: int = 6) -> TransactionBody:
    """A movement out of BOB's lot, of which 1700 lie at the till."""
    body = halves.till.chain()[10].open().body_as(TransactionBody)
    legs = (Leg(*LOT, Side.HELD, -units), Leg(*LOT, Side.SPENT, units))
    return replace(body, legs=legs, operation_id=operation, receipt_number=f"07-2-{receipt:06}")


def found(*exports: Path) -> list[tuple[str, str, str]]:
    report = audit(exports, HQ_PUBLIC_KEY).report
    return [(one.finding.sort, one.finding.at, one.finding.what) for one in report.found]


def at_hq(halves: Halves) -> list[tuple[str, str, str]]:
    """HQ hears of it and posts what its book takes."""
    halves.hold()
    halves.post()
    halves.close()
    return found(halves.export_hq())


def test_value_that_was_not_there_is_named_and_hq_was_right_to_set_it_aside(halves: Halves) -> None:
    sign(halves, RecordKind.TRANSACTION, taken(halves, 1701))
    assert at_hq(halves) == [(Sort.RULE_BROKEN, "07-2/1/12", "it takes value that was not there")]
    assert (Sort.RULE_BROKEN, "07-2/1/12", "it takes value that was not there") in found(halves.export_till())


def test_an_operation_that_is_done_twice_is_named(halves: Halves) -> None:
    sign(halves, RecordKind.TRANSACTION, taken(halves, 1, operation="operation-6"))
    said = "operation operation-6 had its effect in 07-2/1/11"
    assert at_hq(halves) == [(Sort.RULE_BROKEN, "07-2/1/12", said)]


def test_a_lot_under_the_name_of_another_record_is_named(halves: Halves) -> None:
    foreign = SliceKey(BOB.account, Purse.PRINCIPAL, LotId("08-1/1/2"))
    legs = (Leg(*foreign, Side.ISSUED, -5), Leg(*foreign, Side.HELD, 5))
    opens = (LotOpened(*foreign, "08", "2026-11-23", None),)
    sign(halves, RecordKind.TRANSACTION, replace(taken(halves, 1), kind="load", legs=legs, opens=opens))
    assert at_hq(halves) == [(Sort.RULE_BROKEN, "07-2/1/12", "it opens a lot under the name of another record")]


def test_a_receipt_number_that_was_left_out_is_named(halves: Halves) -> None:
    sign(halves, RecordKind.TRANSACTION, taken(halves, 1, receipt=7))
    assert at_hq(halves) == [(Sort.RULE_BROKEN, "07-2/1/12", "its receipt has number 7, expected 6")]


def test_a_movement_that_says_nothing_that_can_be_understood_is_named(halves: Halves) -> None:
    sign(halves, RecordKind.TRANSACTION, replace(taken(halves, 1), kind="gift"))
    (one,) = at_hq(halves)
    assert one[:2] == (Sort.RULE_BROKEN, "07-2/1/12")
    assert "'gift' is not a valid TransactionKind" in one[2]


def test_a_day_close_with_another_digest_than_the_place_has_is_named(halves: Halves) -> None:
    sign(halves, RecordKind.DAY_CLOSED, DayClosedBody("2026-11-23", "2026-11-24", bytes(32), 0, 0))
    assert at_hq(halves) == [(Sort.RULE_BROKEN, "07-2/1/12", "its digest is not that of what lay here")]


def order(number: int, what: Order, to: str = "07-2", signer: Signer = HQ_KEY.sign) -> Applied:
    body = encode_body(Directive(to, 1, number, what))
    record = Record(1, HEADQUARTERS, 1, 3, 0, "2026-11-22", "transfer", RecordKind.DIRECTIVE, FIRST_PREVIOUS, body)
    return Applied(seal(record, signer))


@pytest.mark.parametrize(
    ("applied", "words"),
    [
        (order(3, Revoke(0)), "it carries out order 3 for 07-2, expected 2"),
        (order(1, Revoke(0)), "it carries out order 1 for 07-2, expected 2"),
        (order(1, Revoke(0), to="08-1"), "the order hq/1/3 that it carried out was for 08-1"),
        (order(2, Revoke(0), signer=STRANGER.sign), "the order hq/1/3 that it carried out is not signed by HQ"),
        (Applied(SignedRecord(b"", b"")), "its order is not understood"),
    ],
)
def test_an_order_that_was_not_hqs_or_not_for_this_till_or_out_of_turn_is_named(
    halves: Halves, applied: Applied, words: str
) -> None:
    sign(halves, RecordKind.APPLIED, applied)
    halves.close()
    assert (Sort.WRONG_ORDER, "07-2/1/12", words) in found(halves.export_till())


def test_a_till_that_gives_orders_is_named(halves: Halves) -> None:
    sign(halves, RecordKind.DIRECTIVE, Directive("08-1", 1, 1, Enrol(STRANGERS_KEY)))
    halves.close()
    assert found(halves.export_till()) == [(Sort.WRONG_ORDER, "07-2/1/12", "only HQ gives orders")]


def test_an_order_that_hq_did_not_sign_enrols_nobody(halves: Halves) -> None:
    """The till's own chain carries a forged order that vouches for another key: it is believed by nobody."""
    sign(halves, RecordKind.APPLIED, order(2, Enrol(STRANGERS_KEY), signer=STRANGER.sign))
    halves.close()
    report = audit([halves.export_till()], HQ_PUBLIC_KEY).report
    assert [chain.key for chain in report.exports[0].chains] == [IDENTITY.public_key.hex()]
    assert not any(one.finding.sort == Sort.WRONG_KEY for one in report.found)


def test_an_hq_that_enrols_one_till_with_two_keys_is_named(halves: Halves) -> None:
    sign(halves, RecordKind.APPLIED, order(2, Enrol(STRANGERS_KEY)))
    halves.close()
    assert (Sort.WRONG_KEY, "hq/1/3", "it enrols 07-2 a second time, with another key") in found(halves.export_till())


def test_a_balance_that_stands_twice_in_the_book_is_named(halves: Halves) -> None:
    """No SQLite file without damage has that; an export can."""
    halves.close()
    with halves.export_till().open("rb") as stream:
        reader = ExportReader(stream)
        items = list(reader.items())
    odd = halves.folder / "odd.counterfoil"
    twice = next(item for item in items if isinstance(item, SliceRow) and item.account == BOB.account)
    with odd.open("wb") as out:
        write_export(out, reader.head, [*items, twice])
    said = f"the slice of account {BOB.account}, principal, at 07-2/1 stands twice in the book"
    assert found(odd) == [(Sort.BOOK_DIFFERS, "07-2/1/4", said)]
