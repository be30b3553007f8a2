"""docs/wire-protocol.md is true: every example is what our code makes, and what its words alone make."""

import io
from typing import get_args

import msgspec
import pytest

from checkout.requests import Entry
from checkout.results import Decline
from ledger.audit import replay
from ledger.cards import TOKEN_BYTES
from ledger.ids import AccountId, LotId, Place
from ledger.slices import Asset, Purse, SliceKey
from loyalty.programme import PARTS_MAX
from offline_queue.doubts import Hearer, Passed, check_gift, check_relay
from offline_queue.export_file import ITEM_BYTES_MAX, ExportReader
from offline_queue.forwarding import WINDOW_BATCHES
from offline_queue.intake import examine
from protocol.acknowledgements import open_acknowledgement
from protocol.bodies import (
    BLOCKED_CARDS_MAX,
    DIRECTIVE_BYTES_MAX,
    GIVEN_BYTES_MAX,
    RELAYED_BYTES_MAX,
    DeclinedBody,
    Directive,
    Opened,
    Order,
    Predecessor,
    Relay,
    Revoke,
    TransactionBody,
    Why,
)
from protocol.chain import verify_each
from protocol.conversation import (
    BATCH_BYTES_MAX,
    BATCH_RECORDS_MAX,
    DIRECTORY_LINES_MAX,
    FOUND_MAX,
    FRAME_BYTES_MAX,
    AnyMessage,
    NoDraw,
    Records,
    decode,
)
from protocol.enrolment import CODE_VALID_S, TRIES_MAX, EnrolmentAnswer, EnrolmentRequest, open_answer, request_is_true
from protocol.hosting import AskedBody, NotTold, ToldBody, WarrantBody
from protocol.members import SHARES_MAX
from protocol.names import NAME_LENGTH_MAX
from protocol.originals import original_in
from protocol.records import RECORD_BYTES_MAX, Record, RecordKind, SignedRecord
from protocol.rejections import Rejection
from protocol.replaying import lines
from protocol.rights import RIGHT_LOTS_MAX, Entrust, GiveRight, RightGiven, passed_to
from protocol.signing import Context, Signed, is_signed_by, public_key
from tests.protocol import independent
from tests.protocol.wire_vectors import BODIES, DOCUMENT, MAKERS, Vector, computed, refreshed, vectors

TEXT = DOCUMENT.read_text(encoding="utf-8")
VECTORS = {vector.name: vector for vector in vectors(TEXT)}
EACH = pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS.keys())


TILLS_CHAIN = (
    *("opened", "load", "declined", "print", "day-closed", "applied", "given", "applied-transfer", "clock"),
    *("asked", "told", "asked-load", "right-taken"),
)
HOSTED_CHAIN = "hosted-opened", "hosted-declined", "hosted-load", "warrant"
HQS_CHAIN = (
    "hq-opened",
    "enrol",
    "taken",
    "transfer",
    "recall",
    "block",
    "unblock",
    "run-as",
    "roster",
    "relay",
    "netted",
    "give-right",
    "entrust",
)
HQS_NEXT_EPOCH = "opened-epoch", "new-epoch", "readopted", "reclaimed", "recovered", "written-off"
KEPT = HQS_CHAIN.index("unblock") + 1
"""So much HQ still had of the first when it began the second."""


def signed(name: str) -> SignedRecord:
    vector = VECTORS[name]
    return SignedRecord(result(vector, "content"), result(vector, "signature"))


def result(vector: Vector, field: str) -> bytes:
    return bytes.fromhex(vector.results[field])


@EACH
def test_our_code_makes_these_bytes(vector: Vector) -> None:
    assert computed(vector) == vector.results


@EACH
def test_the_documents_words_alone_make_these_bytes(vector: Vector) -> None:
    made = independent.results(vector)
    assert {name: value.hex() if isinstance(value, bytes) else value for name, value in made} == vector.results


def test_the_document_has_a_vector_of_each_kind_and_a_record_of_each_kind() -> None:
    assert {vector.kind for vector in VECTORS.values()} == MAKERS.keys()
    kinds = [vector.inputs["kind"] for vector in VECTORS.values() if vector.kind == "record"]
    assert set(kinds) == set(RecordKind) == BODIES.keys()


