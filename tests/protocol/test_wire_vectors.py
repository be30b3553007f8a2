"""docs/wire-protocol.md is true: every example is what our code makes, and what its words alone make."""

import io

import msgspec
import pytest

from hq_server.intake import examine
from ledger.cards import TOKEN_BYTES
from offline_queue.export_file import ITEM_BYTES_MAX, ExportReader
from offline_queue.forwarding import WINDOW_BATCHES
from protocol.acknowledgements import open_acknowledgement
from protocol.bodies import DIRECTIVE_BYTES_MAX
from protocol.chain import verify_each
from protocol.conversation import BATCH_BYTES_MAX, BATCH_RECORDS_MAX, FRAME_BYTES_MAX, Records, decode
from protocol.enrolment import CODE_VALID_S, TRIES_MAX, EnrolmentAnswer, EnrolmentRequest, open_answer, request_is_true
from protocol.records import RECORD_BYTES_MAX, Record, RecordKind, SignedRecord
from protocol.rejections import Rejection
from protocol.signing import Context, Signed, is_signed_by, public_key
from tests.protocol import independent
from tests.protocol.wire_vectors import BODIES, DOCUMENT, MAKERS, Vector, computed, refreshed, vectors

TEXT = DOCUMENT.read_text(encoding="utf-8")
VECTORS = {vector.name: vector for vector in vectors(TEXT)}
EACH = pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS.keys())


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
    chain = [signed(name) for name in ("opened", "load", "declined", "print", "day-closed", "applied")]
    till, hq = (public_key(result(VECTORS[name], "public_key")) for name in ("till", "hq"))
    assert str(getattr(verify_each(chain, till), "ref", None)) == "07-2/1/6"
    assert str(getattr(verify_each([signed("hq-opened"), signed("enrol")], hq), "ref", None)) == "hq/1/2"
    assert examine(Records(chain[0].open().keeper, 1, tuple(chain)), till, None, lambda _: None).fault is None


def test_the_acknowledgement_of_the_document_confirms_that_chain() -> None:
    vector = VECTORS["acknowledged"]
    said = Signed(result(vector, "content"), result(vector, "signature"))
    opened = open_acknowledgement(said)
    assert (opened.held, opened.held_hash, opened.directive_hash) == (6, signed("applied").hash, signed("enrol").hash)
    assert is_signed_by(public_key(result(VECTORS["hq"], "public_key")), Context.ACKNOWLEDGEMENT, said)


def test_every_frame_of_the_document_is_read() -> None:
    frames = [result(vector, "frame") for vector in VECTORS.values() if vector.kind == "frame"]
    assert len({type(decode(frame)) for frame in frames}) == 7


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
    for code in (*Rejection, *RecordKind):
        assert f"`{code}`" in TEXT, code
    for context in Context:
        assert f"`{context.value.decode().removesuffix(chr(0))}\\0`" in TEXT
    bounds = (RECORD_BYTES_MAX, DIRECTIVE_BYTES_MAX, FRAME_BYTES_MAX, BATCH_BYTES_MAX, ITEM_BYTES_MAX)
    for bound in bounds:
        assert f"{bound:,}".replace(",", " ") in TEXT, bound
    assert (BATCH_RECORDS_MAX, WINDOW_BATCHES, TRIES_MAX, CODE_VALID_S, TOKEN_BYTES) == (250, 4, 5, 24 * 3600, 12)


@pytest.mark.parametrize("kind", BODIES)
def test_every_field_of_a_record_and_of_its_bodies_stands_in_the_document(kind: RecordKind) -> None:
    for field in (*Record.__struct_encode_fields__, *BODIES[kind].__struct_encode_fields__):
        assert field in TEXT, field
