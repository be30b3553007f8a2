"""Slices: what is taken, from which, and until when."""

import pytest

from ledger.ids import AccountId, LotId
from ledger.slices import MONEY, Asset, Lot, Part, Purse, Slice, SliceKey, take, total

ALICE = AccountId("alice")


def slice_of(units: int, lot: str = "07-2/1/2", purse: Purse = Purse.PRINCIPAL, expires_on: str | None = None) -> Slice:
    return Slice(Lot(SliceKey(ALICE, purse, LotId(lot)), "07", "2026-11-22", expires_on), units)


FIRST, SECOND, THIRD = slice_of(300, "07-2/1/2"), slice_of(70, "07-2/1/9"), slice_of(5, "07-2/1/10", Purse.BONUS)


@pytest.mark.parametrize(
    ("units", "parts"),
    [
        (0, []),
        (1, [Part(FIRST, 1)]),
        (300, [Part(FIRST, 300)]),
        (301, [Part(FIRST, 300), Part(SECOND, 1)]),
        (375, [Part(FIRST, 300), Part(SECOND, 70), Part(THIRD, 5)]),
        (400, [Part(FIRST, 300), Part(SECOND, 70), Part(THIRD, 5)]),
    ],
)
def test_units_are_taken_in_the_order_given_and_never_more_than_there_are(units: int, parts: list[Part]) -> None:
    assert take([FIRST, SECOND, THIRD], units) == parts


def test_nothing_is_taken_from_nothing() -> None:
    assert take([], 5) == []


def test_a_balance_is_the_sum_of_the_slices_of_the_purses_asked_for() -> None:
    slices = [FIRST, SECOND, THIRD]
    assert (total(slices, Purse.PRINCIPAL), total(slices, Purse.BONUS), total(slices, Purse.POINTS)) == (370, 5, 0)
    assert total(slices, Purse.PRINCIPAL, Purse.BONUS) == 375
    assert total(slices) == 0


def test_every_purse_belongs_to_one_asset() -> None:
    assert Asset.MONEY.purses == MONEY
    assert [purse for asset in Asset for purse in asset.purses] == list(Purse)


@pytest.mark.parametrize(
    ("expires_on", "business_date", "spendable"),
    [
        (None, "9999-12-31", True),
        ("2026-11-22", "2026-11-21", True),
        ("2026-11-22", "2026-11-22", True),
        ("2026-11-22", "2026-11-23", False),
        ("2026-09-30", "2026-10-01", False),
    ],
)
def test_a_slice_can_be_spent_to_the_end_of_its_last_day(
    expires_on: str | None, business_date: str, *, spendable: bool
) -> None:
    assert slice_of(1, expires_on=expires_on).spendable_on(business_date) is spendable
