"""Names that are parsed once; what does not parse is None."""

import pytest

from ledger.ids import Place, RecordRef, parse_operation_id, parse_place


@pytest.mark.parametrize("text", ["hq", "07-2", "Taipei01-1234", "a-b"])
def test_a_place_is_hq_or_store_and_till(text: str) -> None:
    assert parse_place(text) == text


@pytest.mark.parametrize("text", ["", "HQ", "07", "07-", "-2", "07-2-1", "07/2", "07-2\n", "123456789-1", "07-12345"])
def test_anything_else_is_no_place(text: str) -> None:
    assert parse_place(text) is None


@pytest.mark.parametrize("text", ["20261122-0815", "0b8e2c9e-5d2f-4c4e-9a44-8f0d3f0f8f66", "a.b_c:d-e", "x" * 64])
def test_an_operation_id_is_what_a_pos_has(text: str) -> None:
    assert parse_operation_id(text) == text


@pytest.mark.parametrize(
    "text", ["", "short-1", "x" * 65, "has space", "tab\tbed-1", "newline-1\n", "编号编号编号编号", "'; drop--"]
)
def test_anything_else_is_no_operation_id(text: str) -> None:
    assert parse_operation_id(text) is None


def test_a_record_is_named_and_read_back() -> None:
    ref = RecordRef(Place("07-2"), 1, 31)
    assert str(ref) == ref.lot == "07-2/1/31"
    assert RecordRef.parse("07-2/1/31") == ref
    assert ref.next() == RecordRef(Place("07-2"), 1, 32)


def test_giving_and_taking_are_named_after_the_givers_record_as_no_client_can_name_anything() -> None:
    ref = RecordRef(Place("07-2"), 1, 31)
    assert (ref.given, ref.taken) == ("given/07-2/1/31", "taken/07-2/1/31")
    assert parse_operation_id(ref.given) is None
    assert parse_operation_id(ref.taken) is None
    assert ref.next().taken != ref.taken != RecordRef(Place("07-2"), 2, 31).taken


def test_records_are_in_order_by_number_and_not_by_text() -> None:
    assert RecordRef(Place("07-2"), 1, 9) < RecordRef(Place("07-2"), 1, 10) < RecordRef(Place("07-2"), 2, 1)


@pytest.mark.parametrize(
    "text",
    ["", "07-2", "07-2/1", "07-2/1/", "07-2//31", "07-2/1/31/5", "07-2/-1/31", "x/1/31", "07-2/1/x", "07-2/1/3.1"],
)
def test_anything_else_is_no_record(text: str) -> None:
    assert RecordRef.parse(text) is None


@pytest.mark.parametrize("text", ["07-2/01/31", "07-2/1/031", "07-2/١/٣", "07-2/1/" + "9" * 5000])
def test_a_record_has_one_name_only(text: str) -> None:
    """Else one lot could have two: a lot is known by this text."""
    assert RecordRef.parse(text) is None
