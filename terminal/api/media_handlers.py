"""The till's file goes out over the local API, and HQ's answer comes in."""

from __future__ import annotations

import msgspec
from aiohttp import hdrs, web

from offline_queue.medium_body import MEDIUM_BYTES_MAX, PIECE_S_MAX, pieces
from receipts.wording import Language
from terminal.answers import Problem
from terminal.api.handlers import Door
from terminal.api.reading import Flaw
from terminal.media import Brought, Incoming, Wrong


async def take_out(door: Door, request: web.Request) -> web.StreamResponse | Problem:
    """What HQ does not have yet, as a file for it."""
    if door.media is None:
        return Problem.NOT_ENROLLED
    headers = {
        hdrs.CONTENT_TYPE: "application/octet-stream",
        hdrs.CONTENT_DISPOSITION: f'attachment; filename="{door.till.shop.identity.place}-to-hq.medium"',
    }
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    async for piece in door.media.take_out():
        await response.write(piece)
    await response.write_eof()
    return response


async def bring_in(door: Door, request: web.Request) -> Brought | Problem | Wrong | Flaw:
    """Follow HQ's answer to such a file."""
    if door.media is None:
        return Problem.NOT_ENROLLED
    async with door.media.turn:
        incoming, total = Incoming(door.media), 0
        try:
            async for piece in pieces(request.content.readany):
                total += len(piece)
                if total > MEDIUM_BYTES_MAX:
                    return Problem.TOO_LARGE
                if not await incoming.receive(piece):
                    break
        except TimeoutError:
            return Flaw(Problem.BAD_REQUEST, f"Nothing came for {PIECE_S_MAX:g} s. Bring the file in once more.")
        except (ConnectionError, web.RequestPayloadError):
            return Flaw(Problem.BAD_REQUEST, "The body did not arrive whole. Bring the file in once more.")
        brought = await incoming.end()
    if not isinstance(brought, Brought) or brought.wrong is None:
        return brought
    said = {language.value: door.wording.say(brought.wrong, language) for language in Language}
    return msgspec.structs.replace(brought, cashier_message=said)
