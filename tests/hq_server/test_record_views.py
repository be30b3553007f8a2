"""How people read of promised refunds in their records: what was promised of which sale, kept, or taken back."""

import msgspec

from checkout.slip_facts import SlipKind
from checkout.sold import Paid, PaidWith, Undone
from hq_server.record_views import Summary, Units, summary
from ledger.ids import LotId
from protocol.bodies import TransactionBody
from protocol.records import Record, SignedRecord, encode_body
from tests.hq_server.forger import ALICE, FACTS, Keeper, held, spent

SLIP = "07-2-000012"
PROMISE = "12-1/1/1"


def of_nobody(signed: SignedRecord) -> Record:
    """The same record as a till signs it that doesn't know whose card it was."""
    body = msgspec.structs.replace(signed.open().body_as(TransactionBody), account="")
    return msgspec.structs.replace(signed.open(), body=encode_body(body))


def test_a_promise_tells_its_number_the_original_slip_and_the_amount() -> None:
    slip = msgspec.structs.replace(FACTS, kind=SlipKind.PROMISE, amount=100_00, original=SLIP, pos_ref="P-7")
    record = of_nobody(Keeper("12-1").move((), kind="promise", slip=slip))
    assert summary(record) == Summary("promise", asked=100_00, told=("12-1-000001", "C01", "P-7"), original=SLIP)


def test_a_refund_that_keeps_a_promise_names_it_and_one_that_keeps_none_does_not() -> None:
    lot = LotId("07-2/1/2")
    legs = (spent(ALICE, lot, -60_00), held(ALICE, lot, 60_00))
    slip = msgspec.structs.replace(FACTS, kind=SlipKind.REFUND, amount=60_00, original=SLIP)
    kept = Undone("07-2/1/3", 60_00, (Paid(PaidWith.STORED_VALUE, 60_00),), promise=PROMISE)
    told = Summary("refund", ALICE, Units(60_00), told=("12-1-000001", "C01"), original=SLIP)
    for undone in (kept, msgspec.structs.replace(kept, promise=None)):
        record = Keeper("12-1").move(legs, kind="refund", slip=slip, undone=undone).open()
        assert summary(record) == msgspec.structs.replace(told, promise=undone.promise)


def test_a_void_that_takes_a_promise_back_names_it_and_what_nobody_will_get() -> None:
    slip = msgspec.structs.replace(FACTS, kind=SlipKind.VOID, amount=100_00, original="12-1-000001")
    record = of_nobody(Keeper("12-1").move((), kind="void", slip=slip, undone=Undone(PROMISE, 100_00, ())))
    told = ("12-1-000001", "C01")
    assert summary(record) == Summary("void", asked=100_00, told=told, original="12-1-000001", promise=PROMISE)


def test_a_void_of_what_a_store_bore_alone_takes_no_promise_back() -> None:
    """Nothing of the member's moves there either."""
    slip = msgspec.structs.replace(FACTS, kind=SlipKind.VOID, original=SLIP)
    undone = Undone("07-2/1/3", 100, (Paid(PaidWith.STORE_RISK, 100),))
    record = Keeper().move((), kind="void", slip=slip, undone=undone).open()
    assert summary(record) == Summary("void", ALICE, Units(), told=("07-2-000001", "C01"), original=SLIP)
