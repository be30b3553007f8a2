"""The programme: what a load brings on top, and which lot pays first."""

import msgspec
import pytest

from ledger.amounts import UNITS_MAX
from ledger.ids import AccountId, LotId
from ledger.slices import Lot, Purse, Slice, SliceKey
from loyalty.programme import BonusTier, LoadRules, Programme, SpendingOrder, Validity
from tests.chains.company import PROGRAMME

TODAY = "2026-11-22"
BONUS_FIRST = msgspec.structs.replace(PROGRAMME, spending_order=SpendingOrder.BONUS_FIRST)


def slice_of(
    lot: str, purse: Purse = Purse.PRINCIPAL, opened_on: str = "2026-11-01", expires_on: str | None = None
) -> Slice:
    return Slice(Lot(SliceKey(AccountId("alice"), purse, LotId(lot)), "07", opened_on, expires_on), 100)


def order(programme: Programme, *slices: Slice) -> list[tuple[str, Purse]]:
    """How these slices pay, whatever the order in which the book hands them out."""
    orders = {
        tuple((one.key.lot, one.key.purse) for one in programme.in_spending_order(shuffled, TODAY))
        for shuffled in (slices, slices[::-1], sorted(slices, key=lambda one: one.key))
    }
    assert len(orders) == 1
    return list(orders.pop())


def lots(programme: Programme, *slices: Slice) -> list[str]:
    return [lot for lot, _ in order(programme, *slices)]


def test_of_lots_of_one_day_the_one_with_the_lower_number_pays_first_also_from_ten_on() -> None:
    numbers = [f"07-2/1/{number}" for number in (2, 9, 10, 11, 100)]
    assert lots(PROGRAMME, *map(slice_of, numbers)) == numbers


def test_an_older_epoch_pays_before_a_newer_one() -> None:
    assert lots(PROGRAMME, slice_of("07-2/10/1"), slice_of("07-2/9/900")) == ["07-2/9/900", "07-2/10/1"]


def test_what_came_in_on_an_earlier_day_pays_first_whatever_its_number() -> None:
    early, late = slice_of("12-1/1/700", opened_on="2026-10-31"), slice_of("07-2/1/2", opened_on="2026-11-01")
    assert lots(PROGRAMME, late, early) == ["12-1/1/700", "07-2/1/2"]


def test_what_expires_soonest_pays_before_everything_else() -> None:
    soon = slice_of("07-2/1/30", expires_on="2026-11-30")
    later = slice_of("07-2/1/20", expires_on="2026-12-31")
    never = slice_of("07-2/1/10", opened_on="2020-01-01")
    assert lots(PROGRAMME, never, later, soon) == ["07-2/1/30", "07-2/1/20", "07-2/1/10"]


def test_within_a_lot_principal_or_bonus_pays_first_as_the_chain_wants() -> None:
    both = (
        slice_of("07-2/1/2"),
        slice_of("07-2/1/2", Purse.BONUS),
        slice_of("07-2/1/3"),
        slice_of("07-2/1/3", Purse.BONUS),
    )
    assert [purse for _, purse in order(PROGRAMME, *both)] == [Purse.PRINCIPAL, Purse.BONUS] * 2
    assert [purse for _, purse in order(BONUS_FIRST, *both)] == [Purse.BONUS, Purse.PRINCIPAL] * 2
    assert lots(BONUS_FIRST, *both) == ["07-2/1/2", "07-2/1/2", "07-2/1/3", "07-2/1/3"]


def test_points_and_what_has_expired_do_not_pay() -> None:
    last_day, gone = slice_of("07-2/1/2", expires_on=TODAY), slice_of("07-2/1/3", expires_on="2026-11-21")
    assert lots(PROGRAMME, last_day, gone, slice_of("07-2/1/4", Purse.POINTS)) == ["07-2/1/2"]


@pytest.mark.parametrize(
    ("units", "bonus"), [(0, 0), (49_999, 0), (50_000, 6_055), (99_999, 6_055), (100_000, 15_000), (10**9, 15_000)]
)
def test_the_highest_tier_that_is_reached_gives_its_bonus(units: int, bonus: int) -> None:
    assert PROGRAMME.load.bonus_for(units) == bonus


def test_without_tiers_there_is_no_bonus() -> None:
    assert LoadRules().bonus_for(UNITS_MAX) == 0


def test_bonus_and_points_pay_for_so_many_days_and_what_was_paid_for_pays_for_ever() -> None:
    validity = Validity(bonus_days=0, points_days=366)
    last = [validity.last_day(purse, "2026-11-30") for purse in Purse]
    assert last == [None, "2026-11-30", "2027-12-01", None]
    assert [Validity().last_day(purse, "2026-11-30") for purse in Purse] == [None] * 4


def test_a_programme_goes_through_json_unchanged_and_a_typo_in_it_is_refused() -> None:
    text = msgspec.json.encode(PROGRAMME)
    assert msgspec.json.decode(text, type=Programme) == PROGRAMME
    with pytest.raises(msgspec.ValidationError, match="spending_ordr"):
        msgspec.json.decode(text.replace(b"spending_order", b"spending_ordr"), type=Programme)


@pytest.mark.parametrize("setting", ["charge_step", "stored_value"])
def test_a_typo_inside_currency_or_card_kind_is_refused(setting: str) -> None:
    """`charge_stp: 100` would be silently 1, and the till of a shop without small coins would take cents."""
    text = msgspec.json.encode(PROGRAMME).replace(setting.encode(), setting[:-1].encode())
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(text, type=Programme)


@pytest.mark.parametrize(
    "text",
    [
        b'{"from_units": 100, "bonus_units": -5}',
        b'{"from_units": 100, "bonus_units": 10000000000000}',
        b'{"from_units": -1, "bonus_units": 5}',
    ],
)
def test_a_bonus_that_no_book_could_take_is_refused_with_the_rules_and_not_at_the_till(text: bytes) -> None:
    """Until then every load that reaches the tier would fail at the till as a fault of our own."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(text, type=BonusTier)
