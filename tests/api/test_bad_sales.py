"""Whatever comes in place of a sale, a refund or a void: a problem that names the place, and nothing is decided."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkout.sold import SOLD_BYTES_MAX
from ledger.amounts import UNITS_MAX
from terminal.api.reading import BODY_BYTES_MAX, Flaw, parse
from terminal.bodies import ITEMS_MAX, QUANTITY_MAX, RefundBody, SaleBody, VoidBody
from tests.api.shop import Shop
from tests.chains.company import LONG, number

SECRET = number(417).digits
NO_TEXT: list[Any] = [None, True, 1, 1.5, [], {}, ["x"], {"a": "b"}]
NO_NUMBER: list[Any] = [
    None,
    True,
    False,
    "1",
    "12900",
    "",
    [],
    {},
    [1],
    1.0,
    1e3,
    0.1,
    -1,
    -(2**63),
    2**63,
    2**64,
    10**40,
]
UNITS: list[Any] = [*NO_NUMBER, 0, UNITS_MAX + 1]
OPERATION: list[Any] = [*NO_TEXT, "", "short", "x" * 65, "sale 0001", "sale/0001", "sale-0001\n", "sale-0001\0"]
LINE: list[Any] = [*NO_TEXT, "x" * 65, "a\nb", "a\n", "\0", "a\x7fb", "\x1b@", "a\x85", "a\u2028"]
ITEM: dict[str, list[Any]] = {
    "article": LINE,
    "amount": [*NO_NUMBER, UNITS_MAX + 1],
    "quantity": [*NO_NUMBER, 0, QUANTITY_MAX + 1],
    "group": LINE,
    "clerk": LINE,
}
PART: dict[str, list[Any]] = {"tender": [*NO_TEXT, "", "Cash", "gold", SECRET], "amount": UNITS}
RECEIPT: list[Any] = [
    *NO_TEXT,
    "",
    "31",
    "07-2",
    "07-2-",
    "07-2-x",
    "07-2-000002\n",
    "07-2-²",
    "07/2-1",
    "x" * 40,
    SECRET,
]
COMMON: dict[str, list[Any]] = {
    "operation_id": OPERATION,
    "cashier": [*NO_TEXT, "x" * 33, "C01\n", "C\t1", "\x1b@"],
    "pos_ref": [*NO_TEXT[1:], "", "x" * 65, "a b", "a\n", "單號", "\0"],
}


async def words(shop: Shop) -> dict[str, Any]:
    """A sale that the till takes."""
    items = [{"article": "tea", "amount": 600, "quantity": 2, "group": "drinks", "clerk": "K7"}]
    paid = [{"tender": "cash", "amount": 600}]
    return {
        "operation_id": "sale-0001",
        "presentation": await shop.swipe(),
        "items": items,
        "paid": paid,
        "cashier": "C01",
        "pos_ref": "0815",
    }


async def refuse(shop: Shop, path: str, body: Any, *, status: int = 400, code: str = "bad_request") -> str:  # noqa: ANN401 - any JSON
    """Ask, see that it is a problem and that nothing changed; what the problem says is wrong."""
    book = await shop.book()
    reply = await shop.ask("POST", path, data=json.dumps(body), headers={"Content-Type": "application/json"})
    assert (reply.status, reply.code) == (status, code), (str(body)[:200], reply)
    assert SECRET not in json.dumps(reply.body)
    assert await shop.book() == book
    return str(reply.body["detail"])


@pytest.mark.parametrize("field", ["items", "paid"])
async def test_a_wrong_value_in_a_line_or_a_part_is_refused_by_its_place(shop: Shop, field: str) -> None:
    good = await words(shop)
    wrongs = ITEM if field == "items" else PART
    for name, values in wrongs.items():
        for wrong in values:
            detail = await refuse(shop, "/v1/sales", good | {field: [good[field][0] | {name: wrong}]})
            assert f"$.{field}[0].{name}" in detail, (name, wrong, detail)
    for missing in ("article", "amount") if field == "items" else PART:
        part = {name: value for name, value in good[field][0].items() if name != missing}
        assert f"`{missing}`" in await refuse(shop, "/v1/sales", good | {field: [part]})
    await refuse(shop, "/v1/sales", good | {field: [good[field][0] | {SECRET: 1}]})
    odds: list[Any] = [None, {}, "x", 5, [], [None], [[]], [5], good[field] * (ITEMS_MAX + 1)]
    for odd in odds:
        await refuse(shop, "/v1/sales", good | {field: odd})
    assert (await shop.ask("POST", "/v1/sales", good)).body["outcome"] == "done"


async def test_a_tender_comes_once(shop: Shop) -> None:
    good = await words(shop)
    twice = [{"tender": "cash", "amount": 300}, {"tender": "cash", "amount": 300}]
    await refuse(shop, "/v1/sales", good | {"paid": twice})


async def test_two_hundred_lines_are_taken_and_one_more_is_not(shop: Shop) -> None:
    good = await words(shop)
    items = [{"article": f"{line}", "amount": 3} for line in range(ITEMS_MAX)]
    await refuse(shop, "/v1/sales", good | {"items": [*items, items[0]]})
    assert (await shop.ask("POST", "/v1/sales", good | {"items": items})).body["outcome"] == "done"


async def test_lines_that_no_record_holds_are_too_large(shop: Shop) -> None:
    good = await words(shop)
    items = [{"article": "茶" * 64, "amount": 3, "group": "飲" * 10} for _ in range(100)]
    assert len(json.dumps(good | {"items": items})) < BODY_BYTES_MAX
    await refuse(shop, "/v1/sales", good | {"items": items}, status=413, code="too_large")
    fewer = items[: SOLD_BYTES_MAX // 300]
    paid = [{"tender": "cash", "amount": 3 * len(fewer)}]
    assert (await shop.ask("POST", "/v1/sales", good | {"items": fewer, "paid": paid})).body["outcome"] == "done"


SPACED = f"{SECRET[:4]} {SECRET[4:8]} {SECRET[8:12]} {SECRET[12:]}"
WIDE = "".join(chr(ord(digit) + 0xFEE0) for digit in SECRET)


@pytest.mark.parametrize(
    "hidden", [SECRET, SPACED, SPACED.replace(" ", "-"), f"tea {SECRET}!", WIDE, number(5, LONG).digits]
)
@pytest.mark.parametrize("field", ["article", "group", "clerk"])
async def test_a_card_number_in_a_line_is_refused_however_it_is_written(shop: Shop, field: str, hidden: str) -> None:
    good = await words(shop)
    items = [*good["items"], good["items"][0] | {field: hidden}]
    await refuse(shop, "/v1/sales", good | {"items": items}, status=422, code="card_number_misplaced")


async def test_other_numbers_in_a_line_are_no_card_numbers(shop: Shop) -> None:
    good = await words(shop)
    wrong_digit = SECRET[:-1] + str((int(SECRET[-1]) + 1) % 10)
    items = [
        good["items"][0] | {"article": text} for text in ("4710088412345", wrong_digit, "6222", "2026-11-22 14:05")
    ]
    paid = [{"tender": "cash", "amount": 600 * len(items)}]
    assert (await shop.ask("POST", "/v1/sales", good | {"items": items, "paid": paid})).body["outcome"] == "done"


@pytest.mark.parametrize("path", ["/v1/refunds", "/v1/voids"])
async def test_a_wrong_value_in_an_undoing_is_refused_by_its_name(shop: Shop, path: str) -> None:
    await shop.ask("POST", "/v1/sales", await words(shop))
    good: dict[str, Any] = {
        "operation_id": "undo-0001",
        "receipt_number": "07-2-000001",
        "cashier": "C01",
        "pos_ref": "1",
    }
    wrongs = COMMON | {"receipt_number": RECEIPT} | ({"amount": UNITS} if path == "/v1/refunds" else {})
    good |= {"amount": 600} if path == "/v1/refunds" else {}
    for name, values in wrongs.items():
        for wrong in values:
            assert f"$.{name}" in await refuse(shop, path, good | {name: wrong}), (name, wrong)
        if name not in {"cashier", "pos_ref"}:
            assert f"`{name}`" in await refuse(shop, path, {key: value for key, value in good.items() if key != name})
    await refuse(shop, path, good | {SECRET: 1})
    for name in ("operation_id", "cashier", "pos_ref"):
        await refuse(shop, path, good | {name: SECRET}, status=422, code="card_number_misplaced")
    dashed = number(5, LONG).digits
    dashed = f"{dashed[:8]}-{dashed[8:12]}-{dashed[12:]}"
    await refuse(shop, path, good | {"receipt_number": dashed}, status=422, code="card_number_misplaced")
    assert (await shop.ask("POST", path, good)).body["outcome"] == "done"


DECODERS = [msgspec.json.Decoder(body) for body in (SaleBody, RefundBody, VoidBody)]
FIELDS = st.sampled_from([*COMMON, *ITEM, *PART, "items", "paid", "receipt_number", "presentation", SECRET])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(SECRET),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS | st.text(), inner, max_size=6),
)


@given(st.dictionaries(FIELDS, ANYTHING).map(json.dumps).map(str.encode) | st.binary(), st.sampled_from(DECODERS))
def test_no_body_at_all_breaks_the_parser_or_is_repeated(content: bytes, decoder: msgspec.json.Decoder[Any]) -> None:
    read = parse(content, decoder)
    assert not isinstance(read, Flaw) or SECRET not in read.detail
