"""Whatever comes instead of what the API asks for: a problem that names the place, and a book that did not change."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.amounts import UNITS_MAX
from terminal.api.reading import Flaw, parse
from terminal.bodies import ChargeBody, LoadBody, PresentBody
from tests.api.shop import Shop
from tests.chains.company import number

JSON = {"Content-Type": "application/json"}
SECRET = number(417).digits

NO_TEXT: list[Any] = [None, True, 1, 1.5, [], {}, ["x"], {"a": "b"}]
NO_NUMBER: list[Any] = [None, True, False, "1", "12900", "", [], {}, [1]]
WRONG: dict[str, list[Any]] = {
    "operation_id": [
        *NO_TEXT,
        "",
        "short",
        "x" * 65,
        "sale 0001",
        "sale/0001",
        "sale-0001\n",
        "sale-0001\0",
        "単号単号単号単号",
    ],
    "presentation": [*NO_TEXT, "x" * 33, "a\nb", "a\n", "\0", "a\x7fb"],
    "amount": [*NO_NUMBER, 1.0, 1e3, 0.1, 0, -1, -(2**63), UNITS_MAX + 1, 2**63, 2**64, 10**40],
    "cashier": [*NO_TEXT, "x" * 33, "C01\n", "C\t1", "\x1b@"],
    "pos_ref": [*NO_TEXT[1:], "", "x" * 65, "a b", "a\n", "單號", "\0"],
    "tender": [*NO_TEXT, "", "Cash", "gold", SECRET],
}
RAW = [
    *(b"", b" ", b"null", b"true", b"12", b'"text"', b"[]", b"[{}]", b"{", b"}", b'{"amount"', b"{}{}", b"{} x"),
    *(b"{'amount': 1}", b"operation_id=sale-0001&amount=1", b"<xml/>", b"\0" * 60_000),
    *(b"\xef\xbb\xbf{}", b"\xff\xfe{\x00}\x00", b'{"operation_id": "\xff\xff\xff\xff\xff\xff\xff\xff"}'),
    *(b'{"operation_id": "\\ud800\\ud800\\ud800\\ud800"}', b'{"operation_id": "sale-0001'),
    *(b'{"amount": NaN}', b'{"amount": Infinity}', b'{"amount": -}', b'{"amount": 01}'),
    *(b'{"amount": 1' + b"0" * 60_000 + b"}", b"[" * 60_000, b'{"amount": ' + b"[" * 60_000, b'{"a":' * 12_000),
]


async def words(shop: Shop, path: str) -> dict[str, Any]:
    """What the till would do, were it asked."""
    common = {"operation_id": "sale-0001", "presentation": await shop.swipe(), "amount": 12_900}
    more = {"cashier": "C01", "pos_ref": "20261122-0815"}
    return common | more | ({"tender": "cash"} if path == "/v1/loads" else {})


async def refuse(shop: Shop, path: str, content: bytes | str) -> str:
    """Ask, see that it is a problem and that nothing changed; what the problem says is wrong."""
    book = await shop.book()
    reply = await shop.ask("POST", path, data=content, headers=JSON)
    assert (reply.status, reply.code) == (400, "bad_request"), content[:100]
    assert not reply.body["retryable"]
    assert await shop.book() == book
    return str(reply.body["detail"])


@pytest.mark.parametrize("path", ["/v1/charges", "/v1/loads"])
async def test_a_wrong_value_in_any_field_is_refused_by_the_field_s_name(shop: Shop, path: str) -> None:
    good = await words(shop, path)
    for field in good:
        for wrong in WRONG[field]:
            detail = await refuse(shop, path, json.dumps(good | {field: wrong}))
            assert f"$.{field}" in detail, (field, wrong, detail)
    assert (await shop.ask("POST", path, good)).status == 200


@pytest.mark.parametrize("path", ["/v1/charges", "/v1/loads"])
async def test_a_missing_field_is_named_and_an_unknown_one_is_not_repeated(shop: Shop, path: str) -> None:
    good = await words(shop, path)
    for field in good.keys() - {"cashier", "pos_ref"}:
        without = {name: value for name, value in good.items() if name != field}
        assert f"`{field}`" in await refuse(shop, path, json.dumps(without))
    for unknown in ("Amount", "currency", "", "amount ", SECRET):
        detail = await refuse(shop, path, json.dumps(good | {unknown: 1}))
        assert detail == "The object has a field that this API does not know."
    shorter = {name: value for name, value in good.items() if name not in {"cashier", "pos_ref"}}
    assert (await shop.ask("POST", path, shorter)).status == 200


@pytest.mark.parametrize(
    "path", ["/v1/charges", "/v1/loads", "/v1/presentations", "/v1/day-closes", "/v1/slips/07-2-000001/answers",
             "/v1/slips/07-2-000001/copies"],
)  # fmt: skip
async def test_what_is_no_json_object_of_ours_is_refused_everywhere(shop: Shop, path: str) -> None:
    for content in RAW:
        await refuse(shop, path, content)


async def test_a_wrong_word_about_a_slip_or_a_card_is_refused(shop: Shop) -> None:
    for wrong in ({}, {"came_out": None}, {"came_out": 1}, {"came_out": "true"}, {"came_out": True, "why": "x"}):
        await refuse(shop, "/v1/slips/07-2-000001/answers", json.dumps(wrong))
    for odd in ({"number": int(SECRET)}, {"number": None}, {"number": "6" * 33}, {"number": SECRET, "pin": "1234"}, {}):
        assert SECRET not in await refuse(shop, "/v1/presentations", json.dumps(odd))
    await refuse(shop, "/v1/slips/07-2-000001/copies", '{"run": 2}')
    for odd_day in ("2026-11", "today", "2026-11-22\n", 20261122):
        await refuse(shop, "/v1/day-closes", json.dumps({"business_date": odd_day}))


async def test_a_sale_is_asked_for_by_a_pos_ref_that_could_be_one(shop: Shop) -> None:
    for query in (
        "",
        "?pos_ref=",
        "?pos_ref=a%20b",
        "?pos_ref=%00",
        "?pos_ref=" + "x" * 65,
        "?pos_ref=%E5%96%AE",
        "?ref=1",
        "?pos_ref=a%0A",
    ):
        reply = await shop.ask("GET", f"/v1/operations{query}")
        assert (reply.status, reply.code) == (400, "bad_request"), query


DECODERS = [msgspec.json.Decoder(body) for body in (ChargeBody, LoadBody, PresentBody)]
FIELDS = st.sampled_from([*WRONG, "number", "came_out", SECRET])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(SECRET),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS | st.text(), inner, max_size=6),
)


@given(st.dictionaries(FIELDS, ANYTHING).map(json.dumps).map(str.encode) | st.binary(), st.sampled_from(DECODERS))
def test_no_body_at_all_breaks_the_parser_or_is_repeated(content: bytes, decoder: msgspec.json.Decoder[Any]) -> None:
    read = parse(content, decoder)
    assert not isinstance(read, Flaw) or SECRET not in read.detail
