"""Money as cashiers write it, and as slips show it."""

import pytest

from ledger.amounts import UNITS_MAX, Currency
from tests.chains.company import CNY, TWD


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("1,234.5", 123_450),
        ("12.34", 1234),
        ("12.", 1200),
        (".5", 50),
        (" 12 ", 1200),
        ("0", 0),
        ("007", 700),
        ("10000000000.00", UNITS_MAX),
    ],
)
def test_an_amount_is_read(text: str, units: int) -> None:
    assert CNY.parse(text) == units


@pytest.mark.parametrize(
    "text", ["", ".", ",", "-1", "+1", "1e3", "1_000", "12.345", "1.0.0", "1 2", "１２", "²", "NT$5", "10000000000.01"]
)
def test_what_is_no_amount_is_none(text: str) -> None:
    assert CNY.parse(text) is None


def test_a_text_as_long_as_a_request_may_be_is_no_amount() -> None:
    assert CNY.parse("9" * 64_000) is None


@pytest.mark.parametrize(
    ("units", "cny", "twd"),
    [
        (123_456, "1,234.56", "1,234.56"),
        (123_400, "1,234.00", "1,234"),
        (-123_456, "-1,234.56", "-1,234.56"),
        (-5, "-0.05", "-0.05"),
        (0, "0.00", "0"),
        (UNITS_MAX, "10,000,000,000.00", "10,000,000,000"),
    ],
)
def test_an_amount_is_shown_and_a_cent_is_never_hidden(units: int, cny: str, twd: str) -> None:
    assert (CNY.format(units), TWD.format(units)) == (cny, twd)


@pytest.mark.parametrize("units", [0, 1, 99, 100, 12_345, UNITS_MAX])
def test_what_is_shown_is_read_as_the_same(units: int) -> None:
    assert CNY.parse(CNY.format(units)) == units
    assert TWD.parse(TWD.format(units)) == units


def test_a_currency_without_small_coins_is_shown_whole() -> None:
    yen = Currency("JPY", minor_digits=0, shown_digits=0)
    assert (yen.format(1200), yen.parse("1,200"), yen.parse("1.5")) == ("1,200", 1200, None)


def test_a_currency_cannot_show_more_digits_than_it_has() -> None:
    with pytest.raises((AssertionError, ValueError)):
        Currency("JPY", minor_digits=0, shown_digits=2)


def test_a_till_takes_only_sums_that_exist_as_coins() -> None:
    assert [units for units in (-100, 0, 1, 50, 100, 150, UNITS_MAX, UNITS_MAX + 100) if TWD.can_charge(units)] == [
        100,
        UNITS_MAX,
    ]
    assert CNY.can_charge(1)
