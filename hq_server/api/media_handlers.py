"""A till's file comes in over HQ's API, and HQ's answer goes out as a file."""

from __future__ import annotations

import msgspec
from aiohttp import hdrs, web

from hq_server.api.handlers import Office
from hq_server.api.problems import Flaw, HqProblem
from hq_server.media import TAKEN_HEADER, Incoming, MediumTaken
from offline_queue.media import MediumFlaw
from offline_queue.medium_body import MEDIUM_BYTES_MAX, PIECE_S_MAX, pieces
from protocol.rejections import Rejection


async def take_in(office: Office, request: web.Request) -> web.StreamResponse | HqProblem | MediumFlaw | Flaw:
    """Take a till's file in, and answer with HQ's."""
    incoming, total = Incoming(office.desk), 0
    try:
        async for piece in pieces(request.content.readany):
            total += len(piece)
            if total > MEDIUM_BYTES_MAX:
                return HqProblem.TOO_LARGE
            if not await incoming.receive(piece):
                break
    except TimeoutError:
        return Flaw(
            HqProblem.BAD_REQUEST, f"Nothing came for {PIECE_S_MAX:g} s. What had come is taken; send it again."
        )
    except (ConnectionError, web.RequestPayloadError):
        return Flaw(HqProblem.BAD_REQUEST, "The body did not arrive whole. What had come is taken; send it again.")
    match taken := await incoming.end():
        case MediumTaken():
            return await _answer(request, incoming, taken)
        case Rejection():
            return HqProblem.PLACE_UNKNOWN
        case MediumFlaw():
            return taken


async def _answer(request: web.Request, incoming: Incoming, taken: MediumTaken) -> web.StreamResponse:
    name = f"hq-to-{taken.keeper}.medium"
    headers = {
        hdrs.CONTENT_TYPE: "application/octet-stream",
        hdrs.CONTENT_DISPOSITION: f'attachment; filename="{name}"',
        TAKEN_HEADER: msgspec.json.encode(taken).decode(),
    }
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    async for piece in incoming.answer():
        await response.write(piece)
    await response.write_eof()
    return response
