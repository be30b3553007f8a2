"""Problems as RFC 9457 says them: status, code, whether to try again, and a sentence in three languages."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from http import HTTPStatus
from typing import NamedTuple

import msgspec
from aiohttp import web

from hq_server.enrolling import NotEnrolled
from hq_server.members import NotKept
from hq_server.promotions import NotFunded
from offline_queue.media import MediumFlaw
from receipts.wording import Language, Wording

RETRY_AFTER_S = 1


class HqProblem(StrEnum):
    """Why nothing was done. The values are codes in the API and `hq_problem.*` keys of the wording table."""

    BAD_REQUEST = "bad_request"
    UNAUTHORIZED = "unauthorized"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    TOO_LARGE = "too_large"
    PLACE_UNKNOWN = "place_unknown"
    STORE_UNKNOWN = "store_unknown"
    NOT_HOSTED = "not_hosted"
    RECORD_UNKNOWN = "record_unknown"
    Z_TOTALS_CROWDED = "z_totals_crowded"
    NOT_RECOVERING = "not_recovering"
    STILL_OPEN = "still_open"
    RECOVERING = "recovering"
    BUSY = "busy"
    DISK_FULL = "disk_full"
    INTERNAL = "internal"


Code = HqProblem | NotEnrolled | NotFunded | NotKept | MediumFlaw

STATUS: Mapping[Code, HTTPStatus] = {
    HqProblem.BAD_REQUEST: HTTPStatus.BAD_REQUEST,
    HqProblem.UNAUTHORIZED: HTTPStatus.UNAUTHORIZED,
    HqProblem.NOT_FOUND: HTTPStatus.NOT_FOUND,
    HqProblem.METHOD_NOT_ALLOWED: HTTPStatus.METHOD_NOT_ALLOWED,
    HqProblem.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HqProblem.PLACE_UNKNOWN: HTTPStatus.NOT_FOUND,
    HqProblem.STORE_UNKNOWN: HTTPStatus.NOT_FOUND,
    HqProblem.NOT_HOSTED: HTTPStatus.CONFLICT,
    HqProblem.RECORD_UNKNOWN: HTTPStatus.NOT_FOUND,
    HqProblem.Z_TOTALS_CROWDED: HTTPStatus.CONFLICT,
    HqProblem.NOT_RECOVERING: HTTPStatus.CONFLICT,
    HqProblem.STILL_OPEN: HTTPStatus.CONFLICT,
    HqProblem.RECOVERING: HTTPStatus.CONFLICT,
    HqProblem.BUSY: HTTPStatus.SERVICE_UNAVAILABLE,
    HqProblem.DISK_FULL: HTTPStatus.INSUFFICIENT_STORAGE,
    HqProblem.INTERNAL: HTTPStatus.INTERNAL_SERVER_ERROR,
    NotEnrolled.CODE_WRONG: HTTPStatus.FORBIDDEN,
    NotEnrolled.KEY_REVOKED: HTTPStatus.FORBIDDEN,
    NotKept.NAME_WRONG: HTTPStatus.BAD_REQUEST,
    NotKept.PHONE_WRONG: HTTPStatus.BAD_REQUEST,
    NotKept.PHONE_CROWDED: HTTPStatus.CONFLICT,
    NotKept.CARD_WRONG: HTTPStatus.BAD_REQUEST,
    NotKept.CARD_TAKEN: HTTPStatus.CONFLICT,
    NotKept.MEMBER_UNKNOWN: HTTPStatus.NOT_FOUND,
    NotFunded.PROMOTION_UNKNOWN: HTTPStatus.NOT_FOUND,
    NotFunded.NO_LIMIT: HTTPStatus.CONFLICT,
    NotFunded.RECOVERING: HTTPStatus.CONFLICT,
    NotFunded.DAY_OVER: HTTPStatus.BAD_REQUEST,
    NotFunded.OPERATION_CONFLICT: HTTPStatus.CONFLICT,
    **dict.fromkeys(MediumFlaw, HTTPStatus.UNPROCESSABLE_ENTITY),
}
RETRYABLE = frozenset({HqProblem.BUSY, HqProblem.DISK_FULL})
"""The same request, unchanged, may succeed later."""
HEADERS: Mapping[Code, Mapping[str, str]] = {
    HqProblem.UNAUTHORIZED: {"WWW-Authenticate": "Bearer"},
    HqProblem.BUSY: {"Retry-After": str(RETRY_AFTER_S)},
}


class Flaw(NamedTuple):
    """Why a request cannot be taken; `detail` is for whoever writes the client, `values` stand in the words."""

    problem: HqProblem
    detail: str = ""
    values: Mapping[str, str] = {}


class HqProblemDetails(msgspec.Struct, frozen=True):
    """The body of every 4xx and 5xx. `detail` is for whoever writes the client, `message` for its user."""

    type: str
    status: int
    code: str
    title: str
    detail: str
    retryable: bool
    message: dict[str, str]


def _key(code: Code) -> str:
    return code.value if isinstance(code, MediumFlaw) else f"hq_problem.{code}"


class Problems:
    """Says each code in words; all words are found at the start, so that a missing one shows then."""

    def __init__(self, wording: Wording) -> None:
        self._texts = {
            code: {language.value: wording.texts[_key(code)][language] for language in Language} for code in STATUS
        }

    def response(
        self,
        code: Code,
        detail: str = "",
        headers: Mapping[str, str] | None = None,
        values: Mapping[str, str] | None = None,
    ) -> web.Response:
        """The answer that carries this problem; `detail` takes the place of the English sentence."""
        status = STATUS[code]
        texts = {language: text.format_map(values or {}) for language, text in self._texts[code].items()}
        body = HqProblemDetails(
            type="about:blank",
            status=status,
            code=code,
            title=status.phrase,
            detail=detail or texts[Language.ENGLISH],
            retryable=code in RETRYABLE,
            message=texts,
        )
        return web.Response(
            body=msgspec.json.encode(body),
            status=status,
            content_type="application/problem+json",
            headers={**HEADERS.get(code, {}), **(headers or {})},
        )
