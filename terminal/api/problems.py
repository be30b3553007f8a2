"""Problems as RFC 9457 says them: status, code, whether to try again, and a sentence for the cashier."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

import msgspec
from aiohttp import web

from ledger.cards import CardFault
from offline_queue.media import MediumFlaw
from receipts.wording import Language, Wording
from terminal.answers import Problem, Texts
from terminal.media import NotBelieved

Code = Problem | CardFault | MediumFlaw | NotBelieved
RETRY_AFTER_S = 1

STATUS: Mapping[Problem, HTTPStatus] = {
    Problem.BAD_REQUEST: HTTPStatus.BAD_REQUEST,
    Problem.UNSUPPORTED_MEDIA_TYPE: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    Problem.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Problem.FOREIGN_HOST: HTTPStatus.FORBIDDEN,
    Problem.FOREIGN_ORIGIN: HTTPStatus.FORBIDDEN,
    Problem.NOT_FOUND: HTTPStatus.NOT_FOUND,
    Problem.METHOD_NOT_ALLOWED: HTTPStatus.METHOD_NOT_ALLOWED,
    Problem.NO_CARD: HTTPStatus.CONFLICT,
    Problem.CARD_GONE: HTTPStatus.GONE,
    Problem.CARD_NUMBER_MISPLACED: HTTPStatus.UNPROCESSABLE_ENTITY,
    Problem.CANDIDATE_GONE: HTTPStatus.GONE,
    Problem.NOT_A_PHONE: HTTPStatus.UNPROCESSABLE_ENTITY,
    Problem.OPERATION_CONFLICT: HTTPStatus.CONFLICT,
    Problem.POS_REF_CONFLICT: HTTPStatus.CONFLICT,
    Problem.UNKNOWN_OPERATION: HTTPStatus.NOT_FOUND,
    Problem.OUTCOME_UNKNOWN: HTTPStatus.SERVICE_UNAVAILABLE,
    Problem.HQ_NOT_REACHED: HTTPStatus.SERVICE_UNAVAILABLE,
    Problem.SLIP_UNKNOWN: HTTPStatus.NOT_FOUND,
    Problem.SLIP_NOT_WAITING: HTTPStatus.CONFLICT,
    Problem.TILL_REVOKED: HTTPStatus.FORBIDDEN,
    Problem.NOT_ENROLLED: HTTPStatus.CONFLICT,
    Problem.BOOK_UNCONFIRMED: HTTPStatus.SERVICE_UNAVAILABLE,
    Problem.BOOK_BEHIND: HTTPStatus.FORBIDDEN,
    Problem.DAY_NOT_OPEN: HTTPStatus.CONFLICT,
    Problem.CLOCK_DOUBTED: HTTPStatus.CONFLICT,
    Problem.DATE_NOT_POSSIBLE: HTTPStatus.CONFLICT,
    Problem.DISK_FULL: HTTPStatus.INSUFFICIENT_STORAGE,
    Problem.BUSY: HTTPStatus.SERVICE_UNAVAILABLE,
    Problem.INTERNAL: HTTPStatus.INTERNAL_SERVER_ERROR,
}
RETRYABLE = frozenset({Problem.DISK_FULL, Problem.BUSY, Problem.BOOK_UNCONFIRMED, Problem.OUTCOME_UNKNOWN})
"""The same request, unchanged and under the same id, may succeed later."""


class ProblemDetails(msgspec.Struct, frozen=True):
    """The body of every 4xx and 5xx. `detail` is for whoever writes the client, `cashier_message` for the cashier."""

    type: str
    status: int
    code: str
    title: str
    detail: str
    retryable: bool
    cashier_message: Texts


class Problems:
    """Says each code in words; all words are found at the start, so that a missing one shows then."""

    def __init__(self, wording: Wording) -> None:
        keys: dict[Code, str] = {code: f"problem.{code}" for code in Problem}
        keys |= {fault: fault.value for fault in (*CardFault, *MediumFlaw, *NotBelieved)}
        self._texts: dict[Code, Texts] = {
            code: {language.value: wording.say(key, language) for language in Language} for code, key in keys.items()
        }

    def response(self, code: Code, detail: str = "", headers: Mapping[str, str] | None = None) -> web.Response:
        """The answer that carries this problem; `detail` takes the place of the English sentence."""
        status = STATUS[code] if isinstance(code, Problem) else HTTPStatus.UNPROCESSABLE_ENTITY
        texts = self._texts[code]
        body = ProblemDetails(
            type="about:blank",
            status=status,
            code=code,
            title=status.phrase,
            detail=detail or texts[Language.ENGLISH],
            retryable=code in RETRYABLE,
            cashier_message=texts,
        )
        retry = {"Retry-After": str(RETRY_AFTER_S)} if code is Problem.BUSY else {}
        return web.Response(
            body=msgspec.json.encode(body),
            status=status,
            content_type="application/problem+json",
            headers={**retry, **(headers or {})},
        )
