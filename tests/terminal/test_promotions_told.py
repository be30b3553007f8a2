"""What promotions gave, and which had nothing left here, is said at once, again, and on the slip."""

from pathlib import Path

import msgspec
import pytest

from checkout.slip_facts import Promoted
from checkout.sold import Paid, PaidWith
from loyalty.evaluation import Item
from loyalty.promotions import Limit, Occasion, Promotion
from tests.api.shop import open_shop
from tests.chains.company import ALICE, POINTS_TOO
from tests.chains.till import Till, done

OPENING = Promotion("opening", "開幕禮", Occasion.LOAD, from_units=50_000, gives=10_000)
GONE = Promotion("first-hundred", "前百名", Occasion.LOAD, from_units=50_000, gives=5_000, limited_by=Limit.NUMBER)
RICH = Promotion("rich", "大戶", Occasion.LOAD, from_units=400_000, gives=5_000, limited_by=Limit.SUM)
TEA = Promotion("tea-week", "Tea week", Occasion.SALE, from_units=10_000, gives=50)
SPENT = Promotion("spent", "好禮", Occasion.SALE, from_units=10_000, gives=20, limited_by=Limit.SUM)
PROGRAMME = msgspec.structs.replace(POINTS_TOO, promotions=(OPENING, GONE, RICH, TEA, SPENT))


@pytest.fixture
def till(tmp_path: Path) -> Till:
    """A till at which nothing lies of what promotions are limited by."""
    return Till(tmp_path / "till.db", programme=PROGRAMME)


def test_an_answer_names_what_each_promotion_gave_and_which_had_nothing_left(till: Till) -> None:
    load = till.load(ALICE, "600.00")
    assert load.promotions == (Promoted("opening", "開幕禮", 10_000, 0),)
    assert (load.bonus, load.missed) == (6_055 + 10_000, ("first-hundred",))
    sale = done(till.ask(till.sale_of(ALICE, (Item("tea", 10_000),), Paid(PaidWith.CASH, 10_000))))
    assert sale.promotions == (Promoted("tea-week", "Tea week", 50, 0),)
    assert (sale.points_in, sale.missed) == (30 + 50, ("spent",))


def test_what_no_promotion_was_for_names_none(till: Till) -> None:
    load = till.load(ALICE, "100.00")
    assert (load.promotions, load.missed) == ((), ())
    refund = done(till.ask(till.void_of("07-2-000001")))
    assert (refund.promotions, refund.missed) == ((), ())


def test_who_asks_again_hears_the_same_and_the_slip_has_it(till: Till) -> None:
    first = till.load(ALICE, "600.00", pos_ref="P-1")
    till.restart()
    assert till.store.find(first.operation_id) == first
    assert till.store.of_sale("P-1") == [first]
    found = till.store.slip(1)
    assert found is not None
    assert found[0].facts.promotions == first.promotions


async def test_over_http_it_is_said_with_titles_and_the_slip_is_in_three_languages(tmp_path: Path) -> None:
    async with open_shop(tmp_path, PROGRAMME) as shop:
        hello = (await shop.ask("GET", "/v1/hello")).body
        assert hello["promotions"][1] == {"name": "first-hundred", "title": "前百名"}
        load = (await shop.load(await shop.swipe(), 60_000)).body
        assert load["promotions"] == [{"name": "opening", "title": "開幕禮", "units": 10_000, "used": 0}]
        assert load["missed"] == ["first-hundred"]
        again = (await shop.ask("GET", f"/v1/operations/{load['operation_id']}")).body
        assert (again["promotions"], again["missed"]) == (load["promotions"], load["missed"])
        text = (await shop.ask("GET", f"/v1/slips/{load['receipt_number']}")).body["text"]
        said = {
            language: next(line for line in lines.splitlines() if "開幕禮" in line) for language, lines in text.items()
        }
        assert [said[one].split()[0] for one in ("zh-TW", "zh-CN", "en")] == ["其中", "其中", "of"]
        assert all(line.endswith("100.00") for line in said.values())
