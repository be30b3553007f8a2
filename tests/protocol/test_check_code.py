"""Codes for people, of a record's hash."""

import pytest

from protocol.check_code import CROCKFORD, approval_code, check_code


@pytest.mark.parametrize(
    ("hash_start", "code"),
    [
        ("0000000000", "0000-0000"),
        ("ffffffffff", "ZZZZ-ZZZZ"),
        ("8000000000", "G000-0000"),
        ("0000000001", "0000-0001"),
        ("9f820b96b5", "KY10-Q5NN"),
    ],
)
def test_a_check_code_is_forty_bits_of_the_hash(hash_start: str, code: str) -> None:
    assert check_code(bytes.fromhex(hash_start) + bytes(27)) == code


def test_a_check_code_has_no_letter_that_is_misread() -> None:
    assert not set(CROCKFORD) & set("ILOU")
    assert len(set(CROCKFORD)) == 32


def test_each_of_the_forty_bits_counts() -> None:
    codes = {check_code((1 << bit).to_bytes(5, "big") + bytes(27)) for bit in range(40)}
    assert len(codes) == 40


def test_an_approval_code_is_six_digits_of_other_bits() -> None:
    assert approval_code(bytes(32)) == "000000"
    assert approval_code(b"\xff" * 5 + bytes(27)) == "000000"
    assert approval_code(bytes(12) + b"\x07" + bytes(19)) == "000007"
    assert approval_code(bytes.fromhex("9f820b96b56ad7968f6c2775f3d85ce5426a49d51fc15387880344f05df12961")) == "167411"
