"""Receipt numbers: no two slips of a chain of stores have the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.ids import Place
from protocol.receipt_numbers import Numbering

HERE = Numbering(Place("07-2"), 1)
ALNUM = st.text("09azAZ", min_size=1, max_size=3)
NUMBERINGS = st.builds(
    lambda store, till, epoch: Numbering(Place(f"{store}-{till}"), epoch), ALNUM, ALNUM, st.integers(1, 12)
)
NUMBERS = st.integers(1, 10**15 - 1)


@pytest.mark.parametrize(
    ("epoch", "number", "text"),
    [(1, 1, "07-2-000001"), (2, 31, "07-2.2-000031"), (10, 999_999, "07-2.10-999999"), (1, 1_000_000, "07-2-1000000")],
)
def test_a_slip_is_called_after_its_till_and_its_epoch(epoch: int, number: int, text: str) -> None:
    assert Numbering(Place("07-2"), epoch).text(number) == text


@given(NUMBERINGS, NUMBERS, NUMBERINGS, NUMBERS)
def test_no_two_slips_have_one_name_and_each_is_found_by_its_own(
    one: Numbering, number: int, other: Numbering, another: int
) -> None:
    assert one.number(one.text(number)) == number
    assert (one.text(number) == other.text(another)) is ((one, number) == (other, another))
    assert other.number(one.text(number)) == (number if one == other else None)


@pytest.mark.parametrize(
    "text",
    ["07-2-31", "07-2-0000031", "07-2.1-000031", "07-2.2-000031", "07-3-000031", "07-2-", "07-2", "", "07-2-00003١"],
)
def test_what_is_no_name_of_a_slip_here_is_none(text: str) -> None:
    assert HERE.number(text) is None
