"""The route table as OpenAPI 3.1, for whoever makes a client."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import msgspec

from terminal.api.problems import ProblemDetails
from terminal.api.routes import AFile, Route, ServerSentEvents
from terminal.bodies import PosRef

TITLE = "Counterfoil: a till's local API"
VERSION = "1"
QUERIES: dict[str, tuple[str, Any, bool]] = {
    "/v1/operations": ("pos_ref", PosRef, True),
    "/v1/events": ("after", str, False),
}
"""Path -> name, type, whether it is required."""
OTHER_TYPES = {ServerSentEvents: "text/event-stream", AFile: "application/octet-stream"}
"""Of bodies that are no JSON."""


@cache  # made for the first who asks: it costs as much as the rest of a till's start behind its imports
def describe(routes: tuple[Route, ...]) -> bytes:
    """The OpenAPI document of these routes, as JSON."""
    types = [one for route in routes for one in (route.body, route.answer) if one not in (None, *OTHER_TYPES)]
    types += [ProblemDetails, *(kind for _, kind, _ in QUERIES.values())]
    schemas, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    schema_of = dict(zip(map(repr, types), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schema_of)
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {"title": TITLE, "version": VERSION},
            "paths": paths,
            "components": {"schemas": components},
        }
    )


def _operation(route: Route, schema_of: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.handler.__name__,
        "summary": route.summary,
        "parameters": _parameters(route, schema_of),
        "responses": {
            str(route.status.value): {"description": route.status.phrase, **_answer(route, schema_of)},
            "default": {
                "description": "Nothing was decided",
                "content": {"application/problem+json": {"schema": schema_of[repr(ProblemDetails)]}},
            },
        },
    }
    if route.body is not None:
        content = {"application/json": {"schema": schema_of[repr(route.body)]}}
        operation["requestBody"] = {"required": True, "content": content}
    if route.takes_file:
        content = {OTHER_TYPES[AFile]: {"schema": {"type": "string"}}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _answer(route: Route, schema_of: dict[str, Any]) -> dict[str, Any]:
    if route.answer is None:
        return {}
    if route.answer in OTHER_TYPES:
        return {"content": {OTHER_TYPES[route.answer]: {"schema": {"type": "string"}}}}
    return {"content": {"application/json": {"schema": schema_of[repr(route.answer)]}}}


def _parameters(route: Route, schema_of: dict[str, Any]) -> list[dict[str, Any]]:
    names = re.findall(r"{(\w+)}", route.path)
    parameters = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]
    if route.path in QUERIES:
        name, kind, required = QUERIES[route.path]
        parameters.append({"name": name, "in": "query", "required": required, "schema": schema_of[repr(kind)]})
    return parameters
