"""Records: bytes that are made once, and that nobody else's bytes can pass for."""

import hashlib
import random
from pathlib import Path

import msgspec
import pytest

from checkout.requests import BookView, Elsewhere, LetGo, Sale
from checkout.results import Declined, Done
from checkout.sale import sale
from checkout.sold import CARD, SOLD_BYTES_MAX, Paid, PaidWith, Sold, Undone
from ledger.amounts import UNITS_MAX
from ledger.ids import LotId, OperationId, Place, RecordRef
from ledger.slices import Lot, Purse, Slice, SliceKey
from loyalty.earning import EarningRule, RedeemingRate
from loyalty.evaluation import Item
from loyalty.programme import FloorLimit
from protocol.bodies import (
    Applied,
    Block,
    DayClosedBody,
    DeclinedBody,
    Directive,
    Given,
    Opened,
    PrintBody,
    Recall,
    Taken,
    TransactionBody,
    Transfer,
    TransferPart,
    Unblock,
    lots_told,
)
from protocol.errors import NotARecord
from protocol.hosting import ToldBody
from protocol.records import RECORD_BYTES_MAX, Record, RecordKind, SignedRecord, encode_body, seal, signed_message
from protocol.rights import Entrust, GiveRight, LotTerms, Right, RightGiven
from tests.chains.company import ALICE, PROGRAMME, swiped
from tests.chains.till import KEY, PUBLIC_KEY, Till

BODY = PrintBody("07-2-000031", 1, "unknown", ("no_answer",))
RECORD = Record(
    version=1,
    keeper=Place("07-2"),
    epoch=1,
    sequence=58,
    recorded_at_ms=1_795_320_309_123,
    business_date="2026-11-22",
    mode="transfer",
    kind=RecordKind.PRINT,
    previous=bytes(range(32)),
    body=encode_body(BODY),
)
CONTENT = bytes.fromhex(
    "9a01a430372d32013acf000001a2016de583aa323032362d31312d3232a87472616e73666572a57072696e74"
    "c420000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
    "84ae726563656970745f6e756d626572ab30372d322d303030303331a372756e01a473746570a7756e6b6e6f776e"
    "a7726561736f6e7391a96e6f5f616e73776572"
)
SIGNATURE = bytes.fromhex(
    "246fad525796177a623dbc61ac2621e230bca4fb705d89315ce0c375580d213a"
    "dab6a98667299006e3ec2c2c437c1730f2a4486dcf7d40e32c4476656b01240e"
)
HASH = "9f820b96b56ad7968f6c2775f3d85ce5426a49d51fc15387880344f05df12961"


def opened(content: bytes) -> Record:
    return SignedRecord(content, SIGNATURE).open()


def test_a_record_is_these_bytes_and_this_signature_for_ever() -> None:
    sealed = seal(RECORD, KEY.sign)
    assert sealed.content.hex() == CONTENT.hex()
    assert sealed.signature == SIGNATURE
    assert sealed.hash.hex() == HASH


def test_hash_and_signature_are_over_a_context_and_the_bytes_and_need_none_of_our_code() -> None:
    message = b"counterfoil record 1\0" + CONTENT
    assert signed_message(CONTENT) == message
    assert hashlib.sha256(message).hexdigest() == HASH
    PUBLIC_KEY.verify(SIGNATURE, message)


def test_a_record_is_read_back_as_it_was_made() -> None:
    record = opened(CONTENT)
    assert record == RECORD
    assert str(record.ref) == "07-2/1/58"
    assert record.body_as(PrintBody) == BODY
    assert bytes(record.body) in CONTENT


def test_any_messagepack_reader_can_read_a_record() -> None:
    assert msgspec.msgpack.decode(CONTENT) == [
        *(1, "07-2", 1, 58, 1_795_320_309_123, "2026-11-22", "transfer", "print", bytes(range(32))),
        {"receipt_number": "07-2-000031", "run": 1, "step": "unknown", "reasons": ["no_answer"]},
    ]


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (Opened, "place public_key software after"),
        (
            TransactionBody,
            "kind operation_id account receipt_number legs opens slip reasons programme software sold undone carries",
        ),
        (
            DeclinedBody,
            "kind operation_id account units entry cashier pos_ref decline reasons programme software sold original",
        ),
        (Sold, "items paid"),
        (Undone, "original units paid promise"),
        (Item, "article units quantity group clerk"),
        (Paid, "tender units points"),
        (Directive, "to to_epoch number order"),
        (Applied, "directive"),
        (Given, "to to_epoch transfer"),
        (Taken, "given"),
        (Transfer, "why operation_id account parts"),
        (TransferPart, "purse lot store opened_on expires_on units"),
        (Recall, "account asset keep"),
        (Block, "cards"),
        (Unblock, "cards"),
        (GiveRight, "record"),
        (Entrust, "operation_id public_key given"),
        (RightGiven, "right"),
        (Right, "record receipt_number business_date account card total paid spent issued lots moves"),
        (LotTerms, "purse lot store opened_on expires_on"),
        (PrintBody, "receipt_number run step reasons"),
        (DayClosedBody, "closed opens digest slices units"),
    ],
)
def test_a_field_of_a_body_is_never_renamed(kind: type[msgspec.Struct], fields: str) -> None:
    assert kind.__struct_encode_fields__ == tuple(fields.split())