def test_a_wrong_byte_in_the_document_is_found_and_computed_anew() -> None:
    wrong = TEXT.replace(VECTORS["opened"].results["hash"], "00" * 32)
    assert wrong != TEXT
    opened = next(vector for vector in vectors(wrong) if vector.name == "opened")
    assert computed(opened) != opened.results
    assert refreshed(wrong) == refreshed(TEXT) == TEXT


def test_the_records_of_the_document_are_one_good_chain() -> None:
    chain = [signed(name) for name in TILLS_CHAIN]
    till, hq = (public_key(result(VECTORS[name], "public_key")) for name in ("till", "hq"))
    assert str(getattr(verify_each(chain, till), "ref", None)) == "07-2/1/13"
    assert str(getattr(verify_each([signed(name) for name in HQS_CHAIN], hq), "ref", None)) == "hq/1/13"
    assert examine(Records(chain[0].open().keeper, 1, tuple(chain)), till, None, lambda _: None).fault is None


def test_what_the_till_of_the_document_heard_its_place_at_hq_has_signed_and_it_had_asked_for() -> None:
    hosted = public_key(result(VECTORS["hosted"], "public_key"))
    assert str(getattr(verify_each(map(signed, HOSTED_CHAIN), hosted), "ref", None)) == "07-2@hq/1/4"
    asked, told = signed("asked").open().body_as(AskedBody), signed("told").open().body_as(ToldBody)
    assert told.told == signed("hosted-declined")
    assert {asked.operation_id, told.told.open().body_as(DeclinedBody).operation_id} == {told.operation_id}
    warrant, booked = (signed(name).open() for name in ("warrant", "hosted-load"))
    assert warrant.body_as(WarrantBody).asked == signed("asked-load")
    wish, done = signed("asked-load").open().body_as(AskedBody), booked.body_as(TransactionBody)
    assert (wish.kind, wish.operation_id, wish.account) == (done.kind, done.operation_id, done.account)
    assert wish.units == done.legs[-1].units


def test_what_the_relay_of_the_document_brings_was_given_to_its_addressee() -> None:
    directive = signed("relay").open().body_as(Directive)
    assert isinstance(directive.order, Relay)
    gift = check_relay(directive.order, Place(directive.to), directive.to_epoch)
    assert gift is not None
    assert gift.signed == signed("lent")


def test_the_right_that_the_document_entrusts_its_keeper_has_given_when_it_was_told_to() -> None:
    asked, entrusted = (signed(name).open().body_as(Directive) for name in ("give-right", "entrust"))
    order, given = entrusted.order, signed("right-given").open()
    assert isinstance(asked.order, GiveRight)
    assert isinstance(order, Entrust)
    assert order.given == signed("right-given")
    assert is_signed_by(public_key(order.public_key), Context.RECORD, order.given)
    assert given.previous == signed("lent").hash
    right = given.body_as(RightGiven).right
    assert (asked.to, asked.order.record, right.moves) == (given.keeper, right.record, 1)
    assert original_in(right, ()).left == 7_900


def test_the_right_that_is_passed_on_in_the_document_its_addressee_takes() -> None:
    passed, taken = signed("right-passed"), signed("right-taken").open()
    assert passed_to(taken) == passed
    hearer = Hearer(taken.keeper, taken.epoch, public_key(result(VECTORS["neighbour"], "public_key")))
    found = check_gift(passed, hearer, passed.open().keeper)
    assert isinstance(found, Passed)
    assert (found.right.moves, original_in(found.right, ()).left) == (1, 7_900)


def test_the_acknowledgement_of_the_document_confirms_that_chain() -> None:
    vector = VECTORS["acknowledged"]
    said = Signed(result(vector, "content"), result(vector, "signature"))
    opened = open_acknowledgement(said)
    assert (opened.held, opened.held_hash, opened.directive_hash) == (6, signed("applied").hash, signed("enrol").hash)
    assert is_signed_by(public_key(result(VECTORS["hq"], "public_key")), Context.ACKNOWLEDGEMENT, said)


def test_every_frame_of_the_document_is_read() -> None:
    frames = [result(vector, "frame") for vector in VECTORS.values() if vector.kind == "frame"]
    assert {type(decode(frame)) for frame in frames} == set(get_args(AnyMessage))


