"""The route table, docs/local-api.md and /openapi.json tell the same story."""

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web

from ledger.cards import CardFault
from offline_queue.doubts import Doubt
from offline_queue.media import MediumFlaw
from receipts.wording import Language, Wording
from terminal.answers import Answer, Presentation, Problem, Search, Status
from terminal.api.openapi import describe
from terminal.api.problems import RETRYABLE, STATUS, Problems
from terminal.api.routes import ROUTES
from terminal.bodies import ChargeBody, RefundBody, SaleBody
from terminal.hello import Hello
from terminal.media import NotBelieved
from terminal.web.pages import add_pages
from tests.api.shop import Shop

DOCUMENT = (Path(__file__).parents[2] / "docs" / "local-api.md").read_text(encoding="utf-8")
ROUTE_ROW = re.compile(r"^\| `([A-Z]+) (/[^`?]*)[^`]*` \|", re.MULTILINE)
PROBLEM_ROW = re.compile(r"^\| (`[a-z_`, ]+) \| (\d{3}) \| (yes|no) \|", re.MULTILINE)
EXAMPLE = re.compile(r"```json\n(.*?)```", re.DOTALL)


def routes_of(app: web.Application) -> set[tuple[str, str]]:
    """What the application serves; the page's own parts are the page."""
    served = {(route.method, route.resource.canonical) for route in app.router.routes() if route.resource}
    return {(method, path) for method, path in served if method != "HEAD" and not path.startswith("/page/")}


async def test_every_route_is_in_the_document_and_every_one_there_is_served(shop: Shop) -> None:
    add_pages(pages := web.Application())
    documented = ROUTE_ROW.findall(DOCUMENT)
    assert len(documented) == len(set(documented))
    assert set(documented) == routes_of(shop.app) | routes_of(pages)


def test_every_problem_is_in_the_document_with_its_status() -> None:
    documented = {
        (code, int(status), retryable == "yes")
        for codes, status, retryable in PROBLEM_ROW.findall(DOCUMENT)
        for code in re.findall(r"`([a-z_]+)`", codes)
    }
    assert documented == {(code.value, STATUS[code].value, code in RETRYABLE) for code in Problem}
    for fault in (*CardFault, *MediumFlaw, *NotBelieved):
        assert f"`{fault}`" in DOCUMENT


def test_the_document_s_examples_are_what_the_api_says() -> None:
    kinds = (Hello, Status, Presentation, Search, ChargeBody, Answer, SaleBody, RefundBody)
    examples = EXAMPLE.findall(DOCUMENT)
    assert len(examples) == len(kinds)
    for kind, example in zip(kinds, examples, strict=True):
        value = msgspec.json.decode(example, type=kind)
        unknown = json.loads(example).keys() - json.loads(msgspec.json.encode(value)).keys()
        assert not unknown


@pytest.mark.parametrize("code", [*Problem, *CardFault, *MediumFlaw, *NotBelieved])
def test_every_problem_has_a_status_and_a_sentence_in_each_language(
    code: Problem | CardFault | MediumFlaw | NotBelieved,
) -> None:
    response = Problems(Wording.load()).response(code)
    assert isinstance(response.body, bytes)
    said = json.loads(response.body)
    assert (said["status"], said["code"], said["title"] != "") == (response.status, code, True)
    assert set(said["cashier_message"]) == set(Language)
    assert all(said["cashier_message"].values())


def test_every_doubt_about_hqs_word_is_one_about_a_medium_too() -> None:
    assert {NotBelieved.of(doubt) for doubt in Doubt} == set(NotBelieved)


def references(node: Any) -> set[str]:  # noqa: ANN401 - any JSON
    """Every $ref below a node."""
    if isinstance(node, dict):
        own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*map(references, node.values()))
    return set().union(*map(references, node)) if isinstance(node, list) else set()


async def test_the_description_for_programs_is_whole(shop: Shop) -> None:
    description = (await shop.ask("GET", "/openapi.json")).body
    assert description == json.loads(describe(ROUTES))
    described = {(method.upper(), path) for path, operations in description["paths"].items() for method in operations}
    assert described | {("GET", "/openapi.json")} == routes_of(shop.app)
    schemas = {f"#/components/schemas/{name}" for name in description["components"]["schemas"]}
    assert references(description) == schemas
    charge = description["paths"]["/v1/charges"]["post"]
    assert charge["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/ChargeBody"}
    assert set(charge["responses"]) == {"200", "default"}
    names = [operation["operationId"] for path in description["paths"].values() for operation in path.values()]
    assert len(names) == len(set(names))
    for path, operations in description["paths"].items():
        for operation in operations.values():
            in_path = {one["name"] for one in operation["parameters"] if one["in"] == "path"}
            assert in_path == set(re.findall(r"{(\w+)}", path))
            assert operation["summary"]
