"""Write-offs by API: who is refused and why, and what is told of a till before and after the second person."""

from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path

import pytest

from hq_server.recovery import Cause
from tests.hq_server.forger import ALICE, Keeper
from tests.hq_server.serving import Serving, serving

ROUTE = "/v1/tills/07-2/1/write-offs"


@pytest.fixture
async def hq(tmp_path: Path) -> AsyncIterator[Serving]:
    async with serving(tmp_path) as running:
        yield running


async def refused(hq: Serving, path: str, by: object = "Ann") -> tuple[int, str]:
    async with hq.http.post(hq.url + path, json={"by": by}, headers=hq.token) as answer:
        return answer.status, (await answer.json(content_type=None))["code"]


async def test_two_people_write_off_what_lies_at_a_revoked_till(hq: Serving) -> None:
    keeper = Keeper()
    await hq.enrol(keeper)
    keeper.open()
    keeper.load(ALICE, 100)
    async with hq.line(keeper) as caller:
        await caller.say(keeper.batch())
        await caller.until_posted(2)
    assert await refused(hq, ROUTE) == (HTTPStatus.CONFLICT, "still_open")
    await hq.post("/v1/tills/07-2/revocations", {})
    (till,) = (await hq.post(ROUTE, {"by": "Ann"}))["tills"]
    assert (till["money"], till["is_open"], till["write_off"]["agreed_by"]) == (100, False, None)
    for by in ("Ben", "Ben", "Eve"):
        (till,) = (await hq.post(ROUTE, {"by": by}))["tills"]
    said = till["write_off"]
    assert (said["proposed_by"], said["agreed_by"], said["is_done"]) == ("Ann", "Ben", True)
    assert (till["money"], said["money"], said["paid_money"]) == (0, 100, 0)
    places = (await hq.get(f"/v1/members/{ALICE}/balances"))["places"]
    assert [(one["place"], one["principal"]) for one in places] == [("hq", 100)]


@pytest.mark.parametrize("place", ["07-2/2", "07-2/0", "07-2/x", "07-2/01", "hq/1", "99-9/1", "no%20place/1"])
async def test_a_till_that_never_was_is_unknown(hq: Serving, place: str) -> None:
    await hq.enrol(Keeper())
    assert await refused(hq, f"/v1/tills/{place}/write-offs") == (HTTPStatus.NOT_FOUND, "place_unknown")


@pytest.mark.parametrize("by", ["", " Ann", "x" * 65, 7, None])
async def test_nobody_is_no_person(hq: Serving, by: object) -> None:
    assert await refused(hq, ROUTE, by) == (HTTPStatus.BAD_REQUEST, "bad_request")


async def test_while_hq_recovers_nothing_is_written_off(hq: Serving) -> None:
    await hq.enrol(Keeper())
    await hq.post("/v1/tills/07-2/revocations", {})
    await hq.parts.desk.recover(Cause.PERSON)
    assert await refused(hq, ROUTE) == (HTTPStatus.CONFLICT, "recovering")