def test_the_books_that_follow_from_the_chains_of_the_document_are_good_and_agree() -> None:
    till, hq = (replay(lines(map(signed, names))) for names in (TILLS_CHAIN, HQS_CHAIN))
    assert (till.findings, hq.findings) == ((), ())
    assert sorted(till.book.slices.values()) == [1_234, 20_000]
    assert sorted(hq.book.slices.values()) == [4_500, 30_000]
    assert till.book.lots == hq.book.lots


def test_hqs_next_epoch_goes_on_behind_what_was_left_of_the_first() -> None:
    hq = public_key(result(VECTORS["hq"], "public_key"))
    assert str(getattr(verify_each(map(signed, HQS_NEXT_EPOCH), hq), "ref", None)) == "hq/2/6"
    last = signed(HQS_CHAIN[KEPT - 1])
    after = signed("opened-epoch").open().body_as(Opened).after
    assert after == Predecessor(str(last.open().ref), last.hash)
    told = replay(lines(map(signed, (*HQS_CHAIN[:KEPT], *HQS_NEXT_EPOCH))))
    assert told.findings == ()
    before = replay(lines(map(signed, HQS_CHAIN[: HQS_CHAIN.index("transfer")])))
    lost = SliceKey(AccountId("435a872421af559bdaa702b6"), Purse.PRINCIPAL, LotId("07-3/1/2"))
    assert told.book.slices == {**before.book.slices, lost: 716}, "what the transfer gave is back, and what was lost"


def test_every_order_of_the_document_is_one_and_none_is_missing() -> None:
    records = [signed(name).open() for name in (*HQS_CHAIN, *HQS_NEXT_EPOCH)]
    orders = [one.body_as(Directive).order for one in records if one.kind is RecordKind.DIRECTIVE]
    told = {type(order) for order in orders}
    assert told == set(get_args(Order)) - {Revoke}
    for order in get_args(Order):
        for field in ("`" + order.__struct_config__.tag + "`", *order.__struct_encode_fields__):
            assert field in TEXT, field


def test_the_enrolment_of_the_document_is_believed_by_both() -> None:
    vector = VECTORS["enrolment"]
    request = msgspec.json.decode(vector.results["request_json"], type=EnrolmentRequest)
    answer = msgspec.json.decode(vector.results["answer_json"], type=EnrolmentAnswer)
    assert request_is_true(request, vector.data("code"))
    assert open_answer(request, answer, vector.data("code")) == vector.data("secrets")


def test_the_export_of_the_document_is_read() -> None:
    reader = ExportReader(io.BytesIO(result(VECTORS["export"], "file")))
    assert reader.head.by == "mia"
    assert len(list(reader.items())) == 3


def test_every_code_context_and_bound_stands_in_the_document() -> None:
    for code in (*Rejection, *RecordKind, *Decline, *Entry, *NoDraw, *NotTold, *Why, *Asset):
        assert f"`{code}`" in TEXT, code
    for context in Context:
        assert f"`{context.value.decode().removesuffix(chr(0))}\\0`" in TEXT
    bounds = (RECORD_BYTES_MAX, DIRECTIVE_BYTES_MAX, FRAME_BYTES_MAX, BATCH_BYTES_MAX, ITEM_BYTES_MAX)
    for bound in bounds:
        assert f"{bound:,}".replace(",", " ") in TEXT, bound
    assert (DIRECTORY_LINES_MAX, FOUND_MAX, SHARES_MAX, PARTS_MAX, NAME_LENGTH_MAX) == (500, 9, 50, 200, 64)
    assert (BLOCKED_CARDS_MAX, GIVEN_BYTES_MAX, RELAYED_BYTES_MAX) == (1_000, DIRECTIVE_BYTES_MAX, 63_488)
    assert RIGHT_LOTS_MAX == 100
    assert (BATCH_RECORDS_MAX, WINDOW_BATCHES, TRIES_MAX, CODE_VALID_S, TOKEN_BYTES) == (250, 4, 5, 24 * 3600, 12)


@pytest.mark.parametrize("kind", BODIES)
def test_every_field_of_a_record_and_of_its_bodies_stands_in_the_document(kind: RecordKind) -> None:
    for field in (*Record.__struct_encode_fields__, *BODIES[kind].__struct_encode_fields__):
        assert field in TEXT, field
