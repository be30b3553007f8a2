"""A store has a lead: HQ names it, and each till hears who its neighbours are."""

from http import HTTPStatus

import pytest

from hq_server.storage.keepers import Keepers
from ledger.ids import Place
from protocol.bodies import ROSTER_TILLS_MAX, Directive, Lead, Roster, Witness
from protocol.conversation import Ordered
from tests.hq_server.forger import ALICE, Keeper, traded
from tests.hq_server.lead_shop import ADDRESS, LEAD, WITNESS, Shop, listed
from tests.hq_server.office import CODE, NOON_MS, NOTHING_PLACED, STAMP, Office
from tests.hq_server.people import ask, calling, hear
from tests.hq_server.serving import Serving
from tests.hq_server.test_store_modes import enrolled


@pytest.fixture
def shop() -> Shop:
    return Shop(Office(rules=NOTHING_PLACED))


# Who is told what


def test_every_till_of_the_store_is_told_who_leads_and_whom_to_believe_and_no_other(shop: Shop) -> None:
    assert shop.name() == ["07-1", "07-2", "07-3"]
    roster = Roster(LEAD, listed(shop.one, shop.two, shop.three))
    for till in (shop.one, shop.two, shop.three):
        assert shop.rosters(till) == [roster]
    assert shop.rosters(shop.other) == []


def test_another_lead_or_none_is_told_to_all(shop: Shop) -> None:
    shop.name()
    shop.name(Lead(Place("07-2"), "https://till-2.example"))
    shop.name(None)
    for till in (shop.one, shop.two, shop.three):
        assert [roster.lead and roster.lead.place for roster in shop.rosters(till)] == ["07-1", "07-2", None]
    assert shop.rosters(shop.other) == []


@pytest.mark.parametrize("place", ["07-9", "12-1", "hq"], ids=["unknown", "another store's", "HQ"])
def test_only_a_till_of_the_store_can_lead_it(place: str, shop: Shop) -> None:
    assert shop.name(Lead(Place(place), ADDRESS)) is None
    assert shop.rosters(shop.one) == []


def test_a_store_without_tills_has_nobody_to_tell(shop: Shop) -> None:
    assert shop.name(None, "99") is None


def test_a_store_that_never_had_a_lead_hears_of_no_neighbours(shop: Shop) -> None:
    shop.revoke(enrolled(shop.office, "07-4", 20))
    assert shop.rosters(shop.one) == []


def test_a_till_that_is_enrolled_later_hears_of_the_others_and_they_of_it(shop: Shop) -> None:
    shop.name()
    new = enrolled(shop.office, "07-4", 20)
    roster = Roster(LEAD, listed(shop.one, shop.two, shop.three, new))
    assert shop.last(new) == shop.last(shop.one) == shop.last(shop.three) == roster
    assert shop.rosters(shop.other) == []


def test_a_till_with_a_new_key_is_believed_in_its_new_epoch_alone(shop: Shop) -> None:
    shop.name()
    again = Keeper("07-2", epoch=2, seed=30)
    shop.office.enrol(again)
    roster = Roster(LEAD, listed(shop.one, again, shop.three))
    assert shop.last(shop.one) == shop.last(again) == roster
    assert len(shop.rosters(shop.two)) == 1, "whoever has the old key is told nothing more"


def test_a_revoked_till_is_struck_off_and_told_nothing_more(shop: Shop) -> None:
    shop.name()
    shop.revoke(shop.two)
    assert shop.last(shop.one) == shop.last(shop.three) == Roster(LEAD, listed(shop.one, shop.three))
    assert len(shop.rosters(shop.two)) == 1


def test_a_till_whose_chain_has_forked_is_struck_off(shop: Shop) -> None:
    shop.name()
    twin = Keeper("07-2", seed=8)
    twin.chain = list(shop.two.chain)
    shop.two.load(ALICE, 1)
    twin.load(ALICE, 2)
    shop.office.receive(shop.two)
    shop.office.take(twin.batch())
    assert shop.last(shop.one) == Roster(LEAD, listed(shop.one, shop.three))
    told = len(shop.rosters(shop.one))
    shop.office.take(twin.batch())
    assert len(shop.rosters(shop.one)) == told, "whoever says it again changes nothing"


