"""The page reads and shows money as the till does: one test for two languages."""

import random
import re
from pathlib import Path

import pytest

from ledger.amounts import UNITS_MAX, Currency
from terminal.web import pages
from tests.web.modules import Modules

pytestmark = pytest.mark.asyncio(loop_scope="session")

TWD = Currency("TWD", minor_digits=2, shown_digits=0, charge_step=100)
CNY = Currency("CNY")
JPY = Currency("JPY", minor_digits=0, shown_digits=0)
BHD = Currency("BHD", minor_digits=3, shown_digits=3)
CURRENCIES = (TWD, CNY, JPY, BHD)
TYPED = ("0", "129", "0.5", "12.", "12.34", "12.345", "12.3456", "1234567890", "10000000000", "99999999999")


def view(currency: Currency) -> dict[str, object]:
    """As in /v1/hello."""
    names = ("code", "minor_digits", "shown_digits", "charge_step")
    return {name: getattr(currency, name) for name in names}


@pytest.mark.parametrize("currency", CURRENCIES, ids=lambda currency: currency.code)
async def test_the_page_shows_every_amount_as_the_till_does(modules: Modules, currency: Currency) -> None:
    chance = random.Random(7)
    amounts = [0, 1, 99, 100, 101, 56055, -12345, UNITS_MAX, *(int(10 ** chance.uniform(0, 12)) for _ in range(300))]
    shown = await modules.run("shown", amounts, view(currency))
    assert shown == [currency.format(units) for units in amounts]


@pytest.mark.parametrize("currency", CURRENCIES, ids=lambda currency: currency.code)
async def test_the_page_reads_what_can_be_typed_as_the_till_does(modules: Modules, currency: Currency) -> None:
    texts = (*TYPED, "7" * 19, "x", "1e3", ".")
    read = await modules.call_each("money", "parse", [(text, view(currency)) for text in texts])
    assert dict(zip(texts, read, strict=True)) == {text: _parsed(currency, text) for text in texts}


def _parsed(currency: Currency, text: str) -> int | None:
    """The page has no thousands separators to read, and a point alone is nothing typed yet."""
    return None if text == "." else currency.parse(text)


async def test_whole_dollars_are_typed_and_units_are_sent(modules: Modules) -> None:
    assert await modules.call("money", "parse", "129", view(TWD)) == 12900


@pytest.mark.parametrize(
    ("currency", "keys", "typed"),
    [
        (TWD, "129", "129"),
        (TWD, "12.9", "12."),
        (TWD, "129.00", "129."),
        (TWD, "007", "7"),
        (CNY, "12.345", "12.34"),
        (CNY, ".5", "0.5"),
        (CNY, "1.2.3", "1.23"),
        (JPY, "1.5", "1."),
    ],
)
async def test_only_amounts_of_the_currency_can_be_typed(
    modules: Modules, currency: Currency, keys: str, typed: str
) -> None:
    text = ""
    for key in keys:
        text = await modules.call("money", "type", text, key, view(currency))
    assert text == typed


@pytest.mark.parametrize(
    ("typed", "echo"), [("", "0"), ("1", "1"), ("1234567", "1,234,567"), ("1234.", "1,234."), ("0.05", "0.05")]
)
async def test_what_is_typed_is_echoed_with_its_thousands(modules: Modules, typed: str, echo: str) -> None:
    assert await modules.call("money", "echo", typed) == echo


async def test_no_float_comes_near_money() -> None:
    static = Path(pages.__file__).parent / "static"
    for name in ("money.js", "sale.js", "sums.js"):
        code = re.sub(r"/\*.*?\*/", "", (static / name).read_text("utf-8"), flags=re.DOTALL)
        assert not re.search(r"parseFloat|toFixed|Math\.(?!abs)|[\w)] / [\w(]|\d\.\d", code), name
