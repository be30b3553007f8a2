"""Promotions by API and by command: what is shown of each, who may fund which, and which words are no funding."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from hardware_mocks.hq_process import HqProcess
from hq_server.record_views import summary
from hq_server.recovery import Cause
from hq_server.storage.sqlite import HqStore
from ledger.ids import HEADQUARTERS
from receipts.wording import Language, Wording
from tests.hq_server.promotions import PROMOTIONS
from tests.hq_server.serving import Serving, serving, settings_file

ROUTE = "/v1/promotions/opening/fundings"
FUNDING = {"operation_id": "fund-0001", "units": 100, "by": "Ann"}
WRONG: dict[str, tuple[object, ...]] = {
    "units": (0, -1, 1.5, "100", True, None, 10**12 + 1),
    "operation_id": ("", "fund-01", "x" * 65, "fund/0001", "fund 0001", 12345678, None),
    "by": ("", " Ann", "x" * 65, 7),
    "expires_on": ("31.12.2098", "", 20981231, "2098-02-31"),
    "more": (1,),
}
UNFIT = (
    ("closing", HTTPStatus.NOT_FOUND, "promotion_unknown"),
    ("no%20name", HTTPStatus.NOT_FOUND, "promotion_unknown"),
    ("Opening", HTTPStatus.NOT_FOUND, "promotion_unknown"),
    ("always", HTTPStatus.CONFLICT, "no_limit"),
)


@pytest.fixture
async def hq(tmp_path: Path) -> AsyncIterator[Serving]:
    async with serving(tmp_path, promotions=PROMOTIONS) as running:
        yield running


async def posted(hq: Serving, path: str, body: object) -> tuple[int, Any]:
    async with hq.http.post(hq.url + path, json=body, headers=hq.token) as answer:
        return answer.status, await answer.json(content_type=None)


async def shown(hq: Serving, name: str = "opening") -> dict[str, Any]:
    (one,) = (one for one in (await hq.get("/v1/promotions"))["promotions"] if one["promotion"]["name"] == name)
    assert isinstance(one, dict)
    return one


async def test_every_promotion_of_the_programme_is_shown_before_anything_is_funded(hq: Serving) -> None:
    page = (await hq.get("/v1/promotions"))["promotions"]
    assert [one["promotion"]["name"] for one in page] == ["opening", "thirty", "tea-week", "always"]
    assert page[1] == {
        "promotion": {
            "name": "thirty",
            "title": page[1]["promotion"]["title"],
            "on": "load",
            "from_units": 100_000,
            "gives": 15_000,
            "since": "",
            "until": "",
            "card_kinds": ["member"],
            "limited_by": "sum",
        },
        "funded": 0,
        "used": 0,
        "at_hq": 0,
        "under_way": 0,
        "places": [],
        "ended": 0,
        "unfunded": 0,
    }


async def test_what_is_funded_lies_at_hq_and_a_second_funding_adds_to_it(hq: Serving) -> None:
    status, page = await posted(hq, ROUTE, {**FUNDING, "expires_on": "2098-12-31"})
    assert (status, page["promotions"][0]["funded"], page["promotions"][0]["at_hq"]) == (HTTPStatus.CREATED, 100, 100)
    assert (await posted(hq, ROUTE, {"operation_id": "fund-0002", "units": 1, "by": "Ben"}))[0] == HTTPStatus.CREATED
    assert (await shown(hq))["at_hq"] == 101
    assert (await shown(hq, "thirty"))["funded"] == 0
    *_, first, second = await hq.parts.store.do(HqStore.records, HEADQUARTERS, 1)
    assert (summary(first.open()).what, summary(first.open()).told) == (
        "funded",
        ("opening", "100", "2098-12-31", "Ann"),
    )
    assert summary(second.open()).told == ("opening", "1", "Ben")


async def test_what_is_no_funding_is_said_and_nothing_is_funded(hq: Serving) -> None:
    for name, value in ((name, value) for name, values in WRONG.items() for value in values):
        status, said = await posted(hq, ROUTE, {**FUNDING, name: value})
        assert (status, said["code"]) == (HTTPStatus.BAD_REQUEST, "bad_request"), (name, value)
    for lacking in FUNDING:
        status, said = await posted(hq, ROUTE, {name: value for name, value in FUNDING.items() if name != lacking})
        assert (status, said["code"]) == (HTTPStatus.BAD_REQUEST, "bad_request"), lacking
    assert (await shown(hq))["funded"] == 0


async def test_what_cannot_be_funded_is_refused_in_words(hq: Serving) -> None:
    for name, status, code in UNFIT:
        answered, said = await posted(hq, f"/v1/promotions/{name}/fundings", FUNDING)
        assert (answered, said["code"]) == (status, code), name
        assert said["message"] == {**Wording.load().texts[f"hq_problem.{code}"]}


async def test_a_last_day_that_is_over_is_refused_and_today_is_not(hq: Serving) -> None:
    today = hq.parts.desk.world.stamp(hq.parts.desk.zone).business_date
    for day in ("2020-01-01", str(date.fromisoformat(today) - timedelta(days=1))):
        status, said = await posted(hq, ROUTE, {**FUNDING, "expires_on": day})
        assert (status, said["code"]) == (HTTPStatus.BAD_REQUEST, "day_over")
        assert said["message"] == {**Wording.load().texts["hq_problem.day_over"]}
    assert (await posted(hq, ROUTE, {**FUNDING, "expires_on": today}))[0] == HTTPStatus.CREATED


async def test_the_same_sent_again_is_answered_and_not_done_and_another_is_a_conflict(hq: Serving) -> None:
    first = await posted(hq, ROUTE, FUNDING)
    assert first[0] == HTTPStatus.CREATED
    assert await posted(hq, ROUTE, FUNDING) == (HTTPStatus.OK, first[1])
    others = ({"units": 101}, {"by": "Ben"}, {"expires_on": "2098-12-31"}, {"expires_on": "2020-01-01"})
    for path, change in (*((ROUTE, one) for one in others), ("/v1/promotions/thirty/fundings", {})):
        status, said = await posted(hq, path, {**FUNDING, **change})
        assert (status, said["code"]) == (HTTPStatus.CONFLICT, "operation_conflict"), (path, change)
        assert said["message"] == {**Wording.load().texts["hq_problem.operation_conflict"]}
    assert [one["funded"] for one in (await hq.get("/v1/promotions"))["promotions"]] == [100, 0, 0, 0]


async def test_while_hq_recovers_nothing_is_funded(hq: Serving) -> None:
    await hq.parts.desk.recover(Cause.PERSON)
    status, said = await posted(hq, ROUTE, FUNDING)
    assert (status, said["code"]) == (HTTPStatus.CONFLICT, "recovering")
    assert (await shown(hq))["funded"] == 0


async def test_nobody_without_the_token_sees_or_funds_anything(hq: Serving) -> None:
    for method, path in (("GET", "/v1/promotions"), ("POST", ROUTE)):
        async with hq.http.request(method, hq.url + path, json=FUNDING) as answer:
            assert answer.status == HTTPStatus.UNAUTHORIZED
    assert (await shown(hq))["funded"] == 0


def test_the_commands_show_and_fund(tmp_path: Path) -> None:
    with HqProcess(settings_file(tmp_path, promotions=PROMOTIONS), tmp_path / "log") as hq:
        fund = ("promotions", "fund", "--by", "Ann")
        done = hq.command(*fund, "--expires-on", "2098-12-31", place="opening", epoch="100")
        assert (done.returncode, done.stdout.splitlines()[0]) == (0, "opening\tnumber\tfunded 100\tused 0\thq=100")
        assert hq.command("promotions", "list").stdout == done.stdout
        again = (*done.stderr.split(":")[0].split(), "--expires-on", "2098-12-31")
        repeated = hq.command(*fund, *again, place="opening", epoch="100")
        assert (repeated.returncode, repeated.stdout) == (0, done.stdout), "it was done once"
        other = hq.command(*fund, *again, place="opening", epoch="101")
        assert (other.returncode, other.stdout) == (1, "")
        assert Wording.load().texts["hq_problem.operation_conflict"][Language.ENGLISH] in other.stderr
        refused = hq.command(*fund, place="always", epoch="100")
        assert (refused.returncode, refused.stdout) == (1, "")
        assert Wording.load().texts["hq_problem.no_limit"][Language.ENGLISH] in refused.stderr
        wrong = hq.command(*fund, "--expires-on", "tomorrow", place="opening", epoch="100")
        assert (wrong.returncode, "expires_on" in wrong.stderr) == (2, True)