def test_a_fenced_lead_is_no_lead_until_its_place_has_another_key(shop: Shop) -> None:
    shop.name()
    shop.revoke(shop.one)
    assert shop.last(shop.two) == Roster(None, listed(shop.two, shop.three))
    assert not shop.office.view(shop.one).leads
    assert shop.name() is None, "nobody who is trusted keeps that place"
    again = Keeper("07-1", epoch=2, seed=31)
    shop.office.enrol(again)
    assert shop.last(shop.two) == Roster(LEAD, listed(again, shop.two, shop.three))
    assert shop.office.view(again).leads


def many_tills(book: Keepers) -> None:
    for number in range(100, 100 + ROSTER_TILLS_MAX):
        place = Place(f"07-0{number}")
        book.offer(place, "07", CODE, NOON_MS)
        book.enrol(place, bytes([number % 256, number // 256]) * 16, STAMP)


def test_a_store_of_more_tills_than_a_roster_names_is_told_of_its_lead_and_of_as_many_as_fit(shop: Shop) -> None:
    shop.office.store.keeping(many_tills)
    shop.name(Lead(Place("07-3"), ADDRESS))
    roster = shop.last(shop.two)
    assert len(roster.tills) == ROSTER_TILLS_MAX
    assert listed(shop.three)[0] in roster.tills


def test_the_witness_of_a_leads_chain_is_told_to_all_while_both_are_trusted(shop: Shop) -> None:
    shop.name(witness=WITNESS)
    assert shop.last(shop.one) == shop.last(shop.three) == Roster(LEAD, listed(shop.one, shop.two, shop.three), WITNESS)
    assert [shop.office.view(one).witnesses for one in (shop.one, shop.two, shop.three)] == [False, True, False]
    shop.revoke(shop.two)
    assert shop.last(shop.one) == Roster(LEAD, listed(shop.one, shop.three))
    assert not shop.office.view(shop.two).witnesses
    again = Keeper("07-2", epoch=2, seed=30)
    shop.office.enrol(again)
    assert shop.last(shop.one).witness == WITNESS
    assert [shop.office.view(one).witnesses for one in (shop.two, again)] == [False, True]
    shop.revoke(shop.one)
    assert (shop.last(again).lead, shop.last(again).witness) == (None, None)


@pytest.mark.parametrize("place", ["07-9", "12-1"], ids=["unknown", "another store's"])
def test_only_a_till_of_the_store_can_be_a_witness(place: str, shop: Shop) -> None:
    assert shop.name(witness=Witness(Place(place), ADDRESS)) is None
    assert shop.rosters(shop.one) == []


def test_a_roster_that_has_no_room_for_all_has_the_witness(shop: Shop) -> None:
    shop.office.store.keeping(many_tills)
    shop.name(Lead(Place("07-3"), ADDRESS), witness=WITNESS)
    assert {*listed(shop.two, shop.three)} <= {*shop.last(shop.one).tills}


# Over the API


async def test_hq_names_a_lead_over_its_api_and_tells_the_lines(hq: Serving) -> None:
    lead = traded(place="07-1", seed=11)
    await hq.enrol(lead)
    async with calling(hq, traded()) as caller:
        assert isinstance(await hear(caller, Ordered), Ordered)
        status, said = await ask(hq, "POST", "/v1/stores/07/leads", {"lead": "07-1", "address": ADDRESS})
        assert status == HTTPStatus.OK
        assert {one["keeper"]: one["leads"] for one in said["tills"]} == {"07-1": True, "07-2": False}
        (signed,) = (await hear(caller, Ordered)).records
        assert signed.open().body_as(Directive).order == Roster(LEAD, listed(lead, traded()))

        copied = {"lead": "07-1", "address": ADDRESS, "witness": "07-2", "witness_address": WITNESS.address}
        status, said = await ask(hq, "POST", "/v1/stores/07/leads", copied)
        assert {one["keeper"]: one["witnesses"] for one in said["tills"]} == {"07-1": False, "07-2": True}
        (signed,) = (await hear(caller, Ordered)).records
        assert signed.open().body_as(Directive).order == Roster(LEAD, listed(lead, traded()), WITNESS)

        status, said = await ask(hq, "POST", "/v1/stores/07/leads", {"lead": None, "address": None})
        assert {one["leads"] or one["witnesses"] for one in said["tills"]} == {False}
        (signed,) = (await hear(caller, Ordered)).records
        assert signed.open().body_as(Directive).order == Roster(None, listed(lead, traded()))


async def test_the_others_hear_at_once_that_one_was_revoked_or_came_in(hq: Serving) -> None:
    lead = traded(place="07-1", seed=11)
    await hq.enrol(lead)
    await ask(hq, "POST", "/v1/stores/07/leads", {"lead": "07-2", "address": ADDRESS})
    async with calling(hq, traded()) as caller:
        await hear(caller, Ordered)
        await ask(hq, "POST", "/v1/tills/07-1/revocations", {})
        (signed,) = (await hear(caller, Ordered)).records
        roster = signed.open().body_as(Directive).order
        assert isinstance(roster, Roster)
        assert [one.place for one in roster.tills] == ["07-2"]


WRONG = {
    "nothing": {},
    "a lead without an address": {"lead": "07-2", "address": None},
    "an address without a lead": {"lead": None, "address": ADDRESS},
    "half of it": {"lead": "07-2"},
    "more than it": {"lead": "07-2", "address": ADDRESS, "port": 1},
    "HQ": {"lead": "hq", "address": ADDRESS},
    "no place": {"lead": "07 2", "address": ADDRESS},
    "no address": {"lead": "07-2", "address": "192.168.1.10:8372"},
    "another scheme": {"lead": "07-2", "address": "ftp://192.168.1.10"},
    "a path": {"lead": "07-2", "address": f"{ADDRESS}/v1/line"},
    "a query": {"lead": "07-2", "address": f"{ADDRESS}?a=b"},
    "a password": {"lead": "07-2", "address": "http://a:b@192.168.1.10"},
    "a space": {"lead": "07-2", "address": "http://192.168.1.10 :8372"},
    "a line end": {"lead": "07-2", "address": f"{ADDRESS}\n"},
    "no host": {"lead": "07-2", "address": "http://"},
    "too long": {"lead": "07-2", "address": f"http://{'a' * 200}"},
    "a number": {"lead": 7, "address": ADDRESS},
    "a witness without an address": {"lead": "07-2", "address": ADDRESS, "witness": "07-1"},
    "a witness's address alone": {"lead": "07-2", "address": ADDRESS, "witness_address": ADDRESS},
    "a lead that is its own witness": {
        "lead": "07-2",
        "address": ADDRESS,
        "witness": "07-2",
        "witness_address": ADDRESS,
    },
    "a witness of nobody": {"lead": None, "address": None, "witness": "07-1", "witness_address": ADDRESS},
}


@pytest.mark.parametrize("body", WRONG.values(), ids=WRONG.keys())
@pytest.mark.asyncio(loop_scope="module")
async def test_what_is_not_said_as_it_should_be_changes_nothing(body: dict[str, object], steady_hq: Serving) -> None:
    status, said = await ask(steady_hq, "POST", "/v1/stores/07/leads", body)
    assert (status, said["code"]) == (HTTPStatus.BAD_REQUEST, "bad_request")
    assert not (await steady_hq.view(traded())).leads


@pytest.mark.parametrize("lead", ["07-9", "12-1"], ids=["unknown", "another store's"])
async def test_a_lead_that_is_not_there_is_a_problem(lead: str, hq: Serving) -> None:
    await hq.enrol(traded(place="12-1", seed=12))
    status, said = await ask(hq, "POST", "/v1/stores/07/leads", {"lead": lead, "address": ADDRESS})
    assert (status, said["code"]) == (HTTPStatus.NOT_FOUND, "place_unknown")


async def test_a_store_that_is_not_there_is_a_problem_and_so_is_a_stranger(hq: Serving) -> None:
    status, said = await ask(hq, "POST", "/v1/stores/99/leads", {"lead": None, "address": None})
    assert (status, said["code"]) == (HTTPStatus.NOT_FOUND, "store_unknown")
    async with hq.http.post(f"{hq.url}/v1/stores/07/leads", json={"lead": None, "address": None}) as answer:
        assert answer.status == HTTPStatus.UNAUTHORIZED