def test_a_movement_on_the_wire_is_legs_and_lots_as_plain_words(tmp_path: Path) -> None:
    till = Till(tmp_path / "till.db")
    till.load(ALICE, "500.00")
    body = msgspec.msgpack.decode(till.chain()[1].open().body)
    account, lot = ALICE.account, "07-2/1/2"
    assert body["legs"] == [
        [account, "principal", lot, "issued", -50_000],
        [account, "principal", lot, "held", 50_000],
        [account, "bonus", lot, "issued", -6_055],
        [account, "bonus", lot, "held", 6_055],
    ]
    opened = {"account": account, "lot": lot, "store": "07", "opened_on": "2026-11-22", "expires_on": None}
    assert body["opens"] == [opened | {"purse": "principal"}, opened | {"purse": "bonus"}]


@pytest.mark.parametrize("length", range(len(CONTENT)))
def test_a_record_that_was_cut_short_is_none(length: int) -> None:
    with pytest.raises(NotARecord):
        opened(CONTENT[:length])


@pytest.mark.parametrize(
    "content",
    [
        CONTENT + b"\0",
        CONTENT + CONTENT,
        b"\x9b" + CONTENT[1:] + b"\0",
        b"\x99" + CONTENT[1:-86],
        b"{}",
        b"\xc1",
        msgspec.msgpack.encode({"version": 1}),
        CONTENT.replace(b"\xa5print", b"\xa5prank"),
        b"\x9a\xa11" + CONTENT[2:],
    ],
)
def test_bytes_of_another_form_are_no_record(content: bytes) -> None:
    with pytest.raises(NotARecord):
        opened(content)


def test_a_record_of_another_version_is_none_of_ours() -> None:
    """A later version may mean something else by the same fields; it is kept as it came and not understood."""
    with pytest.raises(NotARecord):
        opened(b"\x9a\x02" + CONTENT[2:])


def test_a_record_may_be_so_large_and_no_larger() -> None:
    def padded(size: int) -> bytes:
        filling = size - (len(CONTENT) - len(bytes(RECORD.body))) - 3
        body = b"\xc5" + filling.to_bytes(2, "big") + bytes(filling)
        return CONTENT.replace(bytes(RECORD.body), body)

    largest = padded(RECORD_BYTES_MAX)
    assert len(largest) == RECORD_BYTES_MAX
    assert opened(largest).sequence == 58
    with pytest.raises(NotARecord):
        opened(padded(RECORD_BYTES_MAX + 1))


def test_text_that_is_no_text_makes_no_record() -> None:
    with pytest.raises(NotARecord):
        opened(CONTENT.replace(b"07-2\x01", b"\xff7-2\x01"))
    with pytest.raises(NotARecord):
        opened(CONTENT.replace(b"no_answer", b"no_ans\xff\xff\xff")).body_as(PrintBody)


def test_a_body_nested_as_deep_as_a_record_can_hold_is_no_body() -> None:
    deep = CONTENT[: CONTENT.index(b"\x84\xae")] + b"\x91" * 60_000 + b"\0"
    with pytest.raises(NotARecord):
        opened(deep).body_as(PrintBody)


def test_a_keeper_that_can_be_no_place_keeps_no_record() -> None:
    """`07/2/1/58` would be two records' name."""
    with pytest.raises(NotARecord):
        opened(CONTENT.replace(b"07-2\x01", b"07/2\x01"))


def test_a_body_of_another_kind_is_not_read_as_this_one() -> None:
    with pytest.raises(NotARecord):
        opened(CONTENT).body_as(TransactionBody)


