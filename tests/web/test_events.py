"""The stream of events, read as it comes."""

import pytest

from tests.web.modules import Modules

pytestmark = pytest.mark.asyncio(loop_scope="session")

STREAM = (
    "retry: 1000\n\n"
    ": still here\n\n"
    'id: ab-1\nevent: card.gone\ndata: {"presentation":"p"}\n\n'
    "event: two\r\ndata: 1\r\ndata: 2\r\n\r\n"
    "id: ab-3\nevent: no data\n\n"
    "data:bare\n\n"
    'event: cut\ndata: {"half'
)
EVENTS = [
    {"id": "ab-1", "name": "card.gone", "data": '{"presentation":"p"}'},
    {"id": "ab-1", "name": "two", "data": "1\n2"},
    {"id": "ab-3", "name": "message", "data": "bare"},
]


async def test_events_come_out_whole(modules: Modules) -> None:
    assert await modules.run("decode", [STREAM]) == EVENTS


async def test_it_works_one_character_at_a_time(modules: Modules) -> None:
    assert await modules.run("decode", list(STREAM)) == EVENTS


async def test_a_line_without_an_end_is_given_up(modules: Modules) -> None:
    with pytest.raises(Exception, match="endless"):
        await modules.run("decode", ["x" * 1_000_001])
