"""Phone numbers: one spelling for each, and a hash that only the chain can make."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.phones import normalised, phone_hash

KEY = bytes(range(32))


@pytest.mark.parametrize(
    "text",
    [
        "0912345678",
        "0912-345-678",
        "0912 345 678",
        "+886912345678",
        "+886 912-345-678",
        "886912345678",
        "(+886) 0912345678",
    ],
)
def test_a_taiwan_number_has_one_spelling(text: str) -> None:
    assert normalised(text) == "+886912345678"


@pytest.mark.parametrize(
    "text", ["13812345678", "138 1234 5678", "+8613812345678", "+86 138-1234-5678", "8613812345678"]
)
def test_a_mainland_number_has_one_spelling(text: str) -> None:
    assert normalised(text) == "+8613812345678"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "+",
        "0812345678",
        "091234567",
        "09123456789",
        "12812345678",
        "1381234567",
        "+1 212 555 0100",
        "0223456789",
        "０９１２３４５６７８",
        "٠٩١٢٣٤٥٦٧٨",
        "0912345678\n",
        "0912345678\0",
        "0912+345678",
        "6222000000000417",
        "0" * 1_000_000,
        " " * 1_000_000 + "0912345678",
    ],
)
def test_what_is_no_mobile_number_is_none(text: str) -> None:
    assert normalised(text) is None


@given(st.text() | st.from_regex(r"[+]?[0-9 ()-]{0,40}"))
def test_a_spelling_is_its_own_spelling(text: str) -> None:
    number = normalised(text)
    assert number is None or normalised(number) == number


def test_a_hash_needs_the_chain_s_key_and_differs_from_a_card_s_token() -> None:
    hashed = phone_hash(KEY, "+886912345678")
    assert hashed.hex() == "b9d8aee75cd215336220efa571fd51ff3fb415fbdacf858390c8bb18719b951a"
    assert phone_hash(bytes(32), "+886912345678") != hashed
    assert phone_hash(KEY, "+886912345679") != hashed