@pytest.mark.parametrize("seed", range(5))
def test_whatever_bytes_come_they_are_a_record_or_they_are_none(seed: int) -> None:
    """Nothing else is raised: what a stranger sends must not end HQ's intake."""
    chance = random.Random(seed)
    for _ in range(2_000):
        content = bytearray(CONTENT)
        for _ in range(chance.randrange(1, 4)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        try:
            opened(bytes(content)).body_as(PrintBody)
        except NotARecord:
            continue


FAR = "abcdefgh-abcd@hq/999999999999999999"
"""The longest name that a place and its epoch can have."""


LARGE = msgspec.structs.replace(
    PROGRAMME,
    charge_max_units=UNITS_MAX,
    earning=EarningRule("base", points=1, per_units=10_000),
    redeeming=RedeemingRate(points=1, units=1),
)
LENT = msgspec.structs.replace(LARGE, floor_limit=FloorLimit(("transfer",), UNITS_MAX, UNITS_MAX, UNITS_MAX))


@pytest.mark.parametrize("tenders", [{PaidWith.STORED_VALUE}, {PaidWith.POINTS}, set(CARD), set(PaidWith)])
def test_the_largest_sale_that_a_till_takes_fits_a_record(tenders: set[PaidWith]) -> None:
    """All the slices that one sale may touch, under the longest names, and all the lines that the API takes."""
    slices = tuple(
        Slice(Lot(SliceKey(ALICE.account, purse, LotId(f"{FAR}/{10**17 + lot}")), "abcdefgh", "2026-11-22"), 10**9)
        for purse in (Purse.PRINCIPAL, Purse.POINTS)
        for lot in range(100 if PaidWith.STORE_RISK in tenders else 300)
    )
    each = 200 // len(tenders & set(CARD)) * 10**9
    bears = each if PaidWith.STORE_RISK in tenders else 0
    asked = tenders - {PaidWith.STORE_RISK}
    paid = tuple(Paid(tender, each + bears * (tender is PaidWith.STORED_VALUE)) for tender in asked)
    items = (*(Item("x" * 64, 1) for _ in range(199)), Item("", each * len(tenders) - 199))
    room = SOLD_BYTES_MAX - len(msgspec.msgpack.encode(Sold(items, paid)))
    items = (*items[:-1], Item("x" * (room - 2), items[-1].units))
    assert len(msgspec.msgpack.encode(Sold(items, paid))) == SOLD_BYTES_MAX
    request = Sale(OperationId("o" * 64), swiped(ALICE), items, paid, "C" * 32, "p" * 64, bears)
    view = BookView(RecordRef(Place("abcdefgh-abcd@hq"), 10**17, 10**17), "abcdefgh", "2026-11-22", slices)
    view = msgspec.structs.replace(view, mode="transfer", let_go=LetGo(0, 0), elsewhere=Elsewhere(UNITS_MAX, 0))
    answer = sale(request, view, LENT)
    assert isinstance(answer, Done), answer
    assert len(answer.transaction.legs) >= 400
    for part in (tender for tender in tenders if tender in CARD):
        more = tuple(Paid(one.tender, one.units + (one.tender is part)) for one in paid)
        dearer = (*items[:-1], Item(items[-1].article, items[-1].units + 1))
        assert isinstance(sale(msgspec.structs.replace(request, items=dearer, paid=more), view, LARGE), Declined)
    body = TransactionBody(
        kind=answer.transaction.kind,
        operation_id=answer.transaction.operation_id,
        account=ALICE.account,
        receipt_number="abcdefgh-abcd@hq-999999999999999",
        legs=answer.transaction.legs,
        opens=lots_told(answer.transaction.opens),
        slip=answer.facts,
        reasons=answer.reasons,
        programme="2026-11",
        software="counterfoil 0.1.0",
        sold=answer.sold,
    )
    far = msgspec.structs.replace(RECORD, keeper="abcdefgh-abcd@hq", epoch=10**17, sequence=10**17)
    sealed = seal(msgspec.structs.replace(far, body=encode_body(body)), KEY.sign)
    assert len(sealed.content) in range(RECORD_BYTES_MAX - 4_000, RECORD_BYTES_MAX + 1)
    assert sealed.open().body_as(TransactionBody) == body
    # A hosted store's till quotes it whole.
    told = msgspec.structs.replace(RECORD, keeper="abcdefgh-abcd", epoch=10**17, sequence=10**17, mode="real_time")
    quoting = encode_body(ToldBody("o" * 64, sealed))
    assert seal(msgspec.structs.replace(told, kind=RecordKind.TOLD, body=quoting), KEY.sign).open().body_as(ToldBody)
